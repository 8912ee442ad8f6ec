"""Engines: one for the record, and one for the durable runs in the same database."""

import os
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing, suppress

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import ConnectionPoolEntry

READS_ONLY = "record_reads_only"  # the execution option of an engine that takes no write lock
WRITE_LOCK = 0x64726F70  # "drop": the advisory lock that stands for SQLite's single writer


class WrongDatabaseUrl(Exception):
    """DATABASE_URL is of a kind that cannot hold the record."""

    def __init__(self, url: URL) -> None:
        super().__init__(f"{url.render_as_string()} cannot hold the record: use sqlite:///FILE or postgresql://…")


def record_engine(url: str) -> Engine:
    """The record's engine. Each transaction takes the write lock as it begins, unless it only reads.

    Raises WrongDatabaseUrl.
    """
    where = _location(url)
    if where.get_backend_name() == "postgresql":
        engine = create_engine(where)
        event.listen(engine, "begin", _begin_on_postgresql)
        return engine
    _create_private(where)
    engine = create_engine(where)
    event.listen(engine, "connect", _connect_record)
    event.listen(engine, "begin", _begin_on_sqlite)
    return engine


def readers(engine: Engine) -> Engine:
    """The same engine and pool, for transactions that only read."""
    return engine.execution_options(**{READS_ONLY: True})


def run_engine(url: str) -> Engine:
    """The durable runs' own engine: they keep their tables beside the record's. Raises WrongDatabaseUrl."""
    where = _location(url)
    if where.get_backend_name() == "sqlite":
        _create_private(where)
    engine = create_engine(where, pool_size=20, max_overflow=0)
    if where.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _connect_runs)
    return engine


def _location(url: str) -> URL:
    """The URL with the driver that we ship."""
    where = make_url(url)
    backend = where.get_backend_name()
    if backend == "postgresql":
        return where.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or where.database in {None, "", ":memory:"}:
        raise WrongDatabaseUrl(where)
    return where


def _create_private(where: URL) -> None:
    """A new file is readable by its owner alone; SQLite gives its WAL the same mode."""
    with suppress(FileExistsError):
        os.close(os.open(where.database or "", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _connect_record(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: Python would say it too late, and DEFERRED
    _prepare(connection, ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"))


def _connect_runs(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = "IMMEDIATE"
    _prepare(connection, ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"))


def _prepare(connection: sqlite3.Connection, pragmas: Iterable[str]) -> None:
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}").close()
    with closing(connection.execute("SELECT unixepoch('subsec')")) as probe:
        knows_subsec = probe.fetchone()[0] is not None
    if not knows_subsec:
        connection.create_function("unixepoch", -1, _unixepoch)


def _unixepoch(*modifiers: str) -> float | int:
    """What SQLite 3.42 knows and the engine of the runs stamps its rows with: now, as seconds since 1970."""
    now = time.time()
    return now if "subsec" in modifiers else int(now)


def _begin_on_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if _only_reads(connection) else "BEGIN IMMEDIATE")


def _begin_on_postgresql(connection: Connection) -> None:
    """One writer at a time, as on SQLite; a reader sees one snapshot."""
    if _only_reads(connection):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")


def _only_reads(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(READS_ONLY))
