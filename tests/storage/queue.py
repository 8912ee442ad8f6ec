"""A queue of runs in the record's own database, as small as can be."""

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, insert, select

from checklist.ports import RunRequest

QUEUED = Table("queued", MetaData(), Column("id", String, primary_key=True))


def create_queue(engine: Engine) -> None:
    with engine.begin() as connection:
        QUEUED.create(connection)


def enqueue(connection: Connection, run: RunRequest) -> None:
    """Queue it inside the caller's transaction."""
    connection.execute(insert(QUEUED), {"id": run.id})


def queued(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(select(QUEUED.c.id)).scalars())
