"""An INSERT that leaves what is there already alone."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from checklist.record import Json


def insert_once(connection: Connection, table: Table, **values: Json) -> bool:
    """Whether the row was new. Any unique key of the table counts."""
    if connection.dialect.name == "postgresql":
        return connection.execute(postgresql.insert(table).on_conflict_do_nothing(), values).rowcount == 1
    return connection.execute(sqlite.insert(table).on_conflict_do_nothing(), values).rowcount == 1
