"""Fifty people press the same button in the same second, or one person presses it twice: it counts once."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.response import BoltResponse

from bot.cards import cards
from bot.modals import modal_of
from bot.views.modals import reason_modal
from bot.views.sections import section_card, steps_card
from checklist.deployment import Deployment
from checklist.marks import MarkState
from checklist.moves import Status
from checklist.people import Member, Person, Standing
from checklist.steps import Book
from checklist.words import DeploymentId
from commands.deps import Ask
from tests.bot.crowd import MANY, Hall, Payload, click, crowd, crowded, hall, submission
from tests.checklist.builders import AFTER, INSIDE, OPENED, halted_at, in_status, item, marked, survey
from tests.test_completeness import BUTTONS

CR = DeploymentId("CR-001")
WORDS = "I looked at this with care and it is as it should be"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A button, a deployment on whose card it stands, and what is filled in if it opens a modal."""

    deployment: Callable[[], Deployment]
    effect: str  # the kind of the one entry that comes of it
    answers: Mapping[str, Any] | None = None
    target: str = ""  # what its block is about
    at: datetime = INSIDE


def with_mark(name: str, state: MarkState) -> Callable[[], Deployment]:
    return lambda: marked(in_status(Status.PREPARING), item(name), state)


def of(status: Status) -> Callable[[], Deployment]:
    return lambda: in_status(status)


CASES: Mapping[str, Case] = {
    "Request approval": Case(deployment=of(Status.PREPARING), effect="approval.requested", at=OPENED),
    "Approve": Case(deployment=of(Status.AWAITING_APPROVAL), effect="deployment.approved"),
    "Reject": Case(
        deployment=of(Status.AWAITING_APPROVAL), effect="deployment.rejected", answers={"reason": "not tonight"}
    ),
    "Start deployment": Case(deployment=of(Status.APPROVED), effect="deployment.started"),
    "Retry step": Case(deployment=of(Status.HALTED), effect="deployment.retried"),
    "Roll back": Case(deployment=of(Status.HALTED), effect="rollback.started", answers={"reason": ""}),
    "Undo": Case(deployment=lambda: halted_at("deploy-trigger"), effect="rollback.started", answers={"reason": ""}),
    "Abandon": Case(deployment=of(Status.PREPARING), effect="deployment.abandoned"),
    "Confirm": Case(
        deployment=with_mark("rollback-owner", MarkState.OPEN), effect="item.confirmed", target="rollback-owner"
    ),
    "Attest": Case(
        deployment=with_mark("staging-e2e", MarkState.INCONCLUSIVE),
        effect="item.attested",
        target="staging",
        answers={"items": ["staging-e2e"], "words": WORDS, "link": ""},
    ),
    "Check again": Case(
        deployment=with_mark("staging-e2e", MarkState.FAILED), effect="checks.queued", target="staging"
    ),
    "Not OK": Case(
        deployment=with_mark("staging-visual", MarkState.INCONCLUSIVE),
        effect="item.failed",
        target="staging",
        answers={"items": ["staging-visual"], "reason": WORDS},
    ),
    "Waive": Case(
        deployment=with_mark("staging-visual", MarkState.FAILED),
        effect="item.waived",
        target="staging",
        answers={"items": ["staging-visual"], "reason": WORDS},
    ),
    "Skip step": Case(
        deployment=lambda: halted_at("announce-complete"), effect="step.skipped", answers={"reason": WORDS}
    ),
    "Finish": Case(
        deployment=lambda: halted_at("deploy-trigger"),
        effect="deployment.finished",
        answers={"reason": WORDS},
        at=AFTER,
    ),
}
OWN = {"Sign off", "Withdraw"}  # each person's own signature, which nobody else can put or take back
BELOW_A_NOTICE = {"Acknowledge"}  # on no card of a deployment: tests/bot/test_drift.py


TRUE_NOW = {
    "Request approval": "CR-001 is awaiting approval now",
    "Approve": "That was done already: CR-001 is approved.",
    "Reject": "CR-001 is preparing now",
    "Start deployment": "That was done already: CR-001 is deploying.",
    "Retry step": "That was done already: CR-001 is deploying.",
    "Roll back": "That was done already: CR-001 is rolling back.",
    "Undo": "That was done already: CR-001 is rolling back.",
    "Abandon": "CR-001 is abandoned now",
    "Confirm": "`rollback-owner` is settled already: passed.",
    "Attest": "`staging-e2e` is settled already: attested.",
    "Check again": "That was done already",
    "Not OK": "`staging-visual` is failed",
    "Waive": "`staging-visual` is settled already: waived.",
    "Skip step": "That was done already: CR-001 is deploying.",
    "Finish": "That was done already: CR-001 is deploying.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button as it stands on its card, and how each person presses it."""

    hall: Hall
    case: Case
    seen: Payload

    def pressed(self, person: Person) -> Payload:
        """A press of its own: the click, or the modal that it opened, filled in and sent."""
        user = person.slack[0]
        if self.case.answers is None:
            return click(user, self.seen, self.hall.ears)
        about, target, _ = str(self.seen["block_id"]).split("/")
        ask = Ask(
            verb=self.seen["action_id"],
            by=person,
            key="",
            deployment=about,
            target=target.strip("-"),
            shown=self.seen["value"],
        )
        opens = modal_of(ask)
        assert opens is not None
        view = opens(ask, self.hall.desk.deps)
        assert view is not None
        return submission(user, view.to_dict(), self.case.answers)

    def effects(self) -> int:
        return sum(fact.kind == self.case.effect for fact in self.hall.decisions())


def button_on(found: Hall, label: str) -> Button:
    """The button with this label, on the card of a deployment of its case, which is now the only one."""
    case = CASES[label]
    found.hands.at = case.at
    found.keep(case.deployment())
    with found.record.work() as work:
        work.surveys.put(CR, survey(at=OPENED))
        work.commit()
    seen = [b for b in buttons_of(found.deployment()) if b["text"]["text"] == label]
    assert seen, label
    return Button(hall=found, case=case, seen=next(b for b in seen if case.target in b["block_id"]))


def buttons_of(deployment: Deployment) -> Iterator[Payload]:
    checklist = crowded()
    drawn = [place.draw(deployment) for place in cards(deployment, checklist, clock_moved=False)]
    drawn += [section_card(deployment, part, checklist.team) for part in checklist.sections]
    drawn += [steps_card(deployment, book, checklist) for book in Book]
    for block in (block.to_dict() for card in drawn for block in card.blocks):
        elements = [*block.get("elements", []), *([block["accessory"]] if block.get("accessory") else [])]
        yield from ({**e, "block_id": block["block_id"]} for e in elements if e["type"] == "button")


def answered(found: Hall, responses: list[BoltResponse]) -> list[str]:
    """What was said to people: in the acks, and after them. Nobody met a bug."""
    assert {response.status for response in responses} == {200}
    errors = [json.loads(response.body)["errors"] for response in responses if "errors" in (response.body or "")]
    said = [*(words for error in errors for words in error.values()), *(text for _, text in found.ears.said)]
    assert not [text for text in said if "Something went wrong" in text]
    found.ears.said.clear()
    return said


def test_every_button_has_a_case_or_is_each_person_s_own_signature() -> None:
    assert set(CASES) | OWN | BELOW_A_NOTICE == set(BUTTONS)
    assert set(TRUE_NOW) == set(CASES)


@pytest.mark.parametrize("label", CASES)
async def test_fifty_people_press_it_in_the_same_second_and_it_counts_once(full: Hall, label: str) -> None:
    button = button_on(full, label)

    responses = await full.all_at_once([button.pressed(person) for person in crowd()])

    said = answered(full, responses)
    assert button.effects() == len(full.decisions()) == 1
    assert len(full.refusals()) == len(said) == MANY - 1
    assert not {"Stranger", "NotAllowed", "WrongRole", "TooFast"} & set(full.refusals())
    assert len(full.runs()) <= 1


@pytest.mark.parametrize("label", CASES)
async def test_one_person_who_presses_it_twice_is_told_so_once(full: Hall, label: str) -> None:
    button, (person, *_) = button_on(full, label), crowd()

    said = answered(full, await full.all_at_once([button.pressed(person), button.pressed(person)]))

    assert button.effects() == len(full.decisions()) == 1
    assert len(said) == len(full.refusals()) == 1


@pytest.mark.parametrize("label", CASES)
async def test_the_very_same_payload_sent_again_and_again_counts_once(full: Hall, label: str) -> None:
    button, (person, *_) = button_on(full, label), crowd()
    payload = button.pressed(person)

    said = answered(full, await full.all_at_once([payload] * 5))
    after = full.deployment()
    late = answered(full, await full.all_at_once([payload]))

    assert button.effects() == len(full.decisions()) == 1
    assert full.deployment() == after
    assert full.refusals() == ["CountedAlready"] * 5
    assert {text.partition(" was ")[2] for text in [*said, *late]} == {"counted already, once. Nothing was done twice."}


@pytest.mark.parametrize("label", CASES)
async def test_a_press_that_comes_when_it_is_done_is_told_what_is_true_and_changes_nothing(
    full: Hall, label: str
) -> None:
    button, (first, late, *_) = button_on(full, label), crowd()
    pressed_late = button.pressed(late)
    await full.all_at_once([button.pressed(first)])
    after = full.deployment()

    (said,) = answered(full, await full.all_at_once([pressed_late]))

    assert full.deployment() == after
    assert TRUE_NOW[label] in said


async def test_a_person_who_presses_sign_off_twice_signs_nothing_else_by_that(full: Hall) -> None:
    full.keep(in_status(Status.VERIFYING))
    (seen,) = {b["value"]: b for b in buttons_of(full.deployment()) if b["action_id"] == "signoff"}.values()
    person, *_ = crowd()

    await full.all_at_once([click(person.slack[0], seen, full.ears) for _ in range(2)])

    assert [signature.sign_off for signature in full.deployment().signatures] == [seen["value"]]
    assert full.refusals() == ["AlreadyDone"]


async def test_a_signer_who_withdraws_twice_takes_back_one_signature(full: Hall) -> None:
    person, *_ = crowd()
    signed = in_status(Status.APPROVED)
    assert signed.approval
    full.keep(replace(signed, approval=replace(signed.approval, by=person.id)))
    view = reason_modal("withdraw", "Withdraw", CR, optional=True).to_dict()

    await full.all_at_once([submission(person.slack[0], view, {"reason": ""}) for _ in range(2)])

    assert [fact.kind for fact in full.decisions()] == ["approval.withdrawn"]
    assert full.refusals() == ["NotNow"]


async def test_a_retry_that_was_meant_for_an_earlier_halt_does_not_retry_this_one(full: Hall) -> None:
    button, (first, late, *_) = button_on(full, "Retry step"), crowd()
    meant_for_the_first = button.pressed(late)
    await full.all_at_once([button.pressed(first)])
    with full.record.work() as work:
        work.deployments.save(work.deployments.get(CR).halted("another step failed"))
        work.commit()

    await full.all_at_once([meant_for_the_first])

    assert full.deployment().status is Status.HALTED
    assert full.refusals() == ["AlreadyDone"]


async def test_a_reject_of_a_plan_that_was_replaced_rejects_nothing(full: Hall) -> None:
    button, (person, *_) = button_on(full, "Reject"), crowd()
    of_the_old_plan = button.pressed(person)
    with full.record.work() as work:
        waiting = work.deployments.get(CR)
        assert waiting.plan
        work.deployments.save(replace(waiting, plan=replace(waiting.plan, version="0.5.1")))
        work.commit()

    await full.all_at_once([of_the_old_plan])

    assert full.deployment().status is Status.AWAITING_APPROVAL
    assert full.refusals() == ["PlanChanged"]


async def test_a_click_that_was_counted_before_a_restart_is_not_counted_after_it(full: Hall, tmp_path: Path) -> None:
    button, (person, *_) = button_on(full, "Approve"), crowd()
    payload = button.pressed(person)
    await full.all_at_once([payload])
    (tmp_path / "later").mkdir()

    async with hall(tmp_path / "later", record_file(full)) as later:
        await later.all_at_once([payload])

        ((_, said),) = full.ears.said  # where this click is answered does not change
        assert "counted already" in said
        assert later.deployment() == full.deployment()


def record_file(found: Hall) -> Path:
    """The record as it lies on the disk, its log written back."""
    with found.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
    assert found.engine.url.database
    return Path(found.engine.url.database)


async def test_on_the_signature_of_somebody_who_has_left_nothing_starts(full: Hall) -> None:
    button, (person, *_) = button_on(full, "Start deployment"), crowd()
    with full.record.work() as work:
        gone = Member(user="U0ALEM", name="Alem", standing=Standing.DEACTIVATED, seen_at=INSIDE)
        work.members.keep(gone)
        work.commit()

    (said,) = answered(full, await full.all_at_once([button.pressed(person)]))

    assert "`alem`, may no longer approve" in said
    assert full.refusals() == ["SignerMayNot"]
    assert full.deployment().status is Status.APPROVED
