"""The doctor at the record: the database, what lies beside it, and the space that is left."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

from bot.findings import Finding, ok, warning, wrong
from bot.settings import Settings
from checklist.errors import RecordOutage
from checklist.record import ChainBroken
from storage.ballast import Ballast
from storage.engine import Unreachable, WrongDatabaseUrl, may_be_shared, reach, record_engine
from storage.files import BALLAST, PLAN_FILE, SIDE_RECORD, beside
from storage.outages import translated
from storage.plan_file import JsonPlanFile, PlanFileWrong, RecordBehind
from storage.upgrade import NewerDatabase, OlderDatabase, check_file, require_current, verify_chain
from storage.work import SqlRecord, no_queue

LITTLE, TOO_LITTLE = 200, 20  # MiB
RESTORE = "Stop the bot and restore the database from a backup: docs/runbook.md"


async def examine_record(settings: Settings) -> list[Finding]:
    return await asyncio.to_thread(lambda: list(_examined(settings.database_url)))


def _examined(url: str) -> Iterator[Finding]:
    try:
        shared = may_be_shared(url)
    except WrongDatabaseUrl as refused:
        yield wrong(str(refused).rstrip("."), "")
        return
    if not shared and not beside(url, "").exists():
        yield warning(f"There is no database {beside(url, '')} yet", "drop-bot run makes it")
        yield _space(beside(url, ""))
        return
    yield _database(url)
    yield from _beside(url)
    if not shared:
        yield _space(beside(url, ""))
        yield _ballast(Ballast(beside(url, BALLAST)))


def _database(url: str) -> Finding:
    engine = record_engine(url)
    try:
        with translated():
            reach(engine)
            check_file(engine)
            require_current(engine)
            head = verify_chain(engine)
            _written_and_taken_back(SqlRecord(engine, no_queue))
    except OlderDatabase as older:
        advice = "drop-bot run upgrades a SQLite file by itself; any other: drop-bot db upgrade"
        return warning(str(older).partition(".")[0], advice)
    except ChainBroken as broken:
        return wrong(f"The record was altered: {broken}", RESTORE)
    except RecordOutage as outage:
        return wrong(str(outage), "docs/runbook.md says what to do")
    except (NewerDatabase, Unreachable) as refused:
        return wrong(str(refused).rstrip("."), "")
    finally:
        engine.dispose()
    return ok(f"The record can be written, and its last entries verify ({head.seq if head else 0} in all)")


def _written_and_taken_back(record: SqlRecord) -> None:
    with record.work() as work:
        work.clicks.first("doctor")


def _beside(url: str) -> Iterator[Finding]:
    file, side = JsonPlanFile(beside(url, PLAN_FILE)), beside(url, SIDE_RECORD)
    engine = record_engine(url)
    try:
        file.refuse_older(SqlRecord(engine, no_queue))
    except PlanFileWrong as altered:
        yield warning(str(altered), "It is written anew when the next deployment begins")
    except RecordBehind as behind:
        yield wrong(str(behind).rstrip("."), "")
    except RecordOutage:
        pass  # said of the database already
    finally:
        engine.dispose()
    if side.exists():
        yield warning(f"{side} waits to be added to the record", "The next bot that starts adds it")


def _space(database: Path) -> Finding:
    return space_left(shutil.disk_usage(database.absolute().parent).free // (1024 * 1024))


def space_left(free: int) -> Finding:
    """What so many free MiB mean."""
    what = f"{free} MiB are free beside the record"
    if free < TOO_LITTLE:
        return wrong(what, "Free some: without space nothing can be recorded, and so nothing is done")
    return warning(what, "Free some soon") if free < LITTLE else ok(what)


def _ballast(ballast: Ballast) -> Finding:
    if ballast.held:
        return ok("Space is kept back for a rollback on a full disk")
    return warning("No space is kept back for a rollback on a full disk", "drop-bot run keeps it back when it starts")
