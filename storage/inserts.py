"""INSERTs that may meet a row of their key: they leave it alone, or take its place. Each is built once."""

from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import ColumnClause, Connection, Executable, Table, literal_column
from sqlalchemy.dialects import postgresql, sqlite

NEW: ColumnClause[int] = literal_column("1")  # comes back from the row that was inserted, and from nothing else


def insert_once(connection: Connection, table: Table, **values: object) -> bool:
    """Whether the row was new. Any unique key of the table counts."""
    return connection.execute(_once(table, connection.dialect.name), values).first() is not None


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """A row whose primary key is there already takes the place of what is there."""
    connection.execute(_instead(table, connection.dialect.name), rows)


@cache
def _once(table: Table, dialect: str) -> Executable:
    return _insert(table, dialect).on_conflict_do_nothing().returning(NEW)


@cache
def _instead(table: Table, dialect: str) -> Executable:
    statement, key = _insert(table, dialect), table.primary_key.columns
    values = {column.name: column for column in statement.excluded if column.name not in key}
    return statement.on_conflict_do_update(index_elements=list(key), set_=values)


def _insert(table: Table, dialect: str) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
