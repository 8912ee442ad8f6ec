"""The end of a deployment needs every proof after it and every signature under it."""

from dataclasses import replace

import pytest

from checklist.errors import AlreadyDone
from checklist.marks import MarkState
from checklist.moves import Status
from checklist.words import ItemId, NeededFor, PersonId, Phase
from tests.checklist.builders import (
    AFTER,
    FAILED,
    INSIDE,
    PASSED,
    in_status,
    item,
    john,
    marked,
    settle_after,
    shipped,
    sign_all,
    sign_off,
    verifying,
)


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
    line, team = sign_off("signoff-deployed"), shipped().team
    once = verifying().signed_off(line, by=john(), at=INSIDE, team=team)

    with pytest.raises(AlreadyDone):
        once.signed_off(line, by=john(), at=AFTER, team=team)


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
