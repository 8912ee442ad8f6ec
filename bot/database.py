"""The one database of the record and of the durable runs: upgraded, or refused, and opened."""

from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from datetime import datetime
from pathlib import Path

import structlog

from runs import engine
from storage.engine import address, close, may_be_shared, reach, record_engine, run_engine
from storage.files import PLAN_FILE, beside
from storage.outages import translated
from storage.plan_file import JsonPlanFile, PlanFileWrong
from storage.upgrade import check_file, require_current, upgrade, verify_chain
from storage.work import SqlRecord

log = structlog.get_logger()


def upgraded(url: str) -> None:
    """Bring all tables to this version's shape. Raises NewerDatabase, WrongDatabaseUrl, Unreachable."""
    with ExitStack() as stack:
        records = record_engine(url)
        stack.callback(close, records)
        reach(records)
        upgrade(records)
        engine.migrate(address(url))


def opened(url: str, stack: AsyncExitStack, now: Callable[[], datetime]) -> tuple[SqlRecord, engine.RunQueue, object]:
    """The record, verified; the queue of runs; and the runs' own SQLAlchemy engine. Closed with the stack.

    A SQLite file is upgraded first. A database that other processes may be serving on must have been:
    raises OlderDatabase, NotMigrated, NewerDatabase, Unreachable, ChainBroken; RecordOutage when it is damaged, full
    or locked, RecordBehind when it is a copy from before the deployment that was begun last.
    """
    records, runs = record_engine(url), run_engine(url)
    stack.callback(close, records)
    stack.callback(close, runs)
    with translated():
        reach(records)
        check_file(records)
        if not may_be_shared(url):
            upgraded(url)
        require_current(records)
        verify_chain(records)
    queue = engine.RunQueue(runs)
    stack.callback(queue.close)
    queue.require_current()
    record = SqlRecord(records, queue.enqueue, now)
    refuse_older(record, url)
    return record, queue, runs


def refuse_older(record: SqlRecord, url: str) -> None:
    """Raises RecordBehind. A plan file that says nothing is no reason not to go on."""
    try:
        JsonPlanFile(beside(url, PLAN_FILE)).refuse_older(record)
    except PlanFileWrong as wrong:
        log.warning("the plan file is left alone", trouble=str(wrong))


def lock_file(url: str) -> Path:
    """The file beside a SQLite database that the runner holds."""
    return beside(url, ".lock")
