"""Every move in every status: allowed exactly where the one table says, and otherwise refused with nothing changed."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from checklist.deployment import Deployment
from checklist.errors import AlreadyDone, NotNow
from checklist.moves import MOVES, OVER, Move, Status
from checklist.steps import Book, Step, StepState
from checklist.words import ItemId, Restores, Role
from tests.checklist.builders import (
    AFTER,
    INSIDE,
    OPENED,
    PASSED,
    alem,
    halted_at,
    in_status,
    item,
    john,
    night,
    plan_for,
    refusal,
    settle_after,
    shipped,
    sign_all,
    sign_off,
    start,
    validator,
)


def approve(deployment: Deployment) -> Deployment:
    digest = deployment.plan.digest if deployment.plan else "0" * 64
    return deployment.approved(by=alem(), plan=digest, at=OPENED, team=shipped().team)


def retry(deployment: Deployment) -> Deployment:
    return deployment.retried(by=john(), at=INSIDE, checklist=shipped(), window=night(INSIDE))


def withdraw(deployment: Deployment) -> Deployment:
    return deployment.withdrawn(by=alem(), reason="not tonight", team=shipped().team)


def answer(deployment: Deployment) -> Deployment:
    back = deployment.status is Status.ROLLING_BACK
    book, id = (Book.ROLLBACK, "rb-verify-smoke") if back else (Book.DEPLOY, "prod-smoke")
    step = Step(id=ItemId(id), book=book, text="", role=Role.VALIDATOR, state=StepState.WAITING)
    return deployment.step_attested(step, by=validator(), at=INSIDE, words="green", team=shipped().team)


def skip(deployment: Deployment) -> Deployment:
    words = "Slack is down, and customers wait for the repair"
    return deployment.skipped(by=alem(), at=INSIDE, reason=words, checklist=shipped(), window=night(INSIDE))


def undo(deployment: Deployment) -> Deployment:
    return deployment.rolling_back(by=alem(), at=INSIDE, reason="errors", checklist=shipped(), restores=Restores.CONFIG)


def finish(deployment: Deployment) -> Deployment:
    return deployment.finished(by=alem(), at=AFTER, checklist=shipped(), window=night(AFTER))


# How each move is asked for, by somebody who may make it.
ASK: Mapping[Move, Callable[[Deployment], Deployment]] = {
    Move.CHECK: lambda d: d.checking([item("lint")], at=OPENED),
    Move.SETTLE: lambda d: d.judged(item("lint"), PASSED, at=OPENED),
    Move.FAIL: lambda d: d.failed(item("rollback-owner"), by=john(), at=OPENED, words="away", team=shipped().team),
    Move.WAIVE: lambda d: d.waived(item("post-p99"), by=alem(), at=OPENED, reason="no traffic", team=shipped().team),
    Move.SUBMIT: lambda d: d.submitted(plan_for(d), by=john(), checklist=shipped()),
    Move.APPROVE: approve,
    Move.REJECT: lambda d: d.rejected(by=alem(), reason="not tonight", team=shipped().team),
    Move.WITHDRAW: withdraw,
    Move.VOID: lambda d: d.voided("the plan changed"),
    Move.START: start,
    Move.ANSWER: answer,
    Move.HALT: lambda d: d.halted("a step failed"),
    Move.RETRY: retry,
    Move.SKIP: skip,
    Move.FINISH: finish,
    Move.PROCEED: lambda d: d.proceeded(shipped(), at=INSIDE),
    Move.SIGN_OFF: lambda d: d.signed_off(sign_off("signoff-pre"), by=john(), at=INSIDE, team=shipped().team),
    Move.ROLL_BACK: lambda d: d.rolling_back(by=alem(), at=INSIDE, reason="errors", checklist=shipped()),
    Move.UNDO: undo,
    Move.ROLLED_BACK: lambda d: d.rolled_back(at=INSIDE),
    Move.ROLLBACK_FAILED: lambda d: d.rollback_failed("a machine is stuck"),
    Move.ABANDON: lambda d: d.abandoned(by=john(), at=INSIDE, reason="not today", team=shipped().team),
}

ROWS = [(move, status) for move in ASK for status in Status]
ALLOWED = [(move, status) for move, status in ROWS if status in MOVES[move]]
REFUSED = [(move, status) for move, status in ROWS if status not in MOVES[move]]
NO_RETURN = {Move.WITHDRAW, Move.VOID, Move.ABANDON}


# The design's own picture of a deployment's life, arrow by arrow.
ARROWS: Mapping[Move, str] = {
    Move.SUBMIT: "preparing>awaiting_approval",
    Move.APPROVE: "awaiting_approval>approved",
    Move.REJECT: "awaiting_approval>preparing",
    Move.WITHDRAW: "approved>preparing deploying>preparing halted>preparing",
    Move.VOID: "awaiting_approval>preparing approved>preparing deploying>preparing halted>preparing",
    Move.START: "approved>deploying",
    Move.HALT: "deploying>halted",
    Move.RETRY: "halted>deploying",
    Move.SKIP: "halted>deploying",
    Move.FINISH: "halted>deploying",
    Move.PROCEED: "deploying>verifying",
    Move.COMPLETE: "verifying>completed",
    Move.ROLL_BACK: "deploying>rolling_back halted>rolling_back verifying>rolling_back completed>rolling_back"
    " rollback_incomplete>rolling_back",
    Move.UNDO: "deploying>rolling_back halted>rolling_back verifying>rolling_back completed>rolling_back"
    " rollback_incomplete>rolling_back",
    Move.ROLLED_BACK: "rolling_back>rolled_back",
    Move.ROLLBACK_FAILED: "rolling_back>rollback_incomplete",
    Move.ABANDON: "preparing>abandoned awaiting_approval>abandoned approved>abandoned halted>abandoned",
}


def test_the_table_of_moves_is_the_picture_of_a_deployments_life() -> None:
    drawn = {move: {f"{before}>{after}" for before, after in row.items()} for move, row in MOVES.items()}

    staying = {move for move, arrows in drawn.items() if all(a.split(">")[0] == a.split(">")[1] for a in arrows)}
    assert staying == {Move.CHECK, Move.SETTLE, Move.FAIL, Move.WAIVE, Move.ANSWER, Move.SIGN_OFF}
    assert {move: arrows for move, arrows in drawn.items() if move not in staying} == {
        move: set(arrows.split()) for move, arrows in ARROWS.items()
    }


def test_every_move_has_its_row_and_every_row_is_asked_for_here() -> None:
    # COMPLETE is not asked for by anybody: it follows. OPEN is how a deployment comes to be; ACKNOWLEDGE is of none.
    assert set(MOVES) == set(Move) - {Move.OPEN, Move.ACKNOWLEDGE}
    assert set(ASK) == set(MOVES) - {Move.COMPLETE}


def ready(move: Move, status: Status) -> Deployment:
    """In this status, and as the move needs it beyond that: touched or not, and halted where it says."""
    deployment = in_status(status)
    if move in NO_RETURN:
        return replace(deployment, mutated=False)
    halts = {Move.SKIP: "announce-start", Move.FINISH: "deploy-trigger"}
    return halted_at(halts[move]) if move in halts else deployment


@pytest.mark.parametrize(("move", "status"), ALLOWED)
def test_a_move_that_the_table_has_leads_to_where_the_table_says(move: Move, status: Status) -> None:
    after = ASK[move](ready(move, status))

    assert after.status is MOVES[move][status]


@pytest.mark.parametrize(("move", "status"), REFUSED)
def test_a_move_that_the_table_has_not_is_refused_and_changes_nothing(move: Move, status: Status) -> None:
    deployment = in_status(status)
    before = copy.deepcopy(deployment)

    refused = refusal(lambda: ASK[move](deployment))

    assert isinstance(refused, NotNow | AlreadyDone)
    assert refused.move is move
    assert refused.deployment == before
    assert deployment == before


@pytest.mark.parametrize(("move", "status"), [row for row in ROWS if row[0] in NO_RETURN])
def test_once_production_was_touched_nothing_is_voided_or_abandoned(move: Move, status: Status) -> None:
    touched = in_status(status).touched()

    refused = refusal(lambda: ASK[move](touched))

    assert isinstance(refused, NotNow)
    assert not touched.allows(move)


@pytest.mark.parametrize(("move", "status"), ROWS)
def test_what_a_deployment_says_it_allows_is_what_it_does(move: Move, status: Status) -> None:
    deployment = in_status(status)

    allowed = refusal(lambda: ASK[move](deployment)) is None

    assert deployment.allows(move) == allowed


@pytest.mark.parametrize("status", Status)
def test_only_a_verifying_deployment_completes(status: Status) -> None:
    proved = in_status(Status.COMPLETED)
    deployment = replace(in_status(status), marks=proved.marks, signatures=proved.signatures)

    after = deployment.completed_if_settled(shipped(), at=INSIDE)

    assert (after.status is Status.COMPLETED) == (status in {Status.VERIFYING, Status.COMPLETED})
    assert status is Status.VERIFYING or after is deployment


@pytest.mark.parametrize("status", sorted(OVER - {Status.COMPLETED}))
def test_nothing_can_be_asked_of_a_deployment_that_is_over_for_good(status: Status) -> None:
    assert [move for move in Move if move in MOVES and in_status(status).allows(move)] == []


def test_the_only_way_on_from_completed_is_back() -> None:
    completed = sign_all(settle_after(in_status(Status.VERIFYING))).completed_if_settled(shipped(), at=INSIDE)

    assert [move for move in Move if move in MOVES and completed.allows(move)] == [Move.ROLL_BACK, Move.UNDO]


@pytest.mark.parametrize(
    ("move", "status"),
    [
        (Move.APPROVE, Status.APPROVED),
        (Move.APPROVE, Status.DEPLOYING),
        (Move.START, Status.DEPLOYING),
        (Move.START, Status.HALTED),
        (Move.START, Status.VERIFYING),
        (Move.ROLL_BACK, Status.ROLLING_BACK),
    ],
)
def test_a_late_or_double_click_hears_that_it_is_already_so(move: Move, status: Status) -> None:
    refused = refusal(lambda: ASK[move](in_status(status)))

    assert isinstance(refused, AlreadyDone)
