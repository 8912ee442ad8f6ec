"""A shared database is upgraded by a person, once, for all its processes; until then none of them serves on it."""

from contextlib import AsyncExitStack, closing

import psycopg
import pytest
from typer.testing import CliRunner, Result

from bot.cli import main
from bot.clock import SystemClock
from bot.database import opened
from runs.engine import NotMigrated
from sandbox.postgres import Postgres
from sandbox.server import Sandbox
from storage.upgrade import NewerDatabase, OlderDatabase
from tests.bot.test_command_line import refusal

pytestmark = pytest.mark.journey

SECRET = "s3cret-0f-the-database"


def with_password(url: str) -> str:
    return url.replace("postgres@", f"postgres:{SECRET}@")


def do(database: str, statement: str) -> None:
    with closing(psycopg.connect(database, autocommit=True)) as connection:
        connection.execute(statement)


def upgrade(database: str) -> Result:
    """`drop-bot db upgrade`, which needs no setting but the address of the database."""
    return CliRunner().invoke(main, ["db", "upgrade"], env={"DATABASE_URL": database})


async def serves(database: str) -> None:
    async with AsyncExitStack() as stack:
        opened(database, stack, SystemClock().now)


async def test_an_empty_database_that_may_be_shared_is_not_upgraded_by_itself(
    workplace: Sandbox, empty_postgres: str
) -> None:
    said = await refusal(workplace.environment() | {"DATABASE_URL": with_password(empty_postgres)})

    assert "The database is of an older version, or empty. Stop every bot on it, run `drop-bot db upgrade`" in said
    assert SECRET not in said


async def test_after_its_upgrade_a_bot_serves_on_it_and_an_upgrade_more_changes_nothing(empty_postgres: str) -> None:
    first, second = upgrade(with_password(empty_postgres)), upgrade(empty_postgres)

    await serves(empty_postgres)
    assert (first.exit_code, first.output) == (second.exit_code, second.output) == (0, "The database is up to date.\n")


async def test_a_database_whose_runs_were_not_upgraded_is_refused(upgraded_postgres: str) -> None:
    do(upgraded_postgres, "UPDATE dbos.dbos_migrations SET version = version - 1")

    with pytest.raises(NotMigrated, match="`drop-bot db upgrade`"):
        await serves(upgraded_postgres)


async def test_a_shared_database_of_another_version_is_refused(upgraded_postgres: str) -> None:
    do(upgraded_postgres, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerDatabase):
        await serves(upgraded_postgres)
    assert "is of a newer version (9999)" in upgrade(upgraded_postgres).output

    do(upgraded_postgres, "DELETE FROM alembic_version")
    with pytest.raises(OlderDatabase):
        await serves(upgraded_postgres)


@pytest.mark.parametrize(
    "url", [f"mysql://root:{SECRET}@localhost/drop", f"postgresql://drop:{SECRET}@db:{SECRET}/drop", SECRET]
)
def test_a_database_url_that_is_wrong_is_refused_without_its_password(url: str) -> None:
    refused = upgrade(url)

    assert refused.exit_code == 1
    assert "DATABASE_URL is" in refused.output
    assert SECRET not in refused.output


def test_a_database_that_cannot_be_reached_is_named_without_its_password(postgres: Postgres) -> None:
    refused = upgrade(with_password(postgres.url("nowhere")))

    assert refused.exit_code == 1
    assert 'database "nowhere" does not exist' in refused.output
    assert SECRET not in refused.output
