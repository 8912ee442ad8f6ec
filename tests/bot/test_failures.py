"""The bad nights of a record: locked, damaged, altered, of another time. Nothing is half done; the way back works."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.app import serving
from bot.ground import basis_of, desk_of, ground_of
from bot.rollback import NoWayBack
from checklist.errors import RecordDamaged, RecordFull
from checklist.moves import Status
from checklist.record import Fact
from checklist.steps import Book
from checklist.words import PersonId
from commands.deps import Ask
from commands.looks import Overview
from storage.engine import record_engine
from storage.files import PLAN_FILE, beside
from storage.plan_file import JsonPlanFile, RecordBehind
from storage.upgrade import upgrade
from storage.work import SqlRecord, no_queue
from tests.bot.begun import CR, Begun
from tests.bot.looks import until
from tests.bot.scene import JOHN, Scene
from tests.checklist.builders import INSIDE

pytestmark = pytest.mark.journey


def damage(database: Path) -> None:
    """The disk loses a stretch in the middle of the file."""
    with database.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 20)


def truncate(database: Path) -> None:
    with database.open("r+b") as file:
        file.truncate(database.stat().st_size // 2)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another process holds the write lock."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("harm", [damage, truncate])
async def test_a_damaged_record_is_not_served_and_says_how_it_is_restored(begun: Begun, harm: object) -> None:
    assert callable(harm)
    harm(begun.database)

    with pytest.raises(RecordDamaged, match=r"is damaged. Stop the bot and restore the database from a backup"):
        async with serving(begun.settings):
            raise AssertionError("it served")


async def test_with_a_damaged_record_the_plan_file_is_the_way_back(begun: Begun) -> None:
    damage(begun.database)

    code, said = await begun.rolls_back()

    assert code == 0, said
    assert begun.runs_on() == {"v0.4.2"}
    assert "The plan file is used: CR-001, back to v0.4.2. Nobody signed that file." in said
    kinds = [entry.fact.kind for entry in begun.side_entries()]
    assert kinds[0] == "rollback.started"
    assert kinds.count("machine.update.intended") == kinds.count("machine.update.settled") == 2


async def test_what_was_done_without_the_record_is_added_to_the_one_that_is_put_in_its_place(begun: Begun) -> None:
    backup = begun.database.with_name("backup.db")
    shutil.copy(begun.database, backup)
    damage(begun.database)
    await begun.rolls_back()
    noted, sent = len(begun.side_entries()), begun.updates()
    shutil.copy(backup, begun.database)

    async with serving(begun.settings):
        await waits_for_the_smoke_test(begun)

    assert len(begun.entries("side.noted")) == noted
    assert (begun.updates(), begun.deployment().status) == (sent, Status.ROLLING_BACK)
    assert not begun.side.exists()
    (started,) = begun.entries("rollback.started")
    assert started.fact.by == "alem"


async def waits_for_the_smoke_test(begun: Begun) -> None:
    async def waits() -> bool | None:
        step = begun.deployment().next_step(Book.ROLLBACK)
        return (step is not None and step.id == "rb-verify-smoke" and step.state == "waiting") or None

    await until(waits, "the rollback was never gone on with", within=20)


async def test_an_altered_record_is_not_gone_on_with_but_the_plan_file_is_the_way_back(begun: Begun) -> None:
    with closing(sqlite3.connect(begun.database)) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE entries SET kind = 'plan.forged' WHERE seq = 1")
        database.commit()

    code, said = await begun.rolls_back()

    assert code == 0, said
    assert "The record cannot be used. entry 1 does not verify" in said
    assert begun.runs_on() == {"v0.4.2"}


async def test_a_record_of_a_newer_version_is_left_alone_and_the_plan_file_is_the_way_back(begun: Begun) -> None:
    with closing(sqlite3.connect(begun.database)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()

    code, said = await begun.rolls_back()

    assert code == 0, said
    assert "The database is of a newer version (9999)" in said
    assert begun.runs_on() == {"v0.4.2"}


async def test_yesterday_s_copy_is_found_out_and_the_plan_file_is_the_way_back(begun: Begun) -> None:
    yesterday(begun)

    with pytest.raises(RecordBehind, match=r"The record knows nothing of CR-001 .* it is an older copy"):
        async with serving(begun.settings):
            raise AssertionError("it served")
    code, said = await begun.rolls_back()

    assert code == 0, said
    assert begun.runs_on() == {"v0.4.2"}


def yesterday(begun: Begun) -> None:
    """The file of a day before the deployment was opened."""
    for file in begun.database.parent.glob(f"{begun.database.name}*"):
        if file.suffix != ".json":
            file.unlink()
    engine = record_engine(begun.settings.database_url)
    upgrade(engine)
    engine.dispose()


async def test_a_plan_file_that_was_altered_moves_nothing(begun: Begun) -> None:
    damage(begun.database)
    file = begun.database.with_name("drop.db.rollback.json")
    file.write_text(file.read_text().replace(begun.plan.rollback, begun.plan.image))

    with pytest.raises(NoWayBack, match=r"is not what the bot wrote, so nothing is done by it. Roll back by hand"):
        await begun.rolls_back()

    assert begun.updates() == 0


async def test_what_can_be_written_down_nowhere_is_not_done(begun: Begun) -> None:
    damage(begun.database)
    begun.side.mkdir()

    with pytest.raises(NoWayBack, match=r"The record: cannot be written.*Roll back by hand"):
        await begun.rolls_back()
    begun.side.rmdir()

    assert begun.updates() == 0


async def test_a_record_that_another_process_holds_is_waited_for_and_then_done_without(begun: Begun) -> None:
    with locked(begun.database):
        code, said = await begun.rolls_back()

    assert code == 0, said
    assert "The record cannot be used. The record: is locked by another process" in said
    assert begun.runs_on() == {"v0.4.2"}
    assert begun.deployment().status is Status.HALTED


async def test_while_the_record_is_locked_a_command_is_refused_in_words_and_nothing_is_half_done(
    scene: Scene,
) -> None:
    await scene.opens()
    before = scene.deployment()

    with locked(scene.sandbox.world.folder / "drop.db"), capture_logs():
        await scene.people.says(JOHN, f"/drop abandon {CR} not today")
        assert "CR-001 · Drop v0.5.0 · preparing" in await scene.says(JOHN, "/drop status")
        said = await scene.sees("The record: is locked by another process. Nothing was changed. Try again in a moment.")

    assert said["ephemeral"]
    assert scene.deployment() == before


async def test_with_a_server_that_is_away_the_plan_file_is_the_way_back(
    begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(begun.database.parent)
    url = "postgresql://127.0.0.1:1/drop"
    away = replace(begun, settings=begun.settings.model_copy(update={"database_url": url}))
    JsonPlanFile(beside(url, PLAN_FILE)).write(begun.plan)

    code, said = await away.rolls_back()

    assert code == 0, said
    assert "Nobody can tell whether a bot runs" in said
    assert begun.runs_on() == {"v0.4.2"}


async def test_an_engine_of_the_runs_that_cannot_start_is_not_needed_for_the_way_back(begun: Begun) -> None:
    with closing(sqlite3.connect(begun.database)) as database:
        database.execute("CREATE TABLE workflow_status (other TEXT)")
        database.commit()
    with pytest.raises(OperationalError):
        async with serving(begun.settings):
            raise AssertionError("it served")

    code, said = await begun.rolls_back()

    assert code == 0, said
    assert begun.runs_on() == {"v0.4.2"}


class FullDisk:
    """A database that may not grow by a single page, until space is released."""

    def __init__(self, begun: Begun) -> None:
        self.engine = record_engine(begun.settings.database_url)
        self.released = False
        event.listen(self.engine, "begin", self._limit, insert=True)

    def release(self) -> bool:
        self.released = True
        return True

    def fill(self) -> None:
        """Until not even a small entry finds a place."""
        record = SqlRecord(self.engine, no_queue)
        for size in (900, 1):
            with suppress(RecordFull):
                while True:
                    with record.work() as work:
                        work.journal.append(Fact(kind="filled", at=INSIDE, by="bot", body={"words": "x" * size}))
                        work.commit()

    def _limit(self, connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 1000 * self.released}")


async def test_on_a_full_disk_a_rollback_and_nothing_else_is_written_into_the_space_kept_for_it(begun: Begun) -> None:
    disk = FullDisk(begun)
    async with AsyncExitStack() as stack:
        ground = await ground_of(basis_of(begun.settings), SqlRecord(disk.engine, no_queue), stack)
        desk = replace(desk_of(ground, lambda: None), reserve=disk.release)
        john, alem = (ground.checklist.team.people[PersonId(name)] for name in ("john", "alem"))

        disk.fill()
        with pytest.raises(RecordFull):
            await desk.perform(Ask(verb="check", by=john, key="1", deployment=CR))
        assert not disk.released
        assert isinstance(await desk.perform(Ask(verb="status", by=john, key="2", deployment=CR)), Overview)

        await desk.perform(Ask(verb="rollback", by=alem, key="3", deployment=CR, words="the disk is full"))

    assert disk.released
    assert begun.deployment().status is Status.ROLLING_BACK
