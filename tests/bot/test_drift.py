"""Production changed by hand, in Slack: the channel is told, the card says it, and an acknowledgement takes words."""

import pytest

from checklist.moves import Status
from runs import drift
from tests.bot.looks import until
from tests.bot.scene import ALEM, CR, JOHN, STRANGER, VALIDATOR, Scene

pytestmark = pytest.mark.journey

WORDS = "I set the log level to find a leak, and it may stay"


@pytest.fixture
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch notices at once that the clock was moved."""
    monkeypatch.setattr(drift, "TICK", 0.05)


async def drifts(scene: Scene) -> None:
    """Somebody sets a variable by hand, and a minute passes."""
    await scene.knows_production()
    scene.someone_changes_production()
    await scene.people.moves_clock(60)
    await scene.sees("was changed outside of Drop: LOG_LEVEL was added in the environment of machine")


async def card_says(scene: Scene, words: str) -> bool:
    """Whether the root card's blocks have these words."""
    cards = [message for message in await scene.messages() if message["text"].startswith(f"{CR} · Drop")]
    return any(words in str(message["blocks"]) for message in cards)


@pytest.mark.usefixtures("_often")
async def test_the_card_of_the_open_deployment_says_it_until_it_is_acknowledged(scene: Scene) -> None:
    await scene.opens()
    await scene.is_read()
    await drifts(scene)

    async def told() -> bool | None:
        return await card_says(scene, "LOG_LEVEL was added") or None

    async def told_no_more() -> bool | None:
        return None if await card_says(scene, "LOG_LEVEL was added") else True

    await until(told, "the card never says it", within=20)
    await scene.says(ALEM, f"/drop acknowledge {WORDS}")

    await until(told_no_more, "the card says it still", within=20)
    await scene.sees(f"is acknowledged by Alem Bašić: {WORDS}")


@pytest.mark.usefixtures("_often")
async def test_it_is_acknowledged_by_button_with_enough_words(scene: Scene) -> None:
    await drifts(scene)
    await scene.sees_button(JOHN, "Acknowledge")

    assert "not in the deployment team" in await scene.clicks(STRANGER, "Acknowledge")
    await scene.clicks(JOHN, "Acknowledge")
    assert list(await scene.submits(JOHN, words="it was me")) == ["words"]
    assert await scene.submits(JOHN, words=WORDS) == {}

    (acknowledged,) = scene.entries("drift.acknowledged")
    assert (acknowledged.by, acknowledged.body["words"]) == (JOHN, WORDS)
    assert "nothing to acknowledge" in await scene.clicks(JOHN, "Acknowledge")
    assert await scene.opens() == {}


@pytest.mark.usefixtures("_often")
async def test_an_approved_deployment_does_not_start_before_it_is_acknowledged(scene: Scene) -> None:
    await scene.is_approved()
    await drifts(scene)

    answer = await scene.says(JOHN, f"/drop start {CR}")

    assert "Production was changed outside of Drop" in answer
    assert scene.deployment().status is Status.APPROVED
    assert scene.refusals() == ["Drifted"]


@pytest.mark.usefixtures("_often")
async def test_rolling_back_is_never_refused_for_it_and_what_the_run_does_itself_is_not_reported(scene: Scene) -> None:
    await scene.is_approved()
    await scene.starts()
    await scene.waits_for(VALIDATOR, "prod-smoke")
    await drifts(scene)

    await scene.says(JOHN, f"/drop rollback {CR} errors")
    await scene.waits_for(VALIDATOR, "rb-verify-smoke")
    await scene.people.moves_clock(60)
    await scene.says(VALIDATOR, f"/drop attest {CR} rb-verify-smoke {WORDS}")
    await scene.becomes(Status.ROLLED_BACK)

    assert await scene.runs_on() == {"v0.4.2"}
    assert len(scene.entries("drift.seen")) == 1
