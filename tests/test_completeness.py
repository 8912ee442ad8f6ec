"""What is in one table is in every other: a new verb, refusal, status, state or button cannot be half there."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import refusals
from bot.cards import cards
from bot.views.notices import notice_card
from bot.views.sections import DOES, section_card, steps_card
from bot.views.text import MARK_SIGNS, STATUS_WORDS, STEP_SIGNS
from checklist import errors
from checklist.books import deploy_book, rollback_book
from checklist.deployment import Deployment
from checklist.errors import Refusal
from checklist.kinds import ACTING
from checklist.marks import MarkState
from checklist.moves import MOVES, OVER, Move, Status
from checklist.notices import DRIFT
from checklist.policy import WHO_MAY
from checklist.ports import Message
from checklist.steps import Book, StepState
from checklist.words import DeploymentId
from commands.usage import USAGE
from runs import deploy, rollback
from runs.acting import ACTS
from tests.checklist.builders import INSIDE, halted_at, in_status, marked, release, shipped

ROOT = Path(__file__).parent.parent
BUTTONS = {
    "Request approval": "submit",
    "Approve": "approve",
    "Reject": "reject",
    "Start deployment": "start",
    "Retry step": "retry",
    "Roll back": "rollback",
    "Withdraw": "withdraw",
    "Skip step": "skip",
    "Undo": "undo",
    "Finish": "finish",
    "Not OK": "fail",
    "Waive": "waive",
    "Abandon": "abandon",
    "Sign off": "signoff",
    "Confirm": "confirm",
    "Attest": "attest",
    "Check again": "check",
    "Acknowledge": "acknowledge",
}  # what people and outside programs rely on: the label, and the verb that is its action_id


def test_every_kind_of_check_that_acts_has_a_deed_and_words_that_offer_it() -> None:
    assert set(ACTS) == ACTING == set(DOES)


def test_every_refusal_has_words_and_there_are_words_for_no_other() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Refusal)}

    assert set(refusals.WORDS) == kinds - {Refusal}


def test_every_refusal_is_raised_somewhere() -> None:
    code = "\n".join(path.read_text() for path in python("bot", "commands", "checklist", "storage", "runs"))

    assert [kind.__name__ for kind in refusals.WORDS if not re.search(rf"raise {kind.__name__}\b", code)] == []


def test_every_status_has_words_and_a_way_to_it_and_on_from_it_unless_it_is_the_end() -> None:
    steps = [(here, there) for move in MOVES.values() for here, there in move.items() if here is not there]

    assert set(STATUS_WORDS) == set(Status)
    assert {there for _, there in steps} | {Status.PREPARING} == set(Status)
    assert set(Status) - {here for here, _ in steps} <= OVER


def test_every_move_is_in_the_table_or_is_of_no_deployment_that_is_there() -> None:
    assert set(MOVES) | {Move.OPEN, Move.ACKNOWLEDGE} == set(Move)
    assert set(WHO_MAY) <= set(Move)


def test_every_state_of_a_mark_and_of_a_step_has_a_sign() -> None:
    assert set(MARK_SIGNS) == set(MarkState)
    assert set(STEP_SIGNS) == set(StepState)


def test_every_step_of_a_run_book_has_its_deed_and_no_deed_is_without_a_step() -> None:
    whole = release(migrations=True, maintenance=True)

    assert {step.id for step in deploy_book(whole, shipped())} == set(deploy.DEEDS)
    assert {step.id for step in rollback_book(whole, shipped())} == set(rollback.DEEDS)


def test_every_verb_is_in_the_hint_that_slack_shows() -> None:
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))

    (command,) = manifest["features"]["slash_commands"]
    assert command["usage_hint"].split(" | ") == list(USAGE)


@pytest.mark.parametrize("verb", USAGE)
def test_every_verb_is_typed_in_a_test(verb: str) -> None:
    tests = "\n".join(path.read_text() for path in python("tests/bot", "tests/commands"))

    assert re.search(rf"/drop {verb}\b", tests)


def test_every_button_says_what_people_were_promised_and_is_named_after_its_verb() -> None:
    shown = {(button["text"]["text"], button["action_id"]) for button in every_button()}

    assert shown == set(BUTTONS.items())
    assert set(BUTTONS.values()) <= set(USAGE)


def python(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (ROOT / folder).rglob("*.py")


def every_button() -> Iterator[dict[str, Any]]:
    """The buttons of every card of every deployment, and of the one notice that has some, as Slack gets them."""
    asks = notice_card(Message(id=f"{DRIFT}1/0a1b", deployment=DeploymentId(""), text="changed"), now=INSIDE)
    yield from (element for block in asks.blocks[1:] for element in block.to_dict()["elements"])
    for deployment in every_deployment():
        drawn = [place.draw(deployment) for place in cards(deployment, shipped(), clock_moved=False)]
        drawn += [section_card(deployment, part, shipped().team) for part in shipped().sections]
        drawn += [steps_card(deployment, book, shipped()) for book in Book]
        for block in (block.to_dict() for card in drawn for block in card.blocks):
            elements = [*block.get("elements", []), *([block["accessory"]] if block.get("accessory") else [])]
            yield from (element for element in elements if element["type"] == "button")


def every_deployment() -> Iterator[Deployment]:
    """One in each status; one with all its items in each state; one whose first step waits; two that halted."""
    yield from map(in_status, Status)
    for state in MarkState:
        deployment = in_status(Status.PREPARING)
        for item in shipped().items():
            deployment = marked(deployment, item, state)
        yield deployment
    under_way = in_status(Status.DEPLOYING)
    yield from map(halted_at, ("prod-health", "deploy-trigger"))
    yield replace(under_way, steps=(replace(under_way.steps[0], state=StepState.WAITING), *under_way.steps[1:]))
