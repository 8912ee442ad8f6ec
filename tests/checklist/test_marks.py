"""Marks: what a check's verdict and a person's hand make of an item, for every proof in every state."""

from collections.abc import Mapping

import pytest

from checklist.deployment import Deployment
from checklist.errors import AlreadySettled, NotForHand, WrongRole
from checklist.marks import Mark, MarkState
from checklist.moves import Status
from checklist.people import Person
from checklist.words import Phase, Proof
from tests.checklist.builders import (
    OPENED,
    alem,
    in_status,
    item,
    john,
    marked,
    opened,
    refusal,
    shipped,
    validator,
)

S = MarkState
ONE_OF_EACH: Mapping[Proof, str] = {
    Proof.AUTO: "lint",
    Proof.AUTO_CONFIRM: "staging-visual",
    Proof.ACKNOWLEDGE: "oncall-notified",
    Proof.ATTEST: "flag-audit",
}
HAND = {"lint": john, "staging-visual": validator, "oncall-notified": alem, "flag-audit": john}

# Where a person's button, and where a person's statement, is the next thing; nowhere else.
BUTTON = {(Proof.ACKNOWLEDGE, S.OPEN), (Proof.AUTO_CONFIRM, S.PASSED)}
STATEMENT = {
    (Proof.ATTEST, S.OPEN),
    (Proof.AUTO, S.INCONCLUSIVE),
    (Proof.AUTO_CONFIRM, S.INCONCLUSIVE),
    (Proof.ACKNOWLEDGE, S.INCONCLUSIVE),
    (Proof.ATTEST, S.INCONCLUSIVE),
}
SETTLED = {(proof, state) for proof in Proof for state in (S.ATTESTED, S.WAIVED, S.NOT_APPLICABLE, S.PASSED)} - {
    (Proof.AUTO_CONFIRM, S.PASSED)
}
EVERY = [(proof, state) for proof in Proof for state in MarkState]


def confirm(deployment: Deployment, id: str) -> Deployment:
    return deployment.confirmed(item(id), by=HAND[id](), at=OPENED, note="seen", team=shipped().team)


def attest(deployment: Deployment, id: str) -> Deployment:
    words = "read it from top to bottom"
    return deployment.attested(
        item(id), by=HAND[id](), at=OPENED, words=words, link="https://github.com/1", team=shipped().team
    )


@pytest.mark.parametrize(("proof", "state"), EVERY)
def test_a_button_settles_only_what_waits_for_a_button(proof: Proof, state: MarkState) -> None:
    id = ONE_OF_EACH[proof]
    deployment = marked(opened(), item(id), state)

    refused = refusal(lambda: confirm(deployment, id))

    assert (refused is None) == ((proof, state) in BUTTON)
    assert refused is None or isinstance(refused, AlreadySettled if (proof, state) in SETTLED else NotForHand)


@pytest.mark.parametrize(("proof", "state"), EVERY)
def test_a_statement_settles_only_what_no_check_could_tell(proof: Proof, state: MarkState) -> None:
    id = ONE_OF_EACH[proof]
    deployment = marked(opened(), item(id), state)

    refused = refusal(lambda: attest(deployment, id))

    assert (refused is None) == ((proof, state) in STATEMENT)
    assert refused is None or isinstance(refused, AlreadySettled if (proof, state) in SETTLED else NotForHand)


@pytest.mark.parametrize(("proof", "state"), EVERY)
def test_only_a_pass_a_statement_a_waiver_or_not_applying_settles(proof: Proof, state: MarkState) -> None:
    assert Mark(state=state).settles(item(ONE_OF_EACH[proof])) == ((proof, state) in SETTLED)


@pytest.mark.parametrize("proof", Proof)
def test_a_failed_check_cannot_be_attested_away(proof: Proof) -> None:
    id = ONE_OF_EACH[proof]
    deployment = marked(opened(), item(id), S.FAILED)

    with pytest.raises(NotForHand):
        attest(deployment, id)


@pytest.mark.parametrize("id", [item.id for item in shipped().items() if item.phase is Phase.PRE])
def test_only_the_items_role_settles_it_by_hand(id: str) -> None:
    line = item(id)
    deployment = marked(opened(), line, S.INCONCLUSIVE)
    outsiders = [p for p in (john(), alem(), validator()) if p not in shipped().team.holders(line.role)]

    assert outsiders
    for by in outsiders:
        with pytest.raises(WrongRole) as refused:
            deployment.attested(line, by=by, at=OPENED, words="…", link="", team=shipped().team)
        assert refused.value.roles == (line.role,)


@pytest.mark.parametrize("by", [john(), alem(), validator()], ids=lambda by: by.id)
@pytest.mark.parametrize("state", MarkState)
def test_the_approval_is_signed_and_never_ticked(by: Person, state: MarkState) -> None:
    line = item("change-approved")
    deployment = marked(in_status(Status.AWAITING_APPROVAL), line, state)

    ticked = refusal(lambda: deployment.confirmed(line, by=by, at=OPENED, note="", team=shipped().team))
    stated = refusal(lambda: deployment.attested(line, by=by, at=OPENED, words="…", link="", team=shipped().team))

    assert isinstance(ticked, WrongRole | NotForHand | AlreadySettled)
    assert isinstance(stated, WrongRole | NotForHand | AlreadySettled)
