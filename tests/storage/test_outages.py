"""A database that fails is an outage of the record, with words; nothing of what was meant is kept."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.pool import ConnectionPoolEntry

from checklist.errors import RecordDamaged, RecordFull, RecordOutage
from checklist.record import Fact
from storage.ballast import SIZE, Ballast
from storage.engine import record_engine, run_engine
from storage.files import beside, replace_file
from storage.outages import outage_of
from storage.upgrade import make_sound, upgrade
from storage.work import SqlRecord, no_queue
from tests.checklist.builders import OPENED, opened, release


class SmallDisk:
    """A database that may not grow beyond a number of pages: SQLite says then what it says of a full disk."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder}/drop.db"
        engine = record_engine(self.url)
        upgrade(engine)
        with engine.connect() as connection:
            self.pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + 3
        engine.dispose()

    def engine(self) -> Engine:
        engine = record_engine(self.url)
        event.listen(engine, "connect", self._limit)
        return engine

    def runs(self) -> Engine:
        engine = run_engine(self.url)
        event.listen(engine, "connect", self._limit)
        return engine

    def _limit(self, connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.execute(f"PRAGMA max_page_count={self.pages}").close()


def fact(number: int) -> Fact:
    return Fact(kind="thing.happened", at=OPENED, by="bot", body={"number": number, "words": "x" * 900})


def keep(record: SqlRecord, number: int) -> None:
    with record.work() as work:
        work.journal.append(fact(number))
        work.commit()


def fill(record: SqlRecord) -> int:
    """How many facts there is space for."""
    kept = 0
    try:
        while True:
            keep(record, kept)
            kept += 1
    except RecordFull:
        return kept


def enter(record: SqlRecord) -> None:
    with record.work():
        pass


def test_a_full_disk_is_said_so_and_what_was_written_before_stays(tmp_path: Path) -> None:
    record = SqlRecord(SmallDisk(tmp_path).engine(), no_queue)

    kept = fill(record)

    assert kept > 0
    with record.look() as work:
        assert len(list(work.journal.entries())) == kept
    with pytest.raises(RecordFull, match=r"The record: cannot be written\. Free space on its disk"):
        keep(record, kept)


def test_the_engine_of_the_runs_is_told_to_wait_for_space(tmp_path: Path) -> None:
    engine = SmallDisk(tmp_path).runs()

    def write() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE things (words TEXT)")
            for _ in range(100):
                connection.exec_driver_sql("INSERT INTO things VALUES (?)", ("x" * 4000,))

    with pytest.raises(OperationalError) as caught:
        write()

    assert "database is locked" in str(caught.value.orig)
    assert "database or disk is full" in str(caught.value.orig)


def test_a_locked_database_is_one_to_try_again(tmp_path: Path) -> None:
    engine = record_engine(f"sqlite:///{tmp_path}/drop.db")
    upgrade(engine)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout=0"), insert=True)
    record = SqlRecord(engine, no_queue)

    with closing(sqlite3.connect(tmp_path / "drop.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RecordOutage, match="is locked by another process") as caught:
            enter(record)
        with record.look() as work:
            assert work.deployments.open() is None

    assert caught.value.retry


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "drop.db").write_bytes(b"not a database, not at all" * 400)

    with pytest.raises(RecordDamaged):
        make_sound(record_engine(f"sqlite:///{tmp_path}/drop.db"))


def test_a_record_that_fits_itself_is_sound(tmp_path: Path) -> None:
    make_sound(record_engine(f"sqlite:///{tmp_path}/drop.db"))


def test_a_bug_of_ours_is_no_outage(tmp_path: Path) -> None:
    record = SqlRecord(record_engine(f"sqlite:///{tmp_path}/drop.db"), no_queue)

    with pytest.raises(OperationalError, match="no such table"):
        keep(record, 1)


def test_a_constraint_is_no_outage() -> None:
    broken = sqlite3.IntegrityError("UNIQUE constraint failed")

    assert outage_of(IntegrityError("INSERT", None, broken)) is None


class PostgresError(Exception):
    """What psycopg raises, as far as it is looked at."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize("state", [None, "08006", "57P01", "53300"])
def test_a_postgresql_that_is_away_is_one_to_try_again(state: str | None) -> None:
    outage = outage_of(OperationalError("SELECT 1", None, PostgresError(state)))

    assert outage is not None
    assert outage.retry


def test_a_postgresql_without_space_is_full_and_a_wrong_statement_is_a_bug() -> None:
    assert isinstance(outage_of(OperationalError("INSERT", None, PostgresError("53100"))), RecordFull)
    assert outage_of(ProgrammingError("SELEKT", None, PostgresError("42601"))) is None


def test_the_ballast_takes_up_space_until_it_is_released(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "drop.db.ballast")

    assert ballast.take()
    assert ballast.take()
    assert ballast.held
    assert (tmp_path / "drop.db.ballast").stat().st_blocks * 512 >= SIZE

    assert ballast.release()
    assert not ballast.release()
    assert not ballast.held


def test_a_ballast_that_cannot_be_kept_is_no_reason_to_fail(tmp_path: Path) -> None:
    assert not Ballast(tmp_path / "no folder" / "drop.db.ballast").take()


def test_what_lies_beside_a_database_is_found_by_its_url(tmp_path: Path) -> None:
    assert beside(f"sqlite:///{tmp_path}/a.db", ".lock") == tmp_path / "a.db.lock"
    assert beside("sqlite:///a.db", ".lock") == Path("a.db.lock")
    here, there = (beside(f"postgresql://drop:{word}@db/drop", ".lock") for word in ("a", "b"))
    assert here == there, "a password changes nothing"
    assert here != beside("postgresql://drop:a@db/other", ".lock")
    assert here.name.startswith("drop-")


def test_a_file_is_replaced_whole_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"

    replace_file(file, "ett\n")
    replace_file(file, "två\n")

    assert file.read_text(encoding="utf-8") == "två\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["plan.json"]


def test_a_deployment_that_could_not_be_written_is_not_there(tmp_path: Path) -> None:
    record = SqlRecord(SmallDisk(tmp_path).engine(), no_queue)
    deployment = opened(what=replace(release(), customers="x" * 40_000))

    def add() -> None:
        with record.work() as work:
            work.deployments.add(deployment)
            work.commit()

    with pytest.raises(RecordFull):
        add()

    with record.look() as work:
        assert work.deployments.open() is None
