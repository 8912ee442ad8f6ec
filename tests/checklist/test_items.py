"""Items in a deployment: which apply, who may not settle them, and how a later check undoes a person's button."""

from dataclasses import replace
from datetime import timedelta

import pytest

from checklist.errors import AlreadySettled, NotForHand, NotIndependent, NotNow
from checklist.marks import BOT, Mark, MarkState, Outcome, Verdict
from checklist.moves import MOVES, Move, Status
from checklist.words import NeededFor, Phase, Proof, Tie
from tests.checklist.builders import (
    FAILED,
    INCONCLUSIVE,
    INSIDE,
    OPENED,
    PASSED,
    alem,
    approved,
    crew,
    in_status,
    item,
    john,
    marked,
    member,
    opened,
    refusal,
    release,
    settle,
    shipped,
    validator,
)

BY_HAND = [line for line in crew().items(Phase.PRE) if line.id != "change-approved"]  # that one is signed
TIED = [(line.id, part) for line in BY_HAND for part in ("requester", "engineer") if part in line.distinct_from]
BY_WORD = {MarkState.ATTESTED, MarkState.WAIVED, MarkState.NOT_APPLICABLE}


@pytest.mark.parametrize("migrations", [True, False])
@pytest.mark.parametrize("maintenance", [True, False])
def test_an_item_that_does_not_apply_says_so_from_the_start(migrations: bool, maintenance: bool) -> None:
    deployment = opened(what=release(migrations=migrations, maintenance=maintenance))

    for line in shipped().items(Phase.PRE):
        mark = deployment.mark(line.id)
        applies = line.when is None or {"migrations": migrations, "maintenance": maintenance}[line.when]
        assert mark.state is (MarkState.OPEN if applies else MarkState.NOT_APPLICABLE), line.id
        assert applies or mark.note == f"no {line.when} in this release"


def test_opening_again_keeps_what_was_settled() -> None:
    deployment = settle(opened(), item("lint"))

    assert deployment.prepared(shipped()) == deployment


@pytest.mark.parametrize(("id", "part"), TIED)
def test_whoever_the_item_forbids_does_not_settle_it(id: str, part: str) -> None:
    line = item(id, crew())
    somebody = crew().team.holders(line.role)[0]
    requester, engineer = (somebody.id, "alem") if part == "requester" else ("alem", somebody.id)
    deployment = opened(crew(), requester=requester, engineer=engineer)
    waiting = marked(deployment, line, MarkState.OPEN if line.proof is Proof.ATTEST else MarkState.INCONCLUSIVE)

    refused = refusal(lambda: waiting.attested(line, by=somebody, at=OPENED, words="…", link="", team=crew().team))

    assert isinstance(refused, NotIndependent)
    assert refused.part == part


@pytest.mark.parametrize("tie", [Tie.REQUESTER, Tie.ENGINEER])
@pytest.mark.parametrize("part", [Tie.REQUESTER, Tie.ENGINEER])
def test_each_tie_forbids_its_own_part_and_no_other(tie: Tie, part: Tie) -> None:
    line = replace(item("flag-audit"), distinct_from=frozenset({tie}))
    requester, engineer = ("john", "alem") if part is Tie.REQUESTER else ("alem", "john")
    deployment = opened(requester=requester, engineer=engineer)

    refused = refusal(
        lambda: deployment.attested(line, by=john(), at=OPENED, words="two flags went", link="", team=shipped().team)
    )

    assert isinstance(refused, NotIndependent) == (tie is part)


def test_a_confirmation_stands_while_the_check_passes_again() -> None:
    confirmed = settle(opened(), item("staging-visual"))

    again = confirmed.judged(item("staging-visual"), PASSED, at=INSIDE)

    assert again.mark(item("staging-visual").id).confirmed_by == "validator"
    assert again.mark(item("staging-visual").id).settles(item("staging-visual"))


@pytest.mark.parametrize("verdict", [FAILED, INCONCLUSIVE], ids=["failed", "inconclusive"])
def test_a_confirmation_falls_when_the_check_no_longer_passes(verdict: Verdict) -> None:
    line = item("staging-visual")
    confirmed = settle(opened(), line)

    fallen = confirmed.judged(line, verdict, at=INSIDE).judged(line, PASSED, at=INSIDE)

    assert not fallen.mark(line.id).settles(line)
    assert fallen.mark(line.id).confirmed_by is None


@pytest.mark.parametrize("state", sorted(BY_WORD))
@pytest.mark.parametrize("verdict", [PASSED, FAILED, INCONCLUSIVE], ids=["passed", "failed", "inconclusive"])
def test_what_a_person_settled_by_word_no_check_undoes(state: MarkState, verdict: Verdict) -> None:
    deployment = marked(opened(), item("lint"), state, by="john")

    assert deployment.judged(item("lint"), verdict, at=INSIDE) is deployment


PERSONS_ALONE = [line.id for line in shipped().items() if line.proof in {Proof.ACKNOWLEDGE, Proof.ATTEST}]


@pytest.mark.parametrize("id", PERSONS_ALONE)
@pytest.mark.parametrize("verdict", [PASSED, FAILED, INCONCLUSIVE], ids=["passed", "failed", "inconclusive"])
def test_no_check_speaks_for_an_item_that_is_a_persons_alone(id: str, verdict: Verdict) -> None:
    deployment = in_status(Status.APPROVED)

    assert deployment.judged(item(id), verdict, at=INSIDE) is deployment
    assert deployment.checking([item(id)], at=INSIDE) == deployment


@pytest.mark.parametrize("state", MarkState)
def test_checks_are_queued_again_only_where_a_check_can_still_settle(state: MarkState) -> None:
    deployment = marked(opened(), item("lint"), state)

    after = deployment.checking([item("lint")], at=INSIDE).mark(item("lint").id)

    again = state in {MarkState.OPEN, MarkState.FAILED, MarkState.INCONCLUSIVE}
    assert after.state is (MarkState.CHECKING if again else state)


def test_a_verdict_keeps_what_was_read() -> None:
    mark = opened().judged(item("staging-health"), FAILED, at=INSIDE).mark(item("staging-health").id)

    assert (mark.state, mark.by, mark.at, mark.note) == (MarkState.FAILED, BOT, INSIDE, "answered 500")
    assert mark.evidence == {"status": 500}


def test_a_statement_keeps_what_the_check_had_read_beside_it() -> None:
    line = item("lint")
    read = opened().judged(line, Verdict(outcome=Outcome.INCONCLUSIVE, reason="403", evidence={"code": 403}), at=OPENED)

    link = "https://github.com/9"
    after = read.attested(line, by=john(), at=INSIDE, words="CI is green", link=link, team=shipped().team)

    mark = after.mark(line.id)
    assert (mark.by, mark.note, mark.link, mark.evidence) == ("john", "CI is green", link, {"code": 403})


def test_the_same_button_pressed_twice_hears_that_it_is_settled() -> None:
    line = item("oncall-notified")
    once = opened().confirmed(line, by=alem(), at=OPENED, note="", team=shipped().team)

    with pytest.raises(AlreadySettled) as refused:
        once.confirmed(line, by=alem(), at=INSIDE, note="", team=shipped().team)

    assert refused.value.mark.by == "alem"


@pytest.mark.parametrize("status", [status for status in Status if status not in MOVES[Move.SETTLE]])
def test_a_deployment_that_is_over_takes_no_hand_and_no_verdict(status: Status) -> None:
    line = item("oncall-notified")
    over = marked(in_status(status), line, MarkState.OPEN)

    assert isinstance(refusal(lambda: over.judged(item("lint"), PASSED, at=INSIDE)), NotNow)
    assert isinstance(refusal(lambda: over.checking([item("lint")], at=INSIDE)), NotNow)
    assert isinstance(refusal(lambda: over.confirmed(line, by=alem(), at=INSIDE, note="", team=shipped().team)), NotNow)


def test_the_items_still_open_are_named_with_their_marks() -> None:
    deployment = in_status(Status.PREPARING).judged(item("lint"), FAILED, at=INSIDE)

    (still_open,) = deployment.open_items(shipped(), NeededFor.SUBMIT)

    assert still_open == (item("lint"), deployment.mark(item("lint").id))


TTL = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("id", "age", "stale"),
    [
        ("staging-health", TTL, False),
        ("staging-health", TTL + timedelta(seconds=1), True),
        ("staging-deployed", timedelta(), True),  # not waivable: read again whatever its age
        ("lint", timedelta(days=9), False),  # no time to live
    ],
)
def test_a_pass_is_read_again_when_it_is_old_or_cannot_be_waived(id: str, age: timedelta, stale: bool) -> None:
    mark = opened().judged(item(id), PASSED, at=OPENED).mark(item(id).id)

    assert mark.stale(item(id), OPENED + age) is stale


def test_what_a_person_settled_never_grows_stale() -> None:
    mark = Mark(state=MarkState.ATTESTED, by="john", at=OPENED)

    assert not mark.stale(item("staging-health"), OPENED + timedelta(days=1))


def test_the_approvals_own_item_names_the_signer_and_the_plan() -> None:
    deployment = approved()
    assert deployment.approval is not None

    mark = deployment.mark(item("change-approved").id)

    assert (mark.state, mark.by) == (MarkState.PASSED, "alem")
    assert deployment.approval.plan[:8] in mark.note


def test_an_item_that_waits_for_nobody_is_not_for_the_hand() -> None:
    with pytest.raises(NotForHand):
        opened().attested(item("lint"), by=john(), at=OPENED, words="green", link="", team=shipped().team)


def test_who_is_independent_of_the_requester_settles_what_the_requester_may_not() -> None:
    line = item("staging-qa")

    after = opened().attested(line, by=validator(), at=OPENED, words="reviewed", link="", team=shipped().team)

    assert after.mark(line.id).by == "validator"
    assert member("john") not in shipped().team.holders(line.role)
