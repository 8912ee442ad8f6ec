"""Bringing a database to this version's shape, and verifying its chain."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from checklist.errors import RecordOutage
from checklist.export import Head, witnessed
from checklist.record import ChainBroken, Entry, verify
from storage.engine import may_be_shared, reach, readers, record_engine
from storage.files import beside
from storage.journal import SqlJournal
from storage.outages import damaged, translated

MIGRATIONS = Path(__file__).parent / "migrations"


class NewerDatabase(Exception):
    """The database was written by a newer version of the bot."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"The database is of a newer version ({found}). Run the bot that wrote it, or restore a backup."
        )
        self.found = found


class OlderDatabase(Exception):
    """The database was not upgraded to this version of the bot."""

    def __init__(self) -> None:
        super().__init__(
            "The database is of an older version, or empty. Stop every bot on it, run `drop-bot db upgrade`, and start "
            "them again."
        )


def require_file(url: str) -> None:
    """A SQLite file that is not there is not made by who only looks. Raises RecordOutage."""
    if not may_be_shared(url) and not beside(url, "").exists():
        raise RecordOutage("The record", f"is not there: no file {beside(url, '')}. Look at DATABASE_URL")


@contextmanager
def readable(url: str) -> Iterator[Engine]:
    """The database as it is, for reading. Raises RecordOutage, Unreachable, OlderDatabase, NewerDatabase."""
    require_file(url)
    engine = record_engine(url)
    try:
        with translated():
            reach(engine)
            require_current(engine)
            yield engine
    finally:
        engine.dispose()


def make_sound(engine: Engine) -> None:
    """The record as it may be gone on with: whole, of this version's shape, with an unbroken chain.

    Raises RecordOutage (damaged, full, locked, away), NewerDatabase, OlderDatabase, ChainBroken.
    """
    with translated():
        check_file(engine)
        if engine.dialect.name == "sqlite":
            upgrade(engine)
        require_current(engine)
        verify_chain(engine)


def check_file(engine: Engine) -> None:
    """Every page of a SQLite file is where it should be. Raises RecordDamaged."""
    if engine.dialect.name != "sqlite":
        return
    with readers(engine).connect() as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise damaged()


def require_current(engine: Engine) -> None:
    """Raises OlderDatabase, NewerDatabase."""
    scripts = _scripts()
    with readers(engine).connect() as connection:
        if _known(connection, scripts) != scripts.get_current_head():
            raise OlderDatabase


def upgrade(engine: Engine) -> None:
    """Run the migrations that this database lacks, all or none. Raises NewerDatabase."""
    config, scripts = _config(), _scripts()
    with engine.begin() as connection:  # the write lock: two processes that start at once upgrade one after the other
        if _known(connection, scripts) == scripts.get_current_head():
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def verify_chain(engine: Engine, last: int = 1000) -> Entry | None:
    """Walk the newest entries of the chain, and return its head. Raises ChainBroken."""
    with readers(engine).connect() as connection:
        journal = SqlJournal(connection)
        head = journal.head()
        return verify_from(journal, max(0, head.seq - last)) if head else None


def verify_whole(engine: Engine, told: Head | None = None) -> Entry | None:
    """Walk all of the chain, held against a head that somebody outside was told. Raises ChainBroken, Denied."""
    with readers(engine).connect() as connection:
        return verify(witnessed(SqlJournal(connection).entries(), told))


def verify_from(journal: SqlJournal, checked: int) -> Entry | None:
    """Walk on from an entry that was verified before, by its sequence; 0 is the beginning. Raises ChainBroken."""
    anchor = journal.at(checked) if checked else None
    if checked and anchor is None:
        raise ChainBroken(checked)
    return verify(journal.entries(after=checked), after=anchor)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _known(connection: Connection, scripts: ScriptDirectory) -> str | None:
    """The revision of the database; None for an empty one. Raises NewerDatabase."""
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise NewerDatabase(found)
    return found
