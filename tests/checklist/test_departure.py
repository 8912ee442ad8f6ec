"""Whose signature no longer counts, because they are no longer of the workspace."""

from dataclasses import replace

import pytest

from checklist.departure import has_left, signer_left
from checklist.moves import Status
from checklist.people import Member, Standing
from checklist.words import PersonId
from tests.checklist.builders import OPENED, alem, crew, in_status, member, shipped

TEAM = shipped().team


def seen(user: str, standing: Standing) -> Member:
    return Member(user=user, name=user, standing=standing, seen_at=OPENED)


@pytest.mark.parametrize("standing", Standing)
def test_whoever_has_one_account_has_left_when_that_is_no_full_member_s(standing: Standing) -> None:
    assert has_left(alem(), [seen("U0ALEM", standing)]) == (standing is not Standing.MEMBER)


def test_of_two_accounts_one_is_enough_to_be_still_there() -> None:
    eva = member("eva", crew())
    gone, there = seen("U0EVA", Standing.DEACTIVATED), seen("U0EVAPHONE", Standing.MEMBER)

    assert not has_left(eva, [gone, there])
    assert has_left(eva, [gone])


def test_nobody_has_left_of_whom_nothing_is_known() -> None:
    assert not has_left(alem(), [seen("U0JOHN", Standing.DEACTIVATED)])


def test_the_signature_of_whoever_left_counts_no_more_until_production_is_touched() -> None:
    left = [seen("U0ALEM", Standing.DEACTIVATED)]
    approved, under_way = in_status(Status.APPROVED), in_status(Status.DEPLOYING)

    refusal = signer_left(approved, left, TEAM)

    assert refusal is not None
    assert (refusal.deployment, refusal.signer) == ("CR-001", PersonId("alem"))
    assert signer_left(under_way, left, TEAM) is not None
    assert signer_left(replace(under_way, mutated=True), left, TEAM) is None
    assert signer_left(in_status(Status.AWAITING_APPROVAL), left, TEAM) is None
    assert signer_left(approved, [seen("U0ALEM", Standing.MEMBER)], TEAM) is None
