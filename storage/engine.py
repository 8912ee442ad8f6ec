"""Engines: one for the record, and one for the durable runs in the same database."""

import os
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing, suppress

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from checklist.errors import RecordFull
from storage.outages import outage_of

READS_ONLY = "record_reads_only"  # the execution option of an engine that takes no write lock
WRITE_LOCK = 0x64726F70  # "drop": the advisory lock that stands for SQLite's single writer
IN_USE, LOOK_AGAIN = 5.0, 0.01  # seconds
LONGEST_PAUSE = 5000  # milliseconds: a process that is stopped inside a transaction keeps the others waiting so long


class WrongDatabaseUrl(Exception):
    """DATABASE_URL is of a kind that cannot hold the record. It is not repeated: it may hold a password."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"DATABASE_URL is {kind}, which cannot hold the record: use sqlite:///FILE or postgresql://…")


class Unreachable(Exception):
    """The server does not answer, or does not let us in. Its own words say why; a password is not among them."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The database of DATABASE_URL cannot be reached. {reason}")


def location(url: str) -> URL:
    """The URL with the driver that we ship. Raises WrongDatabaseUrl."""
    try:
        where = make_url(url)
    except (ArgumentError, ValueError):
        raise WrongDatabaseUrl("not a URL") from None
    backend = where.get_backend_name()
    if backend in {"postgresql", "postgres"}:  # hosts give out the short name, which the library does not know
        return where.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise WrongDatabaseUrl(f"of the kind {backend}")
    if where.database in {None, "", ":memory:"}:
        raise WrongDatabaseUrl("SQLite without a file")
    return where


def address(url: str) -> str:
    """The URL as the durable engine reads it, password included. Raises WrongDatabaseUrl."""
    return location(url).render_as_string(hide_password=False)


def may_be_shared(url: str) -> bool:
    """Whether several processes may serve on this database. Raises WrongDatabaseUrl."""
    return location(url).get_backend_name() == "postgresql"


def record_engine(url: str) -> Engine:
    """The record's engine. Each transaction takes the write lock as it begins, unless it only reads.

    Raises WrongDatabaseUrl.
    """
    where = location(url)
    if where.get_backend_name() == "postgresql":
        engine = create_engine(where, pool_pre_ping=True)
        event.listen(engine, "connect", _connect_postgresql)
        event.listen(engine, "begin", _begin_on_postgresql)
        return engine
    _create_private(where)
    engine = create_engine(where)
    event.listen(engine, "connect", _connect_record)
    event.listen(engine, "begin", _begin_on_sqlite)
    return engine


def reach(engine: Engine) -> None:
    """Raises Unreachable for a server. A file is found out about when it is first used."""
    if engine.dialect.name == "sqlite":
        return
    try:
        with readers(engine).connect():
            pass
    except OperationalError as error:
        raise Unreachable(str(error.orig).strip()) from None


def readers(engine: Engine) -> Engine:
    """The same engine and pool, for transactions that only read."""
    return engine.execution_options(**{READS_ONLY: True})


def run_engine(url: str) -> Engine:
    """The durable runs' own engine: they keep their tables beside the record's. Raises WrongDatabaseUrl."""
    where = location(url)
    if where.get_backend_name() == "postgresql":
        engine = create_engine(where, pool_size=20, max_overflow=0, pool_pre_ping=True)
        event.listen(engine, "connect", _connect_postgresql)
        return engine
    _create_private(where)
    engine = create_engine(where, pool_size=20, max_overflow=0)
    event.listen(engine, "connect", _connect_runs)
    event.listen(engine, "handle_error", _wait_for_space)
    return engine


def close(engine: Engine) -> None:
    """Close every connection of it, at the end.

    What was cancelled goes on in its thread until its statement ends. A connection that comes back after its engine
    was disposed of is closed by nobody, so it is waited for.
    """
    ends = time.monotonic() + IN_USE
    while isinstance(engine.pool, QueuePool) and engine.pool.checkedout() and time.monotonic() < ends:
        time.sleep(LOOK_AGAIN)
    engine.dispose()


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


def _wait_for_space(context: ExceptionContext) -> BaseException | None:
    """The engine of the runs tries again while SQLite is locked, and gives a run up for a full disk: it is to wait too.

    What it knows a lock by is the driver's words, so a disk that is full is told to it in these.
    """
    error = context.sqlalchemy_exception
    if not isinstance(error, DBAPIError) or not isinstance(outage_of(error), RecordFull):
        return None
    waits = sqlite3.OperationalError(f"database is locked: {error.orig}")
    return OperationalError(error.statement, error.params, waits)


def _connect_postgresql(connection: psycopg.Connection[tuple[object, ...]], _: ConnectionPoolEntry) -> None:
    """What a stopped process has begun is rolled back by the server, and its locks are let go of."""
    connection.execute(f"SET idle_in_transaction_session_timeout = {LONGEST_PAUSE}")
    connection.commit()


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
