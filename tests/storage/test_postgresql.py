"""What is so on PostgreSQL alone: its locks, its plans, and what becomes of a process that is stopped or cut off."""

from collections.abc import Callable, Iterator
from time import sleep

import psycopg
import pytest
from sqlalchemy import Engine, text

from checklist.errors import RecordOutage
from storage.engine import LONGEST_PAUSE, record_engine, run_engine
from storage.lock import SILENCE
from storage.work import SqlRecord
from tests.storage.examples import CR_1, fact, keep, kept, opened
from tests.storage.queue import enqueue

PAUSE = "idle_in_transaction_session_timeout"
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def engine(upgraded_postgres: str) -> Iterator[Engine]:
    engine = record_engine(upgraded_postgres)
    yield engine
    engine.dispose()


@pytest.fixture
def record(engine: Engine) -> SqlRecord:
    return SqlRecord(engine, enqueue)


@pytest.fixture
def server(upgraded_postgres: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Somebody else's connection to the same database."""
    with psycopg.connect(upgraded_postgres, autocommit=True) as connection:
        yield connection


def test_a_writer_takes_the_lock_before_it_reads_and_a_reader_takes_none(
    record: SqlRecord, server: psycopg.Connection[tuple[object, ...]]
) -> None:
    with record.work():
        assert server.execute(LOCKS).fetchone() == (1,)
    with record.look() as look:
        look.deployments.last()
        assert server.execute(LOCKS).fetchone() == (0,)


@pytest.mark.parametrize("open_engine", [record_engine, run_engine])
def test_a_process_that_is_stopped_loses_its_transactions_before_it_loses_the_runner_lock(
    upgraded_postgres: str, open_engine: Callable[[str], Engine]
) -> None:
    engine = open_engine(upgraded_postgres)

    with engine.connect() as connection:
        milliseconds = text("SELECT setting::int FROM pg_settings WHERE name = :name")
        assert connection.execute(milliseconds, {"name": PAUSE}).scalar() == LONGEST_PAUSE

    engine.dispose()
    assert SILENCE.total_seconds() - 1 > LONGEST_PAUSE / 1000


def test_what_a_stopped_process_had_begun_is_not_kept_and_nobody_waits_for_it(
    record: SqlRecord, engine: Engine, upgraded_postgres: str
) -> None:
    other = record_engine(upgraded_postgres)
    with engine.begin() as connection:
        connection.execute(text(f"SET {PAUSE} = 50"))

    def stopped() -> None:
        with record.work() as work:
            work.journal.append(fact("too late"))
            sleep(0.1)
            keep(SqlRecord(other, enqueue), opened())
            work.commit()

    with pytest.raises(RecordOutage):
        stopped()

    other.dispose()
    assert kept(record, CR_1) == opened()
    with record.look() as look:
        assert list(look.journal.entries()) == []


def test_a_process_whose_connections_were_all_cut_serves_the_next_ask(
    record: SqlRecord, server: psycopg.Connection[tuple[object, ...]]
) -> None:
    keep(record, opened())

    server.execute(CUT)

    assert kept(record, CR_1) == opened()


def test_reading_one_deployment_uses_an_index_whatever_the_history_holds(engine: Engine, record: SqlRecord) -> None:
    queries = [
        "SELECT * FROM deployments WHERE id = 'CR-001'",
        "SELECT * FROM surveys WHERE deployment = 'CR-001' ORDER BY number DESC LIMIT 1",
        "SELECT * FROM entries WHERE deployment = 'CR-001' AND seq > 0 ORDER BY seq LIMIT 500",
        "SELECT * FROM entries WHERE deployment = 'CR-001' AND kind = 'k' AND key = 'e' ORDER BY seq DESC LIMIT 1",
        "SELECT * FROM messages WHERE kind = 'notice' AND state IN ('pending', 'sending') ORDER BY number",
    ]

    with engine.connect() as connection:
        connection.execute(text("SET enable_seqscan = off"))  # these tables are empty, where a scan is cheapest
        plans = ["\n".join(connection.execute(text(f"EXPLAIN {query}")).scalars()) for query in queries]

    assert [plan for plan in plans if "Seq Scan" in plan or "Sort" in plan] == []
