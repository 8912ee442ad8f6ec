"""Where a world keeps its record, and the one that the product ships: SQLite, in a hurry."""

from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, bindparam, event, text

from checklist.ports import Record, RunRequest
from sandbox.history import Cell, read_cells, read_notices, read_record
from sandbox.slack.wire import Object
from storage.engine import record_engine
from storage.upgrade import upgrade
from storage.work import SqlRecord

TABLE = text("CREATE TABLE queued (number INTEGER PRIMARY KEY, id TEXT UNIQUE, workflow TEXT, arguments TEXT)")
PUT = text("INSERT OR IGNORE INTO queued (id, workflow, arguments) VALUES (:id, :workflow, :arguments)")
NEXT = text(
    "SELECT id, workflow, arguments FROM queued WHERE workflow IN :workflows ORDER BY number LIMIT 1"
).bindparams(bindparam("workflows", expanding=True))
OVER_NOW = text("DELETE FROM queued WHERE id = :id")
_EMPTY: list[bytes] = []
Run = tuple[str, str, tuple[str, ...]]  # its id, its workflow, and what it was queued with


class Store(Protocol):
    """A record, and the queue of runs beside it."""

    @property
    def record(self) -> Record: ...

    def next_run(self, *workflows: str) -> Run | None:
        """The oldest run of one of these workflows that is not over."""
        ...

    def over(self, run: str) -> None: ...

    def entries(self) -> list[Object]: ...

    def notices(self) -> list[Object]: ...

    def cells(self) -> list[Cell]: ...

    def close(self) -> None: ...


class SqliteStore:
    """The product's own storage over one file, in a hurry."""

    def __init__(self, file: Path) -> None:
        self._url = f"sqlite:///{file}"
        self._engine = record_engine(f"sqlite:///{file}")
        event.listen(self._engine, "connect", _in_a_hurry)
        self.record: Record = SqlRecord(self._engine, _enqueue)

    def next_run(self, *workflows: str) -> Run | None:
        with self._engine.begin() as connection:
            row = connection.execute(NEXT, {"workflows": list(workflows)}).first()
        return (row[0], row[1], tuple(row[2].split("\n"))) if row else None

    def over(self, run: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(OVER_NOW, {"id": run})

    def entries(self) -> list[Object]:
        return read_record(self._url)

    def notices(self) -> list[Object]:
        return read_notices(self._url)

    def cells(self) -> list[Cell]:
        return read_cells(self._url)

    def close(self) -> None:
        self._engine.dispose()


def empty_record(folder: Path) -> Path:
    """The file of a record in which nothing has happened yet."""
    file = folder / "drop.db"
    if _EMPTY:
        file.write_bytes(_EMPTY[0])
        return file
    engine = record_engine(f"sqlite:///{file}")
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(TABLE)
    engine.dispose()
    _EMPTY.append(file.read_bytes())  # migrations take longer than a whole deployment here: once is enough
    return file


def _enqueue(connection: Connection, run: RunRequest) -> None:
    """Queue a run inside the caller's transaction: if that is lost, so is the run."""
    row = {"id": run.id, "workflow": run.workflow, "arguments": "\n".join(run.arguments)}
    connection.execute(PUT, row)


def _in_a_hurry(connection: object, _: object) -> None:
    """Nothing here survives a power cut, and nothing needs to."""
    cursor = connection.cursor()  # type: ignore[attr-defined]  # SQLAlchemy does not say that it is sqlite3
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()
