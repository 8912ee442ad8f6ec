"""The bot's database, read as it lies there: by nobody of the product, and changing nothing."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
from psycopg import sql

_SQLITE = "sqlite:///"
_TABLES_OF_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'table'"
# The bot's own, and those of the engine of its runs, which has a schema to itself here.
_TABLES_OF_POSTGRESQL = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN (%s, %s)"

# Any: a column may hold whatever its database knows.
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Table:
    """A whole table."""

    name: str
    columns: Sequence[str]
    rows: Rows


class Database(Protocol):
    """What can be asked of either kind."""

    def rows(self, query: str) -> Rows: ...

    def tables(self) -> Iterator[Table]: ...


@dataclass(frozen=True, slots=True)
class _Sqlite:
    connection: sqlite3.Connection

    def rows(self, query: str) -> Rows:
        return self.connection.execute(query).fetchall()

    def tables(self) -> Iterator[Table]:
        for (name,) in self.rows(_TABLES_OF_SQLITE):
            found = self.connection.execute(f'SELECT * FROM "{name}"')  # noqa: S608  # the names are the database's own
            yield Table(name, [column[0] for column in found.description], found.fetchall())


@dataclass(frozen=True, slots=True)
class _Postgresql:
    connection: psycopg.Connection[tuple[Any, ...]]

    def rows(self, query: str) -> Rows:
        return self.connection.execute(query.encode()).fetchall()

    def tables(self) -> Iterator[Table]:
        for name in self.connection.execute(_TABLES_OF_POSTGRESQL, ("public", "dbos")).fetchall():
            found = self.connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(*name)))
            yield Table(".".join(name), [column.name for column in found.description or ()], found.fetchall())


@contextmanager
def reading(url: str) -> Iterator[Database]:
    """The database of a DATABASE_URL, as it is at one moment."""
    if url.startswith(_SQLITE):
        with closing(sqlite3.connect(f"file:{url.removeprefix(_SQLITE)}?mode=ro", uri=True)) as file:
            yield _Sqlite(file)
        return
    with psycopg.connect(url) as connection:
        connection.read_only, connection.isolation_level = True, psycopg.IsolationLevel.REPEATABLE_READ
        yield _Postgresql(connection)
