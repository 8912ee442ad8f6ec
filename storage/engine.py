"""Engines: one for the record, and one for the durable runs in the same database."""

import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, create_engine, event, make_url

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000")


def record_engine(url: str) -> Engine:
    """The record's engine. The application says BEGIN itself: IMMEDIATE to write, plain to look."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        _private(url)
        event.listen(engine, "connect", _prepare_record)
    return engine


def run_engine(url: str) -> Engine:
    """The engine that the durable runs use: every transaction of theirs may write, so it begins IMMEDIATE."""
    engine = create_engine(url, pool_size=20, max_overflow=0)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_runs)
    return engine


def _private(url: str) -> None:
    """A new database file can be read by its owner alone."""
    path = make_url(url).database
    if path and path != ":memory:" and not Path(path).exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare_record(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _prepare_runs(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}").close()
    if sqlite3.sqlite_version_info < (3, 42):
        # DBOS's schema calls unixepoch('subsec'), which this SQLite does not have yet.
        connection.create_function("unixepoch", -1, _unixepoch)


def _unixepoch(*arguments: str) -> float | int:
    now = datetime.now(UTC).timestamp()
    return now if "subsec" in arguments else int(now)
