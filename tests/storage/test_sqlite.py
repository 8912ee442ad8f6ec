"""What is so on SQLite alone: the file, its settings, and the plans of the queries."""

import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from checklist.moves import Status
from storage.engine import WrongDatabaseUrl, record_engine, run_engine
from storage.tables import Row
from storage.upgrade import upgrade
from storage.work import SqlRecord
from tests.storage.examples import CR_1, SURVEY, afresh, fact, in_status, keep
from tests.storage.queries import Query, asked
from tests.storage.queue import enqueue


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "drop.db"


@pytest.fixture
def engine(file: Path) -> Iterator[Engine]:
    engine = record_engine(f"sqlite:///{file}")
    upgrade(engine)
    yield engine
    engine.dispose()


def setting(connection: Connection, name: str) -> str | int | None:
    value: str | int | None = connection.execute(text(f"PRAGMA {name}")).scalar()
    return value


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def explained(engine: Engine, query: Query) -> list[str]:
    statement, parameters = query
    with engine.connect() as connection:
        return [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]


def shape(engine: Engine) -> dict[str, str]:
    """Every table and index of a SQLite database in SQL, the order of its clauses and its layout aside."""
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL")
        ).all()
    return {row.name: " ".join(sorted(row.sql.replace(",", " ").split())) for row in rows}


def test_the_database_can_be_read_by_its_owner_alone(engine: Engine, file: Path) -> None:
    with engine.connect():
        assert {mode(path) for path in file.parent.glob("drop.db*")} == {0o600}


def test_the_runs_own_engine_makes_the_file_as_private(file: Path) -> None:
    engine = run_engine(f"sqlite:///{file}")

    with engine.connect():
        assert mode(file) == 0o600
    engine.dispose()


def test_a_commit_is_on_disk_before_it_is_answered_and_references_are_kept(engine: Engine) -> None:
    with engine.connect() as connection:
        assert setting(connection, "journal_mode") == "wal"
        assert setting(connection, "synchronous") == 2
        assert setting(connection, "foreign_keys") == 1
        assert setting(connection, "busy_timeout") == 5000


@pytest.mark.parametrize("open_engine", [record_engine, run_engine])
def test_the_runs_can_stamp_their_rows_to_the_millisecond_on_an_old_sqlite(
    file: Path, open_engine: Callable[[str], Engine]
) -> None:
    engine = open_engine(f"sqlite:///{file}")

    with engine.connect() as connection:
        now, whole = connection.execute(text("SELECT unixepoch('subsec'), unixepoch()")).one()

    engine.dispose()
    assert isinstance(now, float)
    assert isinstance(whole, int)
    assert 0 <= now - whole < 5


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://root@localhost/drop"])
def test_a_database_that_cannot_hold_the_record_is_refused(url: str) -> None:
    with pytest.raises(WrongDatabaseUrl, match="cannot hold the record"):
        record_engine(url)


def test_the_refusal_of_a_database_does_not_say_its_password() -> None:
    with pytest.raises(WrongDatabaseUrl) as refused:
        record_engine("mysql://root:s3cret@localhost/drop")

    assert "s3cret" not in str(refused.value)


def test_a_writer_takes_the_lock_before_it_reads_and_a_reader_takes_none(engine: Engine, file: Path) -> None:
    record = SqlRecord(engine, enqueue)
    other = sqlite3.connect(file, timeout=0, isolation_level=None)

    with record.work(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    with record.look() as look:
        look.deployments.last()
        other.execute("BEGIN IMMEDIATE").close()

    other.close()


def test_reading_one_deployment_scans_nothing_whatever_the_history_holds(engine: Engine) -> None:
    record = SqlRecord(engine, enqueue)
    keep(record, in_status(Status.APPROVED))
    with record.work() as work:
        work.surveys.put(CR_1, SURVEY)
        work.journal.append(fact(key="e28"))
        work.commit()

    def reading() -> None:
        with afresh(record).look() as work:
            work.deployments.get(CR_1)
            work.surveys.newest(CR_1)
            work.messages.get("CR-001/card")
            work.journal.newest(CR_1, "machine.update.intended", "e28")
            assert list(work.journal.entries(CR_1))
            assert work.journal.last(CR_1, 5)
            assert work.journal.count(CR_1)

    queries = asked(engine, reading)

    assert len(queries) > 8
    plans = {query[0]: explained(engine, query) for query in queries}
    assert {statement: plan for statement, plan in plans.items() if "SCAN" in " ".join(plan)} == {}
    assert {
        statement: plan
        for statement, plan in plans.items()
        if "TEMP B-TREE" in " ".join(plan) and "entries" in statement
    } == {}


def test_the_newest_deployments_are_read_off_their_numbers_without_sorting_the_past(engine: Engine) -> None:
    record = SqlRecord(engine, enqueue)

    def reading() -> None:
        with record.look() as work:
            work.deployments.newest(15)

    (query,) = asked(engine, reading)

    assert query[1][0] == 15
    (way,) = explained(engine, query)
    assert way.startswith("SCAN deployments USING INDEX")  # from its end, and no further than the limit


@pytest.mark.parametrize(
    ("read", "index"),
    [
        (lambda work: work.deployments.open(), "one_open_deployment_per_app"),
        (lambda work: work.messages.pending(), "ix_messages_waiting"),
        (lambda work: work.messages.set_aside(), "ix_messages_set_aside"),
        (lambda work: work.messages.behind(), "ix_deployments_behind"),
    ],
    ids=["the open deployment", "the notices that wait", "what was set aside", "whose cards are behind"],
)
def test_what_is_looked_for_every_moment_has_an_index_of_only_that(
    engine: Engine, read: Callable[..., object], index: str
) -> None:
    record = SqlRecord(engine, enqueue)

    def reading() -> None:
        with record.look() as work:
            read(work)

    (query,) = asked(engine, reading)

    assert any(index in line for line in explained(engine, query))


def test_models_and_migrations_agree_to_the_conditions_of_their_indexes(engine: Engine, tmp_path: Path) -> None:
    modelled = record_engine(f"sqlite:///{tmp_path}/modelled.db")

    with modelled.begin() as connection:
        Row.metadata.create_all(connection)

    migrated = shape(engine)
    migrated.pop("alembic_version")
    assert migrated == shape(modelled)
    modelled.dispose()
