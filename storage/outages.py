"""What a database that fails means: the record is full, damaged, locked, or away. Judged by code, never by text."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from checklist.errors import RecordDamaged, RecordFull, RecordOutage

SYSTEM = "The record"
UNWRITABLE = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
)
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
PRIMARY = 0xFF  # SQLite's extended codes carry the primary one in their last byte
DISK_FULL = "53100"  # PostgreSQL's disk_full


@contextmanager
def translated() -> Iterator[None]:
    """A failing database as an outage of the record. Raises RecordFull, RecordDamaged, RecordOutage."""
    try:
        yield
    except DBAPIError as error:
        outage = _first_outage(error)
        if outage is None:
            raise
        raise outage from error
    except PoolExhausted as error:
        raise _busy() from error


def _first_outage(error: BaseException | None) -> RecordOutage | None:
    """On a full disk SQLite takes the transaction back by itself, and the savepoint that is then released is gone."""
    if error is None:
        return None
    found = outage_of(error) if isinstance(error, DBAPIError) else None
    return found or _first_outage(error.__context__)


def outage_of(error: DBAPIError) -> RecordOutage | None:
    """None for what is a bug of ours: a constraint, a statement that is wrong."""
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(getattr(error.orig, "sqlite_errorcode", 0) & PRIMARY)
    state = getattr(error.orig, "sqlstate", None)
    if state == DISK_FULL:
        return full()
    if error.connection_invalidated or state is None or state[:2] in {"08", "53", "57"}:
        return RecordOutage(SYSTEM, "cannot be reached: its database does not answer", retry=True)
    return None


def _of_sqlite(code: int) -> RecordOutage | None:
    if code in UNWRITABLE:
        return full()
    if code in DAMAGED:
        return damaged()
    return _busy() if code in LOCKED else None


def full() -> RecordFull:
    advice = "cannot be written. Free space on its disk, then try again; until then `drop-bot rollback` rolls back"
    return RecordFull(SYSTEM, advice)


def damaged() -> RecordDamaged:
    advice = "is damaged. Stop the bot and restore the database from a backup; `drop-bot rollback` rolls back"
    return RecordDamaged(SYSTEM, advice)


def _busy() -> RecordOutage:
    return RecordOutage(SYSTEM, "is locked by another process", retry=True)
