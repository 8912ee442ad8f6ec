"""Decisions in Slack: each button opens its modal, each modal asks for words, each copy of a card settles."""

import pytest

from checklist.marks import MarkState
from checklist.moves import Status
from checklist.words import ItemId
from tests.bot.looks import block
from tests.bot.scene import ALEM, CR, JOHN, VALIDATOR, Scene

pytestmark = pytest.mark.journey

REASON = "One warning in a test file, and customers wait for the repair"
QA, LINT = ItemId("staging-qa"), ItemId("lint")


def offered(view: dict[str, object] | None) -> list[str]:
    return [str(option["value"]) for option in block(view, "items")["element"]["options"]]


async def test_not_ok_and_waive_are_buttons_of_a_section_and_ask_for_words(scene: Scene) -> None:
    await scene.opens()
    await scene.is_read()
    await scene.quiet()

    await scene.clicks(VALIDATOR, "Not OK", block_id=await scene.sees_button_in(VALIDATOR, "Not OK", "staging"))
    mine = offered(await scene.view(VALIDATOR))
    assert await scene.submits(VALIDATOR, items=["staging-qa"], reason="The second screen is empty") == {}
    await scene.quiet()
    await scene.clicks(ALEM, "Waive", block_id=await scene.sees_button_in(ALEM, "Waive", "code-quality"))
    waivable = offered(await scene.view(ALEM))
    short = await scene.submits(ALEM, items=["lint"], reason="no time")
    assert await scene.submits(ALEM, items=["lint"], reason=REASON) == {}

    assert "staging-qa" in mine
    assert "staging-health" not in mine
    assert "lint" in waivable
    assert "at least 20 characters" in short["reason"]
    marks = scene.deployment().marks
    assert (marks[QA].state, marks[LINT].state) == (MarkState.FAILED, MarkState.WAIVED)
    await scene.sees("staging-qa is not OK, says Validator: The second screen is empty")
    await scene.sees("lint waived by Alem Bašić")


async def test_a_modal_opens_with_nothing_that_belongs_to_somebody_else(scene: Scene) -> None:
    await scene.opens()
    await scene.is_read()

    attest = await scene.says(ALEM, f"/drop attest {CR} staging")
    fail = await scene.says(ALEM, f"/drop fail {CR} staging")
    waive = await scene.says(JOHN, f"/drop waive {CR} code-quality")

    assert "belongs to the validator" in attest
    assert "belongs to the" in fail
    assert "Waive is for approver" in waive
    assert await scene.view(ALEM) is None
    assert scene.refusals() == ["WrongRole", "WrongRole", "NotAllowed"]


async def test_the_signer_withdraws_by_button_and_every_copy_of_the_card_settles(scene: Scene) -> None:
    deployment = await scene.is_approved()
    assert deployment.plan
    await scene.sees("Receipt: Alem Bašić signed plan", person=ALEM)
    await scene.sees_button(ALEM, "Withdraw", channel="D0ALEM")

    await scene.sees_button(JOHN, "Withdraw")
    by_john = await scene.clicks(JOHN, "Withdraw")
    await scene.clicks(ALEM, "Withdraw", channel="D0ALEM")
    assert await scene.submits(ALEM, reason="The partner bank called") == {}

    assert "Only whoever signed the approval may withdraw it" in by_john
    assert scene.deployment().status is Status.PREPARING
    await scene.no_longer_sees_button(ALEM, "Withdraw")
    await scene.sees(f"{CR}: Alem Bašić withdrew the approval: The partner bank called.")


async def test_when_its_window_is_over_request_approval_offers_the_next_five(scene: Scene) -> None:
    await scene.prepares()
    await scene.people.moves_clock(4 * 3600)
    await scene.is_surveyed_again()
    await scene.sees_button(JOHN, "Request approval")

    await scene.clicks(JOHN, "Request approval")
    options = block(await scene.view(JOHN), "window")["element"]["options"]
    assert await scene.submits(JOHN, window=options[0]["value"]) == {}

    asked = await scene.becomes(Status.AWAITING_APPROVAL)
    assert asked.window is not None
    assert len(options) == 5
    assert options[0]["text"]["text"] == asked.window.words
    assert asked.window.words.endswith("02:00–06:00 Oslo")
    await scene.sees(
        f"asks for approval of plan {asked.plan.digest[:8] if asked.plan else ''}, for {asked.window.words}"
    )
