"""What runs write down: one commit for all that waits, nobody goes on before it, and nothing is written twice."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar, cast

import pytest

from checklist.errors import RecordOutage
from checklist.ports import Record, Work
from checklist.words import DeploymentId
from runs.deps import NotTheRunner, RunDeps
from sandbox.fly.opening import TWO_MACHINES
from tests.runs.production import Production

T = TypeVar("T")
MANY = range(25)


@dataclass(slots=True)
class Lane:
    """The port Aside: nothing has its turn before the lane is open."""

    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, work: Callable[[], T]) -> T:
        await self.open.wait()
        return work()


@dataclass(slots=True)
class Counted:
    """The record, which counts its transactions, and is away for the first of them if it is told so."""

    record: Record
    away: int = 0
    transactions: int = 0

    def work(self) -> AbstractContextManager[Work]:
        self.transactions += 1
        if self.transactions <= self.away:
            raise RecordOutage("The record", "is full", retry=True)
        return self.record.work()


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Production]:
    opened = Production(tmp_path, TWO_MACHINES)
    yield opened
    opened.office.closes()


def busy(production: Production, *, away: int = 0) -> tuple[RunDeps, Lane, Counted]:
    """What a run may use, while somebody else has the turn at the record."""
    lane, record = Lane(), Counted(production.office.record, away)
    return replace(production.deps, aside=lane, record=cast(Record, record)), lane, record


def noting(deps: RunDeps) -> list[asyncio.Task[None]]:
    facts = [deps.fact("machine.version.seen", DeploymentId("CR-001"), key=f"machine {n}") for n in MANY]
    return [asyncio.create_task(deps.note(fact)) for fact in facts]


def written(production: Production) -> list[object]:
    return [fact.body["key"] for fact in production.office.entries() if fact.kind == "machine.version.seen"]


async def test_all_that_waits_for_its_turn_is_one_commit_in_the_order_in_which_it_came(production: Production) -> None:
    deps, lane, record = busy(production)
    notes = noting(deps)
    await asyncio.sleep(0)
    assert written(production) == []
    assert not any(note.done() for note in notes)

    lane.open.set()
    await asyncio.gather(*notes)

    assert record.transactions == 1
    assert written(production) == [f"machine {n}" for n in MANY]


async def test_what_comes_later_is_a_commit_of_its_own(production: Production) -> None:
    deps, lane, record = busy(production)
    lane.open.set()
    await asyncio.gather(*noting(deps))
    before = record.transactions

    await deps.note(deps.fact("machine.version.seen", DeploymentId("CR-001"), key="the last"))

    assert written(production)[-1] == "the last"
    assert record.transactions == before + 1


async def test_while_the_record_is_away_everybody_waits_and_then_nothing_is_written_twice(
    production: Production,
) -> None:
    deps, lane, record = busy(production, away=3)
    notes = noting(deps)
    lane.open.set()

    await asyncio.gather(*notes)

    assert record.transactions > 3
    assert sorted(map(str, written(production))) == sorted(f"machine {n}" for n in MANY)


async def test_what_was_broken_off_before_its_turn_is_not_written(production: Production) -> None:
    deps, lane, _ = busy(production)
    first, *others = noting(deps)
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    lane.open.set()
    await asyncio.gather(*others)

    assert written(production) == [f"machine {n}" for n in MANY[1:]]


async def test_a_process_that_is_not_the_runner_any_more_writes_nothing_for_anybody(production: Production) -> None:
    deps, lane, _ = busy(production)
    notes = noting(replace(deps, is_runner=lambda: False))
    lane.open.set()

    ends = await asyncio.gather(*notes, return_exceptions=True)

    assert {type(end) for end in ends} == {NotTheRunner}
    assert written(production) == []
