"""Bringing a database to this version's shape, and verifying its chain."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlmodel import Session

from checklist.record import verify
from storage.journal import SqlJournal


class NewerDatabase(Exception):
    """The database was written by a newer version of the bot."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"The database is of a newer version ({found}). Run the bot that wrote it, or restore a backup."
        )


def upgrade(engine: Engine) -> None:
    """Run the migrations that this database lacks. Raises NewerDatabase."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in known:
        raise NewerDatabase(found)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def verify_chain(engine: Engine, *, last: int = 1000) -> None:
    """Walk the newest entries of the chain. Raises ChainBroken."""
    with Session(engine) as session:
        journal = SqlJournal(session)
        head = journal.head()
        if head is None:
            return
        entries = list(journal.entries(after=max(0, head.seq - last - 1)))
        anchor = entries.pop(0) if entries[0].seq > 1 else None
        verify(entries, after=anchor)
