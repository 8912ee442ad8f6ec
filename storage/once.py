"""An INSERT that leaves what is there already alone."""

from sqlalchemy import ColumnClause, Connection, Table, literal_column
from sqlalchemy.dialects import postgresql, sqlite

NEW: ColumnClause[int] = literal_column("1")  # comes back from the row that was inserted, and from nothing else


def insert_once(connection: Connection, table: Table, **values: object) -> bool:
    """Whether the row was new. Any unique key of the table counts."""
    if connection.dialect.name == "postgresql":
        statement = postgresql.insert(table).on_conflict_do_nothing().returning(NEW)
        return connection.execute(statement, values).first() is not None
    return connection.execute(sqlite.insert(table).on_conflict_do_nothing().returning(NEW), values).first() is not None
