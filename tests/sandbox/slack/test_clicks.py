"""Buttons and choices are found as people find them, and a real Bolt app is told of them as by Slack."""

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import seed
from sandbox.client import Control
from tests.sandbox.slack.app import Listener, actions, button, clicked

pytestmark = pytest.mark.usefixtures("connected")


async def test_a_button_is_found_by_its_label_on_the_newest_message(
    bot: AsyncApp, people: Control, slack: AsyncWebClient
) -> None:
    bodies = clicked(bot, "confirm")
    await slack.chat_postMessage(channel=seed.CHANNEL_ID, text="old", blocks=[actions(button("Confirm", value="1"))])
    new = await slack.chat_postMessage(
        channel=seed.CHANNEL_ID, text="new", blocks=[actions(button("Confirm", value="2"))]
    )

    answer = await people.clicks("john", "Confirm")

    assert answer == {"ok": True}
    body = bodies[0]
    assert body["actions"][0]["value"] == "2"
    assert body["actions"][0]["block_id"] == "CR-001/approval/1"
    assert body["message"]["ts"] == body["container"]["message_ts"] == new["ts"]
    assert body["user"]["id"] == "U0JOHN"


async def test_a_button_that_is_not_there_cannot_be_clicked(people: Control) -> None:
    assert await people.clicks("john", "Approve") == {"ok": False, "error": "no_such_button"}


async def test_a_button_with_a_dialog_waits_for_the_persons_yes(
    bot: AsyncApp, people: Control, slack: AsyncWebClient
) -> None:
    bodies = clicked(bot, "approve")
    words = {"title": "Approve?", "text": "Drop v0.5.0", "confirm": "Approve", "deny": "Not yet"}
    dialog = {name: {"type": "plain_text", "text": text} for name, text in words.items()}
    await slack.chat_postMessage(channel="U0ALEM", text="card", blocks=[actions(button("Approve", confirm=dialog))])

    asked = await people.clicks("alem", "Approve", confirm=False)
    silent = list(bodies)
    await people.clicks("alem", "Approve")

    assert asked == {"ok": False, "error": "needs_confirm", "confirm": words}
    assert silent == []
    assert bodies[0]["actions"][0]["confirm"]["title"]["text"] == "Approve?"
    assert bodies[0]["channel"] == {"id": "D0ALEM", "name": "directmessage"}


async def test_the_same_direct_message_is_invisible_to_everyone_else(people: Control, slack: AsyncWebClient) -> None:
    await slack.chat_postMessage(channel="U0ALEM", text="card", blocks=[actions(button("Approve"))])

    assert (await people.clicks("john", "Approve"))["error"] == "no_such_button"


async def test_a_click_is_answered_in_place_or_to_the_clicker_alone(
    bot: AsyncApp, people: Control, slack: AsyncWebClient
) -> None:
    @bot.action("confirm")
    async def confirm(ack: Listener, respond: Listener) -> None:
        await respond(text="Confirmed.", replace_original=True)
        await respond(text="Only you see this.", replace_original=False)
        await ack()

    await slack.chat_postMessage(channel=seed.CHANNEL_ID, text="card", blocks=[actions(button("Confirm"))])
    await people.clicks("john", "Confirm")

    mine = (await people.state("john"))["messages"][seed.CHANNEL_ID]
    theirs = (await people.state("alem"))["messages"][seed.CHANNEL_ID]
    assert [message["text"] for message in mine] == ["Confirmed.", "Only you see this."]
    assert [message["text"] for message in theirs] == ["Confirmed."]


async def test_choices_on_a_message_are_still_there_at_the_next_click(
    bot: AsyncApp, people: Control, slack: AsyncWebClient
) -> None:
    clicked(bot, "pick")
    bodies = clicked(bot, "attest")
    offered = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("logs", "health")]
    boxes = {"type": "checkboxes", "action_id": "pick", "options": offered}
    await slack.chat_postMessage(channel=seed.CHANNEL_ID, text="card", blocks=[actions(boxes, button("Attest"))])

    await people.clicks("john", action_id="pick", value=["health"])
    await people.clicks("john", "Attest")

    entry = bodies[0]["state"]["values"]["CR-001/approval/1"]["pick"]
    assert [option["value"] for option in entry["selected_options"]] == ["health"]


async def test_what_a_thread_of_the_page_shows_is_counted_on_its_root(people: Control, slack: AsyncWebClient) -> None:
    root = str((await slack.chat_postMessage(channel=seed.CHANNEL_ID, text="card"))["ts"])
    await people.says("alem", "<b> & co", thread_ts=root)

    shown, reply = (await people.state("john"))["messages"][seed.CHANNEL_ID]

    assert shown["reply_count"] == 1
    assert reply["text"] == "&lt;b&gt; &amp; co"
    assert reply["thread_ts"] == root
