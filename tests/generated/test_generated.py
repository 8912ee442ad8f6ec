"""Deployments that chance makes up: whatever people press, whatever breaks, the history holds."""

import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import pytest

from checklist.moves import OVER, Status
from sandbox.history import check_history
from sandbox.slack.wire import Object
from tests.generated.deeds import SEEN
from tests.generated.episodes import DEPLOYMENTS, Tally, episode, play, stored

IN_TEST = 2_000
AT_ONCE = 250  # deployments of one test
SOAK = int(os.environ.get("SOAK_DEPLOYMENTS", "100000"))
SOAK_SEED = int(os.environ.get("SOAK_SEED", "1000000"))
TOLD_EVERY = 20  # batches
IN_SQLITE = 20  # of so many batches of a soak, one is kept in SQLite
REST = {Status.PREPARING, Status.AWAITING_APPROVAL, Status.APPROVED, Status.HALTED, Status.ROLLBACK_INCOMPLETE}


def seeds(first: int, deployments: int) -> range:
    """The seeds of as many episodes as it takes."""
    return range(first, first + -(-deployments // DEPLOYMENTS))


@cache
def played(first: int) -> Tally:
    """The deployments of one test, played once for all that look at them."""
    return play(seeds(first, AT_ONCE))


@pytest.mark.parametrize("first", range(0, IN_TEST, AT_ONCE))
def test_the_history_of_generated_deployments_holds(first: int) -> None:
    tally = played(first)

    assert tally.ends.total() == AT_ONCE
    assert set(tally.ends) == OVER
    assert set(tally.passed_through) >= REST - {Status.ROLLBACK_INCOMPLETE}  # too rare to be in every batch
    assert tally.deaths > 0


def test_each_strategy_each_migration_and_each_way_back_is_among_them() -> None:
    tally = Tally()
    for first in range(0, IN_TEST, AT_ONCE):
        tally.add(played(first))

    assert set(tally.deeds) == SEEN, tally.deeds


@pytest.mark.parametrize("seed", range(900_000, 900_004))
def test_a_record_in_sqlite_holds_and_is_the_same_as_in_memory(seed: int) -> None:
    with stored(in_sqlite=True) as sqlite, stored(in_sqlite=False) as memory:
        ends = [episode(seed, store).ends for store in (sqlite, memory)]
        records = [[told(entry) for entry in store.entries()] for store in (sqlite, memory)]

    assert ends[0] == ends[1]
    assert records[0] == records[1]


def told(entry: Object) -> tuple[object, ...]:
    """What an entry says, but for the ids that Fly.io makes up."""
    return entry["seq"], entry["kind"], entry["at"], entry["by"], entry["deployment"], sorted(entry["body"])


def test_a_generated_history_is_found_out_when_one_entry_is_taken_from_it() -> None:
    with stored(in_sqlite=False) as store:
        episode(7, store)
        entries = store.entries()

    assert check_history(entries[:5] + entries[6:], [], [])


@pytest.mark.soak
def test_the_history_of_very_many_generated_deployments_holds(capsys: pytest.CaptureFixture[str]) -> None:
    began, tally = time.monotonic(), Tally()
    with ProcessPoolExecutor(os.cpu_count()) as cores, capsys.disabled():
        for number, part in enumerate(cores.map(_batch, _batches()), start=1):
            tally.add(part)
            if number % TOLD_EVERY == 0 or tally.ends.total() >= SOAK:
                _tell(tally, time.monotonic() - began)

    assert tally.ends.total() >= SOAK
    assert set(tally.ends) == OVER


def _tell(tally: Tally, seconds: float) -> None:
    ends = ", ".join(f"{number} {status}" for status, number in sorted(tally.ends.items()))
    sys.stdout.write(
        f"\n{tally.ends.total()} generated deployments from seed {SOAK_SEED}: {ends}; {tally.deaths} deaths,"
        f" {tally.in_sqlite} in SQLite; {tally.ends.total() / seconds:.0f} a second"
    )
    sys.stdout.flush()


def _batches() -> Iterator[tuple[range, bool]]:
    for number, first in enumerate(range(0, SOAK, AT_ONCE)):
        yield seeds(SOAK_SEED + first, min(AT_ONCE, SOAK - first)), number % IN_SQLITE == 0


def _batch(asked: tuple[range, bool]) -> Tally:
    which, in_sqlite = asked
    return play(which, in_sqlite=in_sqlite)
