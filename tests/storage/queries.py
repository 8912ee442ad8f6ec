"""What the database is asked while something is read."""

from collections.abc import Callable

from sqlalchemy import Connection, Engine, event

Query = tuple[str, tuple[str | int, ...]]


def asked(engine: Engine, reading: Callable[[], object]) -> list[Query]:
    """The queries that the reading sends."""
    queries: list[Query] = []

    def note(
        connection: Connection, cursor: object, statement: str, parameters: tuple[str | int, ...], *_: object
    ) -> None:
        if statement.startswith("SELECT"):
            queries.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    reading()
    event.remove(engine, "before_cursor_execute", note)
    return queries
