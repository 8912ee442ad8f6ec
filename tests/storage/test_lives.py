"""Whole lives in the record: after every move that anybody makes, what is read back is what was saved."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from checklist.deployment import Deployment
from checklist.moves import Status
from checklist.steps import Book, StepState
from storage.work import SqlRecord
from tests.checklist import builders
from tests.checklist.builders import AFTER, FAILED, INSIDE, PASSED, alem, item, john, shipped
from tests.checklist.test_life import Ask, Life
from tests.storage.examples import keep, keep_change, kept


@pytest.mark.parametrize("status", Status)
def test_a_deployment_that_came_to_its_status_by_its_own_moves_comes_back_as_it_was(
    record: SqlRecord, status: Status
) -> None:
    keep(record, builders.in_status(status))

    assert kept(record) == builders.in_status(status)


def forward() -> Iterator[Ask]:
    """A release that goes through, with a check that failed once and a plan that was sent back once."""
    yield lambda d: d.checking([item("lint")], at=builders.OPENED)
    yield lambda d: d.judged(item("lint"), FAILED, at=builders.OPENED)
    yield lambda d: d.judged(item("lint"), PASSED, at=builders.OPENED)
    yield builders.ready_to_submit
    yield builders.awaiting
    yield lambda d: d.rejected(by=alem(), reason="wrong night", team=shipped().team)
    yield builders.awaiting
    yield builders.approved
    yield lambda d: d.voided("the plan changed")
    yield builders.awaiting
    yield builders.approved
    yield builders.start
    yield lambda d: d.touched()


def verified() -> Iterator[Ask]:
    yield from forward()
    yield lambda d: replace(d, steps=tuple(builders.done(step) for step in d.steps))
    yield lambda d: d.proceeded(shipped(), at=INSIDE)
    yield builders.settle_after
    yield builders.sign_all
    yield lambda d: d.completed_if_settled(shipped(), at=AFTER)


def back() -> Iterator[Ask]:
    yield from forward()
    yield lambda d: d.with_step(d.steps[0].running(INSIDE))
    yield lambda d: d.with_step(d.steps[0].ended(StepState.UNKNOWN, at=INSIDE, note="no answer"))
    yield lambda d: d.halted("nobody knows")
    yield lambda d: d.rolling_back(by=john(), at=INSIDE, reason="", checklist=shipped())
    yield lambda d: d.with_step(d.steps_of(Book.ROLLBACK)[0].ended(StepState.FAILED, at=INSIDE, note="stuck"))
    yield lambda d: d.rollback_failed("stuck")
    yield lambda d: d.rolling_back(by=alem(), at=INSIDE, reason="once more", checklist=shipped())
    yield lambda d: d.rolled_back(at=AFTER)


@pytest.mark.parametrize(
    ("life", "end"), [(verified, Status.COMPLETED), (back, Status.ROLLED_BACK)], ids=["forward", "back"]
)
def test_a_life_is_read_back_after_every_move(
    record: SqlRecord, life: Callable[[], Iterator[Ask]], end: Status
) -> None:
    keep(record, builders.opened())

    for move in life():
        saved = keep_change(record, move(kept(record)))
        assert kept(record) == saved

    assert kept(record).status is end


class KeptLife(Life):
    """A life of random moves by random people, each of which is saved as it is made."""

    def __init__(self, record: SqlRecord) -> None:
        super().__init__()
        self.record = record

    def begins(self, deployment: Deployment) -> None:
        with self.record.work() as work:
            id = work.deployments.next_id()
            self.deployment = replace(deployment, id=id, app=f"drop-{id}")
            work.deployments.add(self.deployment)
            work.commit()

    def ask(self, move: Ask) -> None:
        before = self.deployment
        super().ask(move)
        if self.deployment is not before:
            self.deployment = keep_change(self.record, self.deployment)

    @invariant()
    def what_is_read_back_is_what_was_saved(self) -> None:
        assert kept(self.record, self.deployment.id) == self.deployment


def test_any_life_is_read_back_after_every_move(record: SqlRecord) -> None:
    class Here(KeptLife):
        def __init__(self) -> None:
            super().__init__(record)

    few = settings(deadline=None, max_examples=20, stateful_step_count=30, suppress_health_check=list(HealthCheck))

    run_state_machine_as_test(Here, settings=few)
