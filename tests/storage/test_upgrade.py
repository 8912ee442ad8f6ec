"""A database is brought to this version's shape, and one of a newer version is left alone."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, inspect, text

from storage.tables import Row
from storage.upgrade import NewerDatabase, upgrade
from storage.work import SqlRecord
from tests.storage.examples import keep, kept, opened


def test_models_and_migrations_agree(empty: Engine) -> None:
    upgrade(empty)

    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Row.metadata) == []


def test_an_upgrade_of_a_database_that_is_up_to_date_keeps_what_it_holds(record: SqlRecord, engine: Engine) -> None:
    keep(record, opened())

    upgrade(engine)

    assert kept(record) == opened()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(empty: Engine) -> None:
    upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(NewerDatabase) as refused:
        upgrade(empty)

    assert refused.value.found == "9999"
    with empty.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_an_upgrade_leaves_the_tables_of_others_alone(empty: Engine) -> None:
    other = MetaData()
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE workflow_status (id INTEGER)"))

    upgrade(empty)

    with empty.connect() as connection:
        other.reflect(connection)
    assert "workflow_status" in other.tables


def test_an_upgrade_that_fails_leaves_nothing_behind(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE clicks (id INTEGER)"))

    with pytest.raises(Exception, match="clicks"):
        upgrade(empty)

    assert inspect(empty).get_table_names() == ["clicks"]
