"""The directory of people is as awkward as Slack's, and what somebody did can be sent again."""

import asyncio
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import seed
from sandbox.client import Control
from tests.sandbox.slack.app import actions, button, clicked

User = dict[str, Any]


async def user_of(slack: AsyncWebClient, id: str) -> User:
    user: User = (await slack.users_info(user=id))["user"]
    return user


async def test_of_somebody_deactivated_slack_tells_little_but_that(people: Control, slack: AsyncWebClient) -> None:
    await people.changes("alem", deleted=True)

    user = await user_of(slack, seed.ALEM.id)

    assert user["deleted"] is True
    assert not {"is_restricted", "is_ultra_restricted", "real_name", "tz"} & set(user)


async def test_a_guest_of_one_channel_is_a_guest_twice_over(people: Control, slack: AsyncWebClient) -> None:
    await people.changes("stranger", is_ultra_restricted=True)

    user = await user_of(slack, seed.STRANGER.id)

    assert (user["is_restricted"], user["is_ultra_restricted"]) == (True, True)


async def test_slackbot_is_no_bot_if_one_asks_slack(slack: AsyncWebClient) -> None:
    assert (await user_of(slack, "USLACKBOT"))["is_bot"] is False


async def test_nobody_of_that_id_is_an_error(slack: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="user_not_found"):
        await slack.users_info(user="U0NOBODY")


async def test_each_change_of_a_person_is_later_than_the_one_before(people: Control, slack: AsyncWebClient) -> None:
    times = []
    for gone in (True, False, True):
        await people.changes("alem", deleted=gone)
        times.append((await user_of(slack, seed.ALEM.id))["updated"])

    assert times == sorted(set(times))


async def test_a_channel_may_be_shared_with_another_workspace_and_no_longer(
    people: Control, slack: AsyncWebClient
) -> None:
    await people.shares_channel()
    shared = await slack.conversations_info(channel=seed.CHANNEL_ID)
    await people.shares_channel(shared=False)
    own = await slack.conversations_info(channel=seed.CHANNEL_ID)

    assert (shared["channel"]["is_ext_shared"], own["channel"]["is_ext_shared"]) == (True, False)


@pytest.mark.usefixtures("connected")
async def test_what_somebody_of_another_workspace_does_names_that_workspace(
    bot: AsyncApp, people: Control, slack: AsyncWebClient
) -> None:
    bodies = clicked(bot, "confirm")
    await slack.chat_postMessage(channel=seed.CHANNEL_ID, text="card", blocks=[actions(button("Confirm"))])
    await people.changes("stranger", team_id="T0ELSEWHERE")

    await people.clicks("stranger", "Confirm")

    assert (bodies[0]["team"]["id"], bodies[0]["user"]["team_id"]) == (seed.TEAM_ID, "T0ELSEWHERE")


@pytest.mark.usefixtures("connected")
async def test_a_click_sent_again_is_the_very_same_and_a_fresh_one_is_another(
    bot: AsyncApp, people: Control, slack: AsyncWebClient
) -> None:
    bodies = clicked(bot, "confirm")
    await slack.chat_postMessage(channel=seed.CHANNEL_ID, text="card", blocks=[actions(button("Confirm", value="1"))])
    await people.clicks("john", "Confirm")

    await asyncio.gather(people.again("john"), people.again("john"))
    await people.again("john", fresh=True)

    first, second, third, fresh = bodies
    assert first == second == third
    assert fresh["actions"][0].pop("action_ts") > first["actions"][0].pop("action_ts")
    assert fresh["trigger_id"] != first["trigger_id"]
    assert fresh["actions"] == first["actions"]


async def test_whoever_did_nothing_cannot_do_it_again(people: Control) -> None:
    assert (await people.again("john"))["error"] == "nothing_to_repeat"
