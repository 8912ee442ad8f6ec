"""The runner lock: one process holds it, and one that died, was cut off or fell silent does not."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from time import sleep

import psycopg
import pytest

from checklist.errors import RecordOutage
from runs.lock import FileLock, RunnerLock
from storage.lock import RUNNER_LOCK, AdvisoryLock

A_MOMENT = timedelta(milliseconds=50)
END_HOLDER = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"

NewLock = Callable[[], RunnerLock]


@pytest.fixture
def new_lock(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewLock]:
    """Makes the lock of one more process on the same database."""
    address = request.getfixturevalue("empty_postgres") if kind == "postgresql" else ""
    with ExitStack() as stack:

        def new() -> RunnerLock:
            lock = AdvisoryLock(address) if address else FileLock(tmp_path / "drop.db.lock")
            stack.callback(lock.release)
            return lock

        yield new


def takes_over(lock: RunnerLock) -> bool:
    """Whether the lock is to be had by and by: a server lets go of what an ended session held a moment later."""
    for _ in range(100):
        if lock.take():
            return True
        sleep(0.02)
    return False


def test_of_two_processes_one_is_the_runner(new_lock: NewLock) -> None:
    first, second = new_lock(), new_lock()

    assert (first.take(), second.take()) == (True, False)
    assert (first.held(), second.held()) == (True, False)


def test_who_is_the_runner_already_stays_it(new_lock: NewLock) -> None:
    lock, other = new_lock(), new_lock()

    assert (lock.take(), lock.take()) == (True, True)
    lock.release()
    assert other.take()


def test_when_the_runner_ends_the_next_one_takes_over(new_lock: NewLock) -> None:
    first, second = new_lock(), new_lock()
    first.take()
    assert not second.take()

    first.release()

    assert second.take()
    assert (first.held(), second.held()) == (False, True)


def test_a_file_that_was_replaced_is_no_longer_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "drop.db.lock"
    lock = FileLock(path)
    lock.take()

    path.unlink()
    assert not lock.held()
    path.touch()
    assert not lock.held()

    lock.release()


def test_a_runner_whose_connection_is_cut_has_lost_the_lock_and_knows_it(empty_postgres: str) -> None:
    first, second = AdvisoryLock(empty_postgres), AdvisoryLock(empty_postgres)
    first.take()

    with psycopg.connect(empty_postgres, autocommit=True) as server:
        server.execute(END_HOLDER)

    assert not first.held()
    assert takes_over(second)
    second.release()


def test_a_runner_that_was_stopped_and_goes_on_has_lost_the_lock_and_knows_it(empty_postgres: str) -> None:
    stopped, other = AdvisoryLock(empty_postgres, silence=A_MOMENT), AdvisoryLock(empty_postgres)
    stopped.take()

    sleep(2 * A_MOMENT.total_seconds())

    assert takes_over(other)
    assert not stopped.held()
    other.release()


def test_the_lock_of_one_database_is_not_that_of_another(empty_postgres: str, upgraded_postgres: str) -> None:
    here, there = AdvisoryLock(empty_postgres), AdvisoryLock(upgraded_postgres)

    assert (here.take(), there.take()) == (True, True)
    with psycopg.connect(empty_postgres) as server:
        held = server.execute("SELECT classid::bigint << 32 | objid::bigint FROM pg_locks WHERE locktype = 'advisory'")
        assert held.fetchall() == [(RUNNER_LOCK,)] * 2

    here.release()
    there.release()


def test_where_no_server_answers_nobody_is_the_runner_and_no_password_is_said(tmp_path: Path) -> None:
    lock = AdvisoryLock(f"postgresql://drop:s3cret@/drop?host={tmp_path}")

    with pytest.raises(RecordOutage, match="PostgreSQL: cannot be reached") as outage:
        lock.take()

    assert not lock.held()
    assert "s3cret" not in f"{outage.value} {outage.value.__cause__}"
