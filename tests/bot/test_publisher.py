"""Slack shows what the record says, once, however badly Slack behaves."""

import aiohttp
import pytest

from checklist.moves import Status
from checklist.words import Phase
from sandbox import seed
from tests.bot.looks import until
from tests.bot.scene import ALEM, CR, JOHN, VALIDATOR, Scene

pytestmark = pytest.mark.journey


async def test_a_notice_whose_answer_was_lost_stands_in_the_channel_once(scene: Scene) -> None:
    await scene.opens()
    await scene.sees("CR-001 · Drop")
    await scene.quiet()
    await scene.people.faults("post-then-timeout")

    await scene.says(JOHN, f"/drop abandon {CR} not today")

    await scene.sees("abandoned by John: not today")
    await scene.shows("CR-001 · Drop v0.5.0 · abandoned · nothing, production was not touched")
    assert sum("abandoned by John" in text for text in await scene.channel()) == 1


async def test_a_card_whose_answer_was_lost_stands_in_the_channel_once(scene: Scene) -> None:
    await scene.people.faults("post-then-timeout")

    await scene.opens()

    await scene.is_read()
    await scene.sees("CR-001 · Code quality gates")
    assert "preparing" in await scene.card()


async def test_when_slack_limits_the_rate_everything_is_said_in_order_a_little_later(scene: Scene) -> None:
    await scene.says(JOHN, "/drop deploy 0.5.0")
    await scene.people.faults("slack-ratelimited")

    assert await scene.submits(JOHN, **scene.release()) == {}
    await scene.says(JOHN, f"/drop abandon {CR} not today")

    await scene.sees("abandoned by John: not today")
    await scene.shows("CR-001 · Drop v0.5.0 · abandoned · nothing, production was not touched")
    refused = [e for e in (await scene.people.log())["slack"] if e["kind"] == "api" and e["status"] == 429]
    assert len(refused) >= 3


async def test_the_root_card_is_edited_in_place_and_says_when_it_is_over(scene: Scene) -> None:
    await scene.opens()
    first = await scene.sees("CR-001 · Drop")

    await scene.says(JOHN, f"/drop abandon {CR} not today")
    await scene.shows("CR-001 · Drop v0.5.0 · abandoned · nothing, production was not touched")

    last = await scene.sees("CR-001 · Drop v0.5.0 · abandoned")
    assert first["ts"] == last["ts"]
    assert not [block for block in last["blocks"] if block["type"] == "actions"]


async def test_the_sections_stand_in_the_thread_of_the_root_card(scene: Scene) -> None:
    await scene.opens()

    section = await scene.sees("CR-001 · Code quality gates")

    root = await scene.sees("CR-001 · Drop")
    assert section["thread_ts"] == root["ts"]


async def test_while_slack_is_down_the_deployment_goes_on_and_the_channel_ends_up_right(scene: Scene) -> None:
    await scene.is_approved()
    await scene.settles(Phase.PRE)
    await scene.starts()
    await scene.sees("Deploying Drop v0.5.0 to production")
    await scene.people.faults("slack-down")

    await scene.waits_for(VALIDATOR, "prod-smoke")
    assert await scene.runs_on() == {"v0.5.0"}
    await scene.says(VALIDATOR, f"/drop attest {CR} prod-smoke user-flows ran green, 42 of 42 tests")
    await scene.people.faults("slack-down", on=False)
    await scene.becomes(Status.VERIFYING)

    await scene.sees("Deployment complete: Drop v0.5.0 runs in production")
    await scene.sees("During deployment · 12/12")
    await until(lambda: scene.headlined("verifying"), "the root card never said verifying", within=20)
    notices = [text for text in await scene.channel() if not text.startswith(f"{CR} · Drop")]
    assert len(notices) == len(set(notices))


async def test_without_slack_a_deployment_does_not_start_unannounced_and_a_retry_goes_on_when_it_is_back(
    scene: Scene,
) -> None:
    await scene.is_approved()
    await scene.settles(Phase.PRE)
    await scene.quiet()
    await scene.people.faults("slack-down")

    await scene.says(JOHN, f"/drop start {CR}")

    halted = await scene.becomes(Status.HALTED)
    assert "Slack did not take the announcement. Production was not touched" in halted.reason
    assert await scene.updates() == []
    await scene.people.faults("slack-down", on=False)
    await scene.says(JOHN, f"/drop retry {CR}")
    await scene.waits_for(VALIDATOR, "prod-smoke")
    assert await scene.runs_on() == {"v0.5.0"}
    assert sum("Deploying Drop v0.5.0" in text for text in await scene.channel()) == 1


async def test_a_channel_that_is_archived_makes_the_bot_not_ready_and_decisions_count_all_the_same(
    scene: Scene,
) -> None:
    at = f"http://{scene.house.settings.host}:{scene.house.settings.port}"
    await scene.asks_for_approval()
    await scene.people.faults("channel-archived")
    plan = scene.deployment().plan
    assert plan is not None

    await scene.says(ALEM, f"/drop approve {CR} {plan.digest[:8]}")

    await scene.becomes(Status.APPROVED)
    async with aiohttp.ClientSession() as visitor:

        async def not_ready() -> bool | None:
            async with visitor.get(f"{at}/readyz") as answer:
                return answer.status == 503 or None

        await until(not_ready, "the bot called itself ready", within=10)
    await scene.people.faults("channel-archived", on=False)
    await scene.sees("approved by Alem", within=60)


async def test_the_approvers_card_goes_to_the_approver_alone(scene: Scene) -> None:
    await scene.asks_for_approval()

    await scene.sees_button("alem", "Approve", channel="D0ALEM")

    conversations = (await scene.people.state(JOHN))["messages"]
    assert seed.JOHN.im not in conversations or conversations[seed.JOHN.im] == []
    assert "D0ALEM" not in conversations


async def test_a_modal_that_slack_does_not_take_in_time_is_answered_with_words(scene: Scene) -> None:
    await scene.people.faults("slack-ratelimited")

    answer = await scene.says(JOHN, "/drop deploy 0.5.0")

    assert answer == "Slack: did not answer. Nothing was changed. Try again in a moment."
    assert await scene.view(JOHN) is None
