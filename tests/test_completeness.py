"""What is in one table is in every other: a new verb, refusal, status, state or button cannot be half there."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from slack_sdk.models.blocks import ActionsBlock, Block, SectionBlock

from bot import refusals
from bot.views.deployment import approval_card, deployment_card
from bot.views.sections import section_card, steps_card
from bot.views.text import MARK_SIGNS, STATUS_WORDS, STEP_SIGNS
from checklist import errors
from checklist.books import deploy_book, rollback_book
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.errors import Refusal
from checklist.loading import load
from checklist.marks import Mark, MarkState
from checklist.moves import MOVES, OVER, Move, Status
from checklist.policy import WHO_MAY
from checklist.release import Release
from checklist.steps import Book, Step, StepState
from checklist.words import DeploymentId, ImageDigest, ItemId, PersonId
from commands.usage import USAGE
from runs.deploy import DEEDS as DEPLOY_DEEDS
from runs.rollback import DEEDS as ROLLBACK_DEEDS

ROOT = Path(__file__).parent.parent
MANIFEST = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
MODALS_ONLY = {"deploy"}  # verbs that no button has: they are typed


@pytest.fixture(scope="module")
def checklist() -> Checklist:
    return load(ROOT / "checklist.yml")


def test_every_refusal_has_words_and_there_are_words_for_no_other() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Refusal)}

    assert set(refusals.WORDS) == kinds - {Refusal}


def test_every_refusal_is_raised_somewhere() -> None:
    code = "\n".join(path.read_text() for path in python("bot", "commands", "checklist", "storage", "runs"))

    idle = {kind.__name__ for kind in refusals.WORDS if not re.search(rf"raise {kind.__name__}\b", code)}

    assert idle == {"BadField"} & idle  # it also comes inside BadFields


def test_every_status_has_words_and_a_way_on_unless_it_is_the_end() -> None:
    assert set(STATUS_WORDS) == set(Status)
    leaving = {status for targets in MOVES.values() for status, target in targets.items() if target is not status}
    assert set(Status) - leaving <= OVER
    assert {target for targets in MOVES.values() for target in targets.values()} | {Status.PREPARING} == set(Status)


def test_every_move_is_in_the_table_or_opens_a_deployment() -> None:
    assert set(MOVES) | {Move.OPEN} == set(Move)
    assert set(WHO_MAY) <= set(Move)


def test_every_state_of_a_mark_and_of_a_step_has_a_sign() -> None:
    assert set(MARK_SIGNS) == set(MarkState)
    assert set(STEP_SIGNS) == set(StepState)


def test_every_step_of_a_run_book_has_its_deed_and_no_deed_is_without_a_step(checklist: Checklist) -> None:
    release = a_release(migrations=True, maintenance=True)

    assert {step.id for step in deploy_book(release, checklist)} == set(DEPLOY_DEEDS)
    assert {step.id for step in rollback_book(release, checklist)} == set(ROLLBACK_DEEDS)


def test_every_verb_is_in_the_hint_that_slack_shows() -> None:
    (command,) = MANIFEST["features"]["slash_commands"]

    assert command["usage_hint"].split(" | ") == list(USAGE)


@pytest.mark.parametrize("verb", USAGE)
def test_every_verb_is_spoken_in_a_test(verb: str) -> None:
    spoken = "\n".join(path.read_text() for path in python("tests/bot", "tests/commands"))

    assert re.search(rf"/drop {verb}\b", spoken), f"no test types /drop {verb}"


def test_every_button_is_named_after_a_verb(checklist: Checklist) -> None:
    buttons = {element["action_id"] for card in every_card(checklist) for element in buttons_of(card)}

    assert buttons <= set(USAGE)
    assert buttons == {
        "submit", "approve", "reject", "start", "retry", "rollback", "abandon", "signoff", "confirm", "attest", "check",
    }  # fmt: skip


def test_every_button_says_the_label_that_people_were_promised(checklist: Checklist) -> None:
    labels = {element["text"]["text"] for card in every_card(checklist) for element in buttons_of(card)}

    assert labels == {
        "Request approval", "Approve", "Reject", "Start deployment", "Retry step", "Roll back", "Abandon", "Sign off",
        "Confirm", "Attest", "Check again",
    }  # fmt: skip


def python(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (ROOT / folder).rglob("*.py")


def a_release(*, migrations: bool = False, maintenance: bool = False) -> Release:
    return Release(
        version="0.5.0",
        image="drop-app:v0.5.0",
        digest=ImageDigest("sha256:" + "0" * 64),
        commit="abcdef1",
        customers="nothing",
        risk="low",
        security="none",
        outcome="faster",
        migrations=migrations,
        maintenance=maintenance,
    )


def every_card(checklist: Checklist) -> Iterator[list[Block]]:
    """Every card in every status, with every item in every state, and every step waiting once."""
    for status in Status:
        for state in MarkState:
            deployment = in_status(checklist, status, state)
            yield deployment_card(deployment, checklist, clock_moved=False).blocks
            yield approval_card(deployment, checklist, clock_moved=False).blocks
            yield from (section_card(deployment, part, checklist.team).blocks for part in checklist.sections)
        yield from (steps_card(deployment, book, checklist.team).blocks for book in Book)


def in_status(checklist: Checklist, status: Status, state: MarkState) -> Deployment:
    at = datetime(2026, 11, 25, 1, 10, tzinfo=UTC)
    deployment = Deployment(
        id=DeploymentId("CR-001"),
        app=checklist.production.name,
        release=a_release(),
        requester=PersonId("john"),
        engineer=PersonId("john"),
        window=None,
        checklist=checklist.revision,
        opened_at=at,
        deployed_at=at,
    )
    steps: tuple[Step, ...] = (*deploy_book(deployment.release, checklist), *rollback_book(deployment.release, checklist))
    waiting = tuple(replace(step, state=StepState.WAITING) for step in steps)
    marks = {ItemId(item.id): Mark(state=state) for item in checklist.items()}
    return replace(deployment, status=status, marks=marks, steps=waiting, plan=a_plan(checklist))


def buttons_of(blocks: list[Block]) -> Iterator[dict[str, object]]:
    ...
