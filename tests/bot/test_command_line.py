"""`drop-bot run` where something is wrong: it says what, and what to do, and exits with 1."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.database import lock_file
from runs.lock import FileLock
from sandbox.client import Control
from sandbox.server import Sandbox
from sandbox.world import surroundings
from storage.engine import record_engine
from storage.upgrade import upgrade
from tests.bot.scene import JOHN

pytestmark = pytest.mark.journey

RUN = (sys.executable, "-m", "bot", "run")
PATIENCE = 20  # seconds


@pytest.fixture
def settings(workplace: Sandbox) -> dict[str, str]:
    """The variables with which the bot runs in the sandbox."""
    return workplace.environment()


async def refusal(settings: Mapping[str, str], *, code: int = 1) -> str:
    """What the bot says when it does not start."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*RUN, env=surroundings(settings), stdout=pipe, stderr=pipe)
    _, said = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == code, said.decode()
    assert b"Traceback" not in said, said.decode()
    return said.decode()


async def test_every_missing_setting_is_named_with_where_to_get_it(settings: dict[str, str]) -> None:
    del settings["SLACK_BOT_TOKEN"], settings["FLY_API_TOKEN"]

    said = await refusal(settings)

    assert "SLACK_BOT_TOKEN is missing. Get it from: Slack app → OAuth & Permissions" in said
    assert "FLY_API_TOKEN is missing. Get it from: fly tokens create deploy" in said


async def test_a_token_of_the_wrong_kind_is_refused_and_not_repeated(settings: dict[str, str]) -> None:
    settings["SLACK_BOT_TOKEN"], settings["SLACK_APP_TOKEN"] = settings["SLACK_APP_TOKEN"], settings["SLACK_BOT_TOKEN"]

    said = await refusal(settings)

    assert "SLACK_BOT_TOKEN is wrong" in said
    assert "SLACK_APP_TOKEN is wrong" in said
    assert "sandbox-0drop" not in said


async def test_a_broken_checklist_is_named_by_line_with_what_to_write(workplace: Sandbox) -> None:
    checklist = workplace.world.checklist
    checklist.write_text(checklist.read_text().replace("role: validator", "role: validater", 1))
    line = next(n for n, text in enumerate(checklist.read_text().splitlines(), start=1) if "validater" in text)

    said = await refusal(workplace.environment())

    assert f"{checklist}:{line}" in said
    assert "validater" in said
    assert "validator" in said


async def test_a_checklist_that_is_not_there_is_named_with_its_path(settings: dict[str, str], tmp_path: Path) -> None:
    settings["DROP_CHECKLIST"] = str(tmp_path / "nowhere.yml")

    assert f"{tmp_path / 'nowhere.yml'}:1: cannot be read: No such file" in await refusal(settings)


async def test_a_bot_token_of_another_workspace_is_refused(workplace: Sandbox) -> None:
    checklist = workplace.world.checklist
    checklist.write_text(checklist.read_text().replace("T0ALAI", "T0OTHER"))

    said = await refusal(workplace.environment())

    assert "SLACK_BOT_TOKEN is of workspace T0ALAI, checklist.yml names T0OTHER." in said


async def test_a_moved_clock_is_refused_outside_the_sandbox(settings: dict[str, str]) -> None:
    settings["SLACK_BOT_TOKEN"] = "xoxb-123-real"

    assert "DROP_CLOCK_FILE moves the clock, which only the sandbox may. Unset it." in await refusal(settings)


async def test_a_database_of_a_newer_version_is_left_alone(settings: dict[str, str], tmp_path: Path) -> None:
    upgrade(record_engine(settings["DATABASE_URL"]))
    with sqlite3.connect(tmp_path / "drop.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")

    said = await refusal(settings)

    assert "The database is of a newer version (9999). Run the bot that wrote it, or restore a backup." in said


async def test_a_second_process_on_the_same_database_does_not_start(settings: dict[str, str]) -> None:
    lock = FileLock(lock_file(settings["DATABASE_URL"]))
    assert lock.take()

    said = await refusal(settings, code=os.EX_TEMPFAIL)
    lock.release()

    assert "Another process runs on this database. Stop it first; two never deploy at once." in said


async def test_a_bot_stops_when_it_is_told_to_and_does_not_serve_a_record_that_was_altered_since(
    settings: dict[str, str], tmp_path: Path
) -> None:
    stopped = await starts_and_stops(settings)
    with sqlite3.connect(tmp_path / "drop.db") as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE entries SET body = '{}' WHERE seq = 1")

    said = await refusal(settings)

    assert stopped == 0
    assert "The record was altered: entry 1 does not verify." in said
    assert "Restore the database from a backup:" in said


async def starts_and_stops(settings: Mapping[str, str]) -> int | None:
    """The exit code of a bot that was asked to stop once it was connected."""
    process = await asyncio.create_subprocess_exec(*RUN, env=surroundings(settings), stderr=asyncio.subprocess.DEVNULL)
    async with Control(settings["SLACK_API_URL"].removesuffix("/slack/api/")) as people:
        await people.waits_for_the_bot(PATIENCE)
        assert (await people.says(JOHN, "/drop help"))["ok"]
        process.terminate()
        return await asyncio.wait_for(process.wait(), PATIENCE)
