"""The window: going forward needs it open, coming back does not."""

import pytest

from checklist.moves import Status
from checklist.words import Phase
from tests.bot.scene import CR, JOHN, Scene

pytestmark = pytest.mark.journey

FOUR_HOURS = 4 * 3600
TO_SIX = 3 * 3600 + 49 * 60  # from 02:10, when the sandbox opens, to a minute before the window closes


async def test_after_the_window_closed_nothing_starts(scene: Scene) -> None:
    await scene.is_approved()
    await scene.settles(Phase.PRE)
    await scene.sees_button(JOHN, "Start deployment")
    await scene.people.moves_clock(FOUR_HOURS)

    said = await scene.clicks(JOHN, "Start deployment")

    assert said
    assert scene.entries("deployment.started") == []
    assert await scene.updates() == []
    assert scene.refusals()[0] in {"ApprovalEnded", "WindowClosed", "NotNow"}


async def test_nothing_starts_before_the_window_that_was_approved(scene: Scene) -> None:
    await scene.says(JOHN, "/drop deploy 0.5.0")
    second = await scene.window_offered(JOHN, 1)
    await scene.people.closes(JOHN)
    await scene.is_approved(window=second)
    await scene.settles(Phase.PRE)

    answer = await scene.says(JOHN, f"/drop start {CR}")

    assert "it is not the window of this deployment" in answer
    assert "Rolling back is possible at any hour." in answer
    assert scene.deployment().status is Status.APPROVED
    assert scene.refusals() == ["WindowClosed"]
    assert await scene.updates() == []


async def test_a_window_that_has_passed_cannot_be_chosen(scene: Scene) -> None:
    await scene.says(JOHN, "/drop deploy 0.5.0")
    first = await scene.window_offered(JOHN, 0)
    await scene.people.moves_clock(FOUR_HOURS)

    errors = await scene.submits(JOHN, **scene.release(window=first))

    assert "is not one of the next windows" in errors["window"]
    assert scene.opened() is None


async def test_late_in_the_window_one_is_warned(scene: Scene) -> None:
    await scene.people.moves_clock(TO_SIX)

    assert "It is late in the window" in await scene.says(JOHN, "/drop window")


async def test_the_cards_say_that_the_clock_was_moved(scene: Scene) -> None:
    await scene.opens()

    card = await scene.sees("CR-001 · Drop")

    assert "CLOCK MOVED" in str(card["blocks"])
    assert len(scene.entries("clock.moved")) == 1
