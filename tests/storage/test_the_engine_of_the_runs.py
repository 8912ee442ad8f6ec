"""The record and the durable runs share one database: a decision and the run that it starts are one commit."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, column, inspect, select, table

from checklist.ports import RunRequest
from checklist.words import RunId
from runs.engine import RunQueue, migrate
from storage.engine import run_engine
from storage.tables import Row
from storage.work import SqlRecord
from tests.storage.examples import CR_1, keep, kept, opened

DEPLOY = RunRequest(id=RunId("deploy/CR-001/1"), workflow="deploy", app="drop-app", arguments=("CR-001",))


@pytest.fixture
def runs(url: str, engine: Engine) -> Iterator[Engine]:
    """The runs' own engine, their tables made beside the record's."""
    migrate(url)
    engine = run_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def shared(engine: Engine, runs: Engine) -> Iterator[SqlRecord]:
    queue = RunQueue(runs)
    yield SqlRecord(engine, queue.enqueue)
    queue.close()


def schema(engine: Engine) -> str | None:
    """Where the runs have their tables: beside ours on SQLite, in a schema of their own on PostgreSQL."""
    return "dbos" if engine.dialect.name == "postgresql" else None


def workflows(engine: Engine) -> list[str]:
    status = table("workflow_status", column("workflow_uuid"), schema=schema(engine))
    with engine.connect() as connection:
        return list(connection.execute(select(status)).scalars())


def test_a_decision_and_its_run_are_kept_together(shared: SqlRecord, engine: Engine) -> None:
    with shared.work() as work:
        work.deployments.add(opened())
        work.runs.enqueue(DEPLOY)
        work.commit()

    assert kept(shared) == opened()
    assert workflows(engine) == [DEPLOY.id]


def test_a_decision_and_its_run_are_lost_together(shared: SqlRecord, engine: Engine) -> None:
    with shared.work() as work:
        work.deployments.add(opened())
        work.runs.enqueue(DEPLOY)

    with shared.look() as work:
        assert work.deployments.last() is None
    assert workflows(engine) == []


def test_a_run_that_was_queued_before_is_not_queued_again(shared: SqlRecord, engine: Engine) -> None:
    keep(shared, opened())

    for _ in range(2):
        with shared.work() as work:
            work.runs.enqueue(DEPLOY)
            work.commit()

    assert workflows(engine) == [DEPLOY.id]
    assert kept(shared, CR_1) == opened()


def test_no_table_of_the_record_has_the_name_of_one_of_the_runs(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/runs.db"
    migrate(url)
    alone = run_engine(url)

    theirs = set(inspect(alone).get_table_names())

    alone.dispose()
    assert {"workflow_status", "operation_outputs", "notifications"} <= theirs
    assert theirs.isdisjoint({*Row.metadata.tables, "alembic_version"})
