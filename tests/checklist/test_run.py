"""A deployment under way: steps, retries, halts, the way back, and the end that needs every proof and signature."""

from dataclasses import replace
from datetime import datetime

import pytest

from checklist.deployment import Deployment
from checklist.errors import AlreadyDone, ApprovalEnded, NotNow, PlanChanged, WindowClosed, WrongRole
from checklist.marks import MarkState
from checklist.moves import MOVES, Move, Status
from checklist.people import Person
from checklist.steps import Book, Step, StepState
from checklist.words import ItemId, NeededFor, PersonId, Phase
from tests.checklist.builders import (
    AFTER,
    FAILED,
    INSIDE,
    NEXT_NIGHT,
    OPENED,
    PASSED,
    alem,
    deploying,
    done,
    in_status,
    item,
    john,
    marked,
    night,
    refusal,
    release,
    rolling_back,
    settle_after,
    shipped,
    sign_all,
    validator,
    verifying,
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
    return deployment.retried(by=john(), at=at, team=shipped().team, window=night(at))


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


# Verification, sign-offs, completion


def test_the_items_after_the_deployment_open_with_it() -> None:
    deployment = verifying()

    assert {deployment.mark(line.id).state for line in shipped().items(Phase.POST)} == {MarkState.OPEN}
    assert deployment.deployed_at == INSIDE


@pytest.mark.parametrize("id", [line.id for line in shipped().items(Phase.POST)])
@pytest.mark.parametrize("state", [MarkState.OPEN, MarkState.CHECKING, MarkState.FAILED, MarkState.INCONCLUSIVE])
def test_while_one_item_is_open_the_deployment_is_not_completed(id: str, state: MarkState) -> None:
    deployment = marked(sign_all(settle_after(verifying())), item(id), state)

    assert deployment.completed_if_settled(shipped(), at=INSIDE) is deployment


SIGNATURES = [(s.sign_off, s.by) for s in in_status(Status.COMPLETED).signatures]


@pytest.mark.parametrize(("sign_off", "by"), SIGNATURES)
def test_while_one_signature_lacks_the_deployment_is_not_completed(sign_off: ItemId, by: PersonId) -> None:
    whole = sign_all(settle_after(verifying()))
    rest = tuple(s for s in whole.signatures if (s.sign_off, s.by) != (sign_off, by))

    lacking = replace(whole, signatures=rest)

    assert lacking.unsigned(shipped()) == (sign_off,)
    assert lacking.completed_if_settled(shipped(), at=INSIDE) is lacking


def test_with_everything_settled_and_signed_it_is_completed() -> None:
    after = sign_all(settle_after(verifying())).completed_if_settled(shipped(), at=AFTER)

    assert (after.status, after.ended_at) == (Status.COMPLETED, AFTER)


def test_the_last_sign_off_needs_the_validator_and_the_engineer() -> None:
    assert [by for sign_off, by in SIGNATURES if sign_off == "signoff-verified"] == ["validator", "john"]


def test_nobody_signs_the_same_line_twice() -> None:
    once = verifying().signed_off(ItemId("signoff-deployed"), by=john(), at=INSIDE)

    with pytest.raises(AlreadyDone):
        once.signed_off(ItemId("signoff-deployed"), by=john(), at=AFTER)


def test_a_late_failure_before_completion_opens_the_item_again() -> None:
    line = item("post-health")
    deployment = sign_all(settle_after(verifying())).judged(line, FAILED, at=INSIDE)

    assert deployment.completed_if_settled(shipped(), at=INSIDE).status is Status.VERIFYING
    healthy = deployment.judged(line, PASSED, at=INSIDE)
    assert healthy.completed_if_settled(shipped(), at=INSIDE).status is Status.COMPLETED


def test_deadlines_of_the_items_follow_their_section() -> None:
    minutes = {line.needed_for: line.deadline for line in shipped().items(Phase.POST)}

    assert {when: span.total_seconds() / 60 for when, span in minutes.items() if span} == {
        NeededFor.WITHIN_15_MINUTES: 15,
        NeededFor.WITHIN_30_MINUTES: 30,
        NeededFor.WITHIN_60_MINUTES: 60,
    }
