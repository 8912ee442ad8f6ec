"""A deployment under way: its steps, retries and halts, and the way back."""

from dataclasses import replace
from datetime import datetime

import pytest

from checklist.deployment import Deployment
from checklist.errors import ApprovalEnded, NotNow, PlanChanged, WindowClosed, WrongRole
from checklist.moves import MOVES, Move, Status
from checklist.people import Person
from checklist.steps import Book, Step, StepState
from checklist.words import ItemId, Phase
from tests.checklist.builders import (
    AFTER,
    INSIDE,
    NEXT_NIGHT,
    OPENED,
    alem,
    deploying,
    done,
    in_status,
    john,
    night,
    refusal,
    release,
    rolling_back,
    shipped,
    validator,
)

LIVE = {Book.DEPLOY: Status.DEPLOYING, Book.ROLLBACK: Status.ROLLING_BACK}


def waiting(deployment: Deployment, id: str) -> Deployment:
    return deployment.with_step(step_of(deployment, id).waiting("waits for a person"))


def step_of(deployment: Deployment, id: str) -> Step:
    step = deployment.step(ItemId(id))
    assert step is not None
    return step


def broken(state: StepState, *, rolled_out: bool = False) -> Deployment:
    """Halted by the step after the announcement, or by a step after the rollout."""
    deployment = deploying()
    for step in deployment.steps:
        if step.id == ("prod-health" if rolled_out else "deploy-trigger"):
            return deployment.with_step(step.ended(state, at=INSIDE, note="it broke")).touched().halted("it broke")
        deployment = deployment.with_step(done(step))
    raise AssertionError


def retry(deployment: Deployment, at: datetime = INSIDE) -> Deployment:
    return deployment.retried(by=john(), at=at, checklist=shipped(), window=night(at))


# Steps


def test_the_next_step_is_the_first_that_is_not_over() -> None:
    deployment = deploying()
    order = [line.id for line in shipped().items(Phase.DURING)]

    seen = []
    while step := deployment.next_step(Book.DEPLOY):
        seen.append(step.id)
        deployment = deployment.with_step(done(step))

    assert seen == order


def test_a_step_that_runs_keeps_when_it_first_began() -> None:
    step = deploying().steps[0].running(OPENED).ended(StepState.FAILED, at=INSIDE, note="no").again().running(INSIDE)

    assert (step.started_at, step.ended_at, step.note) == (OPENED, None, "no")


def test_a_person_settles_the_step_that_waits_and_the_run_goes_on() -> None:
    deployment = waiting(deploying(), "prod-smoke")

    after = deployment.step_attested(
        step_of(deployment, "prod-smoke"), by=validator(), at=INSIDE, words="40 tests green", team=shipped().team
    )

    step = step_of(after, "prod-smoke")
    assert (step.state, step.actor, step.note) == (StepState.DONE, "validator", "40 tests green")
    assert after.attempts["deploy"] == 2


@pytest.mark.parametrize("by", [john(), alem()], ids=["john", "alem"])
def test_a_step_is_settled_by_its_own_role_alone(by: Person) -> None:
    deployment = waiting(deploying(), "prod-smoke")

    with pytest.raises(WrongRole):
        deployment.step_attested(
            step_of(deployment, "prod-smoke"), by=by, at=INSIDE, words="green", team=shipped().team
        )


@pytest.mark.parametrize("state", [state for state in StepState if state is not StepState.WAITING])
def test_only_a_step_that_waits_is_for_a_person(state: StepState) -> None:
    deployment = deploying()
    step = replace(step_of(deployment, "prod-smoke"), state=state)

    with pytest.raises(NotNow):
        deployment.with_step(step).step_attested(step, by=validator(), at=INSIDE, words="ok", team=shipped().team)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize(("id", "book"), [("prod-smoke", Book.DEPLOY), ("rb-verify-smoke", Book.ROLLBACK)])
def test_a_step_is_settled_only_while_its_run_is_the_one_under_way(status: Status, id: str, book: Book) -> None:
    deployment = waiting(replace(rolling_back(), status=status), id)

    refused = refusal(
        lambda: deployment.step_attested(
            step_of(deployment, id), by=validator(), at=INSIDE, words="green", team=shipped().team
        )
    )

    assert (refused is None) == (LIVE[book] is status)
    assert refused is None or isinstance(refused, NotNow)


# Retry


@pytest.mark.parametrize("state", [StepState.FAILED, StepState.UNKNOWN])
def test_a_retry_goes_on_from_the_step_that_broke(state: StepState) -> None:
    after = retry(broken(state))

    step = after.next_step(Book.DEPLOY)
    assert step is not None
    assert (step.id, step.state, step.note) == ("deploy-trigger", StepState.PENDING, "it broke")
    assert (after.status, after.reason, after.attempts["deploy"]) == (Status.DEPLOYING, "", 2)


def test_what_is_done_is_not_done_again() -> None:
    before = broken(StepState.FAILED)

    after = retry(before)

    assert [s for s in after.steps if s.is_over] == [s for s in before.steps if s.is_over]


def test_with_machines_left_a_retry_needs_an_open_window() -> None:
    deployment = replace(broken(StepState.FAILED), window=None)
    assert deployment.approval is not None

    with pytest.raises(WindowClosed):
        retry(replace(deployment, approval=replace(deployment.approval, ends=None)), AFTER)


def test_with_machines_left_the_approval_of_last_night_is_over() -> None:
    with pytest.raises(ApprovalEnded):
        retry(broken(StepState.FAILED), NEXT_NIGHT)


def test_with_machines_left_only_the_plan_that_was_signed_goes_on() -> None:
    deployment = broken(StepState.FAILED)
    assert deployment.plan is not None
    other = replace(deployment, plan=replace(deployment.plan, rollback_version="v0.4.8"))

    with pytest.raises(PlanChanged):
        retry(other)


@pytest.mark.parametrize("at", [INSIDE, AFTER, NEXT_NIGHT])
def test_verification_after_the_rollout_needs_no_window(at: datetime) -> None:
    assert retry(broken(StepState.FAILED, rolled_out=True), at).status is Status.DEPLOYING


# Abandon and roll back


def test_a_halted_deployment_that_touched_nothing_may_be_abandoned() -> None:
    after = in_status(Status.HALTED).abandoned(by=john(), at=INSIDE, reason="not tonight", team=shipped().team)

    assert (after.status, after.ended_at) == (Status.ABANDONED, INSIDE)


@pytest.mark.parametrize("status", Status)
def test_once_production_was_touched_nobody_abandons(status: Status) -> None:
    touched = in_status(status).touched()

    with pytest.raises(NotNow):
        touched.abandoned(by=john(), at=INSIDE, reason="", team=shipped().team)


@pytest.mark.parametrize("status", MOVES[Move.ROLL_BACK])
@pytest.mark.parametrize("by", [john(), alem()], ids=["john", "alem"])
def test_one_person_of_a_named_role_rolls_back_alone_from_the_first_mutation_to_the_end(
    status: Status, by: Person
) -> None:
    before = in_status(status)

    after = before.rolling_back(by=by, at=INSIDE, reason="", checklist=shipped())

    assert after.status is Status.ROLLING_BACK
    assert [step.id for step in after.steps_of(Book.ROLLBACK)] == [step.id for step in shipped().rollback]
    assert after.steps_of(Book.DEPLOY) == before.steps_of(Book.DEPLOY)
    assert after.plan == before.plan
    assert after.ended_at is None


def test_a_step_in_the_middle_of_its_work_is_broken_off_and_nobody_knows_how_far_it_came() -> None:
    deployment = deploying().touched()
    running = deployment.with_step(step_of(deployment, "deploy-trigger").running(INSIDE))

    step = step_of(running.rolling_back(by=alem(), at=AFTER, reason="", checklist=shipped()), "deploy-trigger")

    assert (step.state, step.started_at, step.ended_at) == (StepState.UNKNOWN, INSIDE, AFTER)


def test_a_rollback_that_was_incomplete_begins_its_book_anew() -> None:
    stuck = rolling_back()
    stuck = stuck.with_step(step_of(stuck, "rb-deploy").ended(StepState.FAILED, at=INSIDE, note="stuck"))

    again = stuck.rollback_failed("stuck").rolling_back(by=alem(), at=INSIDE, reason="again", checklist=shipped())

    assert {step.state for step in again.steps_of(Book.ROLLBACK)} == {StepState.PENDING}
    assert again.attempts["rollback"] == 2


def test_a_release_without_migrations_rolls_back_without_a_down_migration() -> None:
    plain = replace(in_status(Status.DEPLOYING), release=release(migrations=False))

    after = rolling_back(plain)

    assert step_of(after, "rb-migrate-down").state is StepState.SKIPPED
