"""From submit to start: exactly this plan, signed by somebody independent, everything proved, the window open."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from checklist.calendar import Window
from checklist.deployment import Approval, Deployment
from checklist.errors import AlreadyDone, ApprovalEnded, ItemsOpen, NotNow, PlanChanged, SignerMayNot, WindowClosed
from checklist.marks import Mark, MarkState
from checklist.moves import Move, Status
from checklist.people import Team
from checklist.plan import Plan
from checklist.steps import StepState
from checklist.words import NeededFor, Phase, PlanDigest, Role
from tests.checklist.builders import (
    AFTER,
    INSIDE,
    NEXT_NIGHT,
    OPENED,
    WINDOW,
    alem,
    approved,
    awaiting,
    deploying,
    in_status,
    item,
    john,
    marked,
    night,
    opened,
    plan_for,
    ready_to_submit,
    refusal,
    release,
    shipped,
    start,
)

FOR_SUBMIT = [line.id for line in shipped().items() if line.needed_for is NeededFor.SUBMIT]
FOR_START = [line.id for line in shipped().items() if line.needed_for is NeededFor.START]
UNSETTLED = [MarkState.OPEN, MarkState.CHECKING, MarkState.FAILED, MarkState.INCONCLUSIVE]
JUST_BEFORE = timedelta(microseconds=1)


def plan_of(deployment: Deployment) -> Plan:
    assert deployment.plan is not None
    return deployment.plan


def sign(deployment: Deployment, shown: str, at: datetime = OPENED) -> Deployment:
    return deployment.approved(by=alem(), plan=shown, at=at, team=shipped().team)


# Submit


@pytest.mark.parametrize("id", FOR_SUBMIT)
@pytest.mark.parametrize("state", UNSETTLED)
def test_approval_is_not_requested_while_anything_needed_for_it_is_open(id: str, state: MarkState) -> None:
    deployment = marked(ready_to_submit(), item(id), state)

    with pytest.raises(ItemsOpen) as refused:
        deployment.submitted(plan_for(deployment), by=john(), checklist=shipped())

    assert [(line.id, mark.state) for line, mark in refused.value.items] == [(id, state)]


def test_what_only_the_start_needs_does_not_keep_from_submitting() -> None:
    deployment = ready_to_submit()
    assert [line.id for line, _ in deployment.open_items(shipped(), NeededFor.START)] == FOR_START

    assert awaiting(deployment).status is Status.AWAITING_APPROVAL


def test_submitting_again_leaves_nothing_of_the_last_approval_but_why_it_did_not_hold() -> None:
    old = Approval(by=alem().id, plan=PlanDigest("0" * 64), at=OPENED, ends=WINDOW.closes)
    left_over = replace(ready_to_submit(), approval=old, reason="wrong window")

    again = awaiting(left_over)

    assert again.approval is None
    assert again.reason == "wrong window"


# Approve


def test_the_signature_is_on_the_plan_and_ends_with_the_window() -> None:
    deployment = awaiting()

    signed = sign(deployment, plan_of(deployment).digest)

    assert signed.approval == Approval(by=alem().id, plan=plan_of(deployment).digest, at=OPENED, ends=WINDOW.closes)


@pytest.mark.parametrize("digits", range(8, 65))
def test_eight_digits_of_the_digest_or_more_sign(digits: int) -> None:
    deployment = awaiting()

    signed = sign(deployment, plan_of(deployment).digest[:digits])

    assert signed.approval is not None
    assert signed.approval.plan == plan_of(deployment).digest


@pytest.mark.parametrize("digits", range(8))
def test_seven_digits_of_the_digest_or_fewer_do_not_sign(digits: int) -> None:
    deployment = awaiting()

    with pytest.raises(PlanChanged):
        sign(deployment, plan_of(deployment).digest[:digits])


@pytest.mark.parametrize("place", range(8))
def test_a_digest_that_differs_in_one_digit_does_not_sign(place: int) -> None:
    digest = plan_of(awaiting()).digest[:8]
    other = "0" if digest[place] != "0" else "1"

    with pytest.raises(PlanChanged):
        sign(awaiting(), digest[:place] + other + digest[place + 1 :])


def test_a_plan_that_was_replaced_is_not_signed_by_the_old_card() -> None:
    first = awaiting()
    rejected = first.rejected(by=alem(), reason="wrong", team=shipped().team)
    second = rejected.submitted(replace(plan_for(rejected), rollback_version="v0.4.8"), by=john(), checklist=shipped())

    with pytest.raises(PlanChanged) as refused:
        sign(second, plan_of(first).digest)

    assert refused.value.current == plan_of(second).digest


def test_nothing_is_signed_when_its_window_is_over() -> None:
    deployment = awaiting()
    digest = plan_of(deployment).digest

    assert sign(deployment, digest, at=WINDOW.closes - JUST_BEFORE).status is Status.APPROVED
    with pytest.raises(ApprovalEnded):
        sign(deployment, digest, at=WINDOW.closes)


def test_without_a_window_an_approval_does_not_end() -> None:
    deployment = awaiting(opened(window=None))

    signed = sign(deployment, plan_of(deployment).digest, at=AFTER)

    assert signed.approval is not None
    assert signed.approval.ends is None


@pytest.mark.parametrize("leave", ["rejected", "voided", "voided when approved", "voided when deploying"])
def test_whoever_goes_back_to_preparation_must_be_signed_anew(leave: str) -> None:
    back = {
        "rejected": lambda: awaiting().rejected(by=alem(), reason="no", team=shipped().team),
        "voided": lambda: awaiting().voided("no"),
        "voided when approved": lambda: approved().voided("no"),
        "voided when deploying": lambda: deploying().voided("no"),
    }[leave]()

    assert (back.status, back.plan, back.approval, back.reason) == (Status.PREPARING, None, None, "no")
    assert back.mark(item("change-approved").id) == Mark()
    assert back.steps == ()
    assert isinstance(refusal(lambda: start(back)), NotNow)


# Start


def test_a_start_queues_the_deploy_run_with_every_step_in_its_order() -> None:
    deployment = start(approved())

    assert [step.id for step in deployment.steps] == [line.id for line in shipped().items(Phase.DURING)]
    assert {step.state for step in deployment.steps} == {StepState.PENDING}
    assert deployment.attempts["deploy"] == 1


def test_steps_that_do_not_apply_are_openly_skipped() -> None:
    plain = awaiting(opened(what=release(migrations=False, maintenance=False)))

    deployment = start(approved(plain))

    skipped = {step.id for step in deployment.steps if step.state is StepState.SKIPPED}
    assert skipped == {line.id for line in shipped().items(Phase.DURING) if line.when}


@pytest.mark.parametrize("id", [*FOR_SUBMIT, *FOR_START])
@pytest.mark.parametrize("state", UNSETTLED)
def test_nothing_starts_while_any_item_needed_for_it_is_open(id: str, state: MarkState) -> None:
    deployment = marked(approved(), item(id), state)

    with pytest.raises(ItemsOpen) as refused:
        start(deployment)

    assert refused.value.move is Move.START
    assert [line.id for line, _ in refused.value.items] == [id]


@pytest.mark.parametrize(
    "at",
    [WINDOW.opens - JUST_BEFORE, OPENED, datetime.fromisoformat("2026-11-26T02:00:00+00:00") - timedelta(days=2)],
)
def test_nothing_starts_before_its_window(at: datetime) -> None:
    with pytest.raises(WindowClosed):
        start(approved(), at)


@pytest.mark.parametrize("at", [WINDOW.opens, INSIDE, WINDOW.closes - JUST_BEFORE])
def test_inside_its_window_it_starts(at: datetime) -> None:
    assert start(approved(), at).status is Status.DEPLOYING


@pytest.mark.parametrize("at", [WINDOW.closes, AFTER, NEXT_NIGHT])
def test_when_the_window_is_over_so_is_the_approval(at: datetime) -> None:
    with pytest.raises(ApprovalEnded):
        start(approved(), at)


def test_another_nights_window_does_not_do_for_this_one() -> None:
    later = Window(WINDOW.opens + timedelta(days=1), WINDOW.closes + timedelta(days=1))

    with pytest.raises(WindowClosed):
        start(approved(awaiting(opened(window=later))), INSIDE)


def test_a_deployment_without_a_window_starts_in_an_open_one_only() -> None:
    deployment = approved(awaiting(opened(window=None)))

    assert start(deployment, INSIDE).status is Status.DEPLOYING
    with pytest.raises(WindowClosed):
        start(deployment, AFTER)


def test_a_plan_that_is_not_the_one_signed_does_not_start() -> None:
    deployment = approved()
    changed = replace(deployment, plan=replace(plan_of(deployment), rollback_version="v0.4.8"))

    with pytest.raises(PlanChanged):
        start(changed)


def test_without_a_signature_nothing_starts() -> None:
    with pytest.raises(PlanChanged):
        start(replace(approved(), approval=None))


def test_a_signature_on_something_else_starts_nothing() -> None:
    other = Approval(by=alem().id, plan=PlanDigest("0" * 64), at=OPENED, ends=WINDOW.closes)

    with pytest.raises(PlanChanged):
        start(replace(approved(), approval=other))


def test_a_signer_who_is_no_longer_an_approver_no_longer_approves() -> None:
    team = shipped().team
    demoted = replace(shipped(), team=replace(team, roles={**team.roles, Role.APPROVER: ()}))

    with pytest.raises(SignerMayNot):
        approved().started(by=john(), at=INSIDE, checklist=demoted, window=night(INSIDE))


def test_a_signer_who_left_the_team_no_longer_approves() -> None:
    team = shipped().team
    people = {id: who for id, who in team.people.items() if id != "alem"}
    roles = {role: tuple(id for id in holders if id != "alem") for role, holders in team.roles.items()}
    without = replace(shipped(), team=Team(people=people, roles=roles))

    with pytest.raises(SignerMayNot):
        approved().started(by=john(), at=INSIDE, checklist=without, window=night(INSIDE))


def test_a_second_start_hears_that_it_has_begun() -> None:
    with pytest.raises(AlreadyDone):
        start(in_status(Status.DEPLOYING))
