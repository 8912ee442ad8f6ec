"""The one database of the record and of the durable runs: upgraded, or refused, and opened."""

from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from datetime import datetime
from pathlib import Path

from runs import engine
from storage.engine import address, may_be_shared, reach, record_engine, run_engine
from storage.upgrade import require_current, upgrade, verify_chain
from storage.work import SqlRecord


def upgraded(url: str) -> None:
    """Bring all tables to this version's shape. Raises NewerDatabase, WrongDatabaseUrl, Unreachable."""
    with ExitStack() as stack:
        records = record_engine(url)
        stack.callback(records.dispose)
        reach(records)
        upgrade(records)
        engine.migrate(address(url))


def opened(url: str, stack: AsyncExitStack, now: Callable[[], datetime]) -> tuple[SqlRecord, engine.RunQueue, object]:
    """The record, verified; the queue of runs; and the runs' own SQLAlchemy engine. Closed with the stack.

    A SQLite file is upgraded first. A database that other processes may be serving on must have been:
    raises OlderDatabase, NotMigrated, NewerDatabase, Unreachable, ChainBroken.
    """
    if not may_be_shared(url):
        upgraded(url)
    records, runs = record_engine(url), run_engine(url)
    stack.callback(records.dispose)
    stack.callback(runs.dispose)
    reach(records)
    require_current(records)
    verify_chain(records)
    queue = engine.RunQueue(runs)
    stack.callback(queue.close)
    queue.require_current()
    return SqlRecord(records, queue.enqueue, now), queue, runs


def lock_file(url: str) -> Path:
    """The file beside a SQLite database that the runner holds."""
    return Path(url.removeprefix("sqlite:///") + ".lock")
