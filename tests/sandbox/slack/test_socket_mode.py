"""A real Bolt app cannot tell the stand-in from Slack: commands, clicks, modals and connections."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import seed
from sandbox.client import Control
from sandbox.server import Sandbox

pytestmark = pytest.mark.usefixtures("connected")

# Bolt hands its listeners untyped JSON and untyped functions.
Body = dict[str, Any]
Listener = Any

FORM = {
    "type": "modal",
    "callback_id": "deploy",
    "title": {"type": "plain_text", "text": "Deploy"},
    "submit": {"type": "plain_text", "text": "Open"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "version",
            "label": {"type": "plain_text", "text": "Version"},
            "element": {"type": "plain_text_input", "action_id": "version"},
        },
        {
            "type": "input",
            "block_id": "migrations",
            "label": {"type": "plain_text", "text": "Migrations"},
            "element": {
                "type": "static_select",
                "action_id": "migrations",
                "options": [
                    {"text": {"type": "plain_text", "text": "Yes"}, "value": "yes"},
                    {"text": {"type": "plain_text", "text": "No"}, "value": "no"},
                ],
                "initial_option": {"text": {"type": "plain_text", "text": "No"}, "value": "no"},
            },
        },
    ],
}


def button(label: str, **more: object) -> Body:
    return {"type": "button", "text": {"type": "plain_text", "text": label}, "action_id": label.lower(), **more}


def actions(*elements: Body, block_id: str = "CR-001/approval/1") -> Body:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def opens(bot: AsyncApp, form: Body = FORM) -> None:
    """/drop opens a form."""

    @bot.command("/drop")
    async def drop(ack: Listener, body: Body, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=form)
        await ack()


def clicked(bot: AsyncApp, action_id: str) -> list[Body]:
    """What the bot is told when the element is used."""
    bodies: list[Body] = []

    @bot.action(action_id)
    async def click(ack: Listener, body: Body) -> None:
        bodies.append(body)
        await ack()

    return bodies


async def test_the_ack_of_a_command_is_its_reply(bot: AsyncApp, people: Control) -> None:
    bodies: list[Body] = []

    @bot.command("/drop")
    async def drop(ack: Listener, body: Body) -> None:
        bodies.append(body)
        await ack(text="Nothing is open.")

    answer = await people.says("john", "/drop status CR-001")

    assert answer["reply"]["text"] == "Nothing is open."
    assert bodies[0]["text"] == "status CR-001"
    assert bodies[0]["channel_name"] == seed.CHANNEL_NAME
    assert (await people.state("john"))["messages"][seed.CHANNEL_ID][0]["ephemeral"]
    assert (await people.state("alem"))["messages"][seed.CHANNEL_ID] == []


async def test_a_command_opens_a_modal_with_its_trigger(bot: AsyncApp, people: Control) -> None:
    opens(bot)

    answer = await people.says("john", "/drop deploy")

    assert answer == {"ok": True, "reply": None}
    assert (await people.state("john"))["view"]["title"]["text"] == "Deploy"
    assert (await people.state("alem"))["view"] is None


async def test_a_trigger_opens_one_modal_only(bot: AsyncApp, people: Control) -> None:
    said: list[str] = []

    @bot.command("/drop")
    async def drop(ack: Listener, body: Body, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)
        with pytest.raises(SlackApiError) as refused:
            await client.views_open(trigger_id=body["trigger_id"], view=FORM)
        said.append(refused.value.response["error"])
        await ack()

    await people.says("john", "/drop deploy")

    assert said == ["exchanged_trigger_id"]


async def test_errors_stand_below_the_inputs_until_the_form_is_right(bot: AsyncApp, people: Control) -> None:
    opens(bot)

    @bot.view("deploy")
    async def submitted(ack: Listener, view: Body) -> None:
        version = view["state"]["values"]["version"]["version"]["value"]
        if version != "0.5.0":
            await ack(response_action="errors", errors={"version": "There is no such version."})
        else:
            await ack()

    await people.says("john", "/drop deploy")
    refused = await people.submits("john", version="9.9.9")
    shown = await people.state("john")
    accepted = await people.submits("john", version="0.5.0")

    assert refused == {"ok": False, "errors": {"version": "There is no such version."}}
    assert shown["errors"] == {"version": "There is no such version."}
    assert accepted == {"ok": True}
    assert (await people.state("john"))["view"] is None


async def test_an_incomplete_form_never_reaches_the_bot(bot: AsyncApp, people: Control) -> None:
    opens(bot)

    await people.says("john", "/drop deploy")
    answer = await people.submits("john")

    assert answer == {"ok": False, "errors": {"version": "Please complete this required field."}}
    log = await people.log()
    assert not [entry for entry in log["slack"] if entry["kind"] == "deliver" and entry["method"] == "interactive"]


async def test_inputs_that_are_left_alone_keep_what_was_preset(bot: AsyncApp, people: Control) -> None:
    opens(bot)
    values: list[Body] = []

    @bot.view("deploy")
    async def submitted(ack: Listener, view: Body) -> None:
        values.append(view["state"]["values"])
        await ack()

    await people.says("john", "/drop deploy")
    await people.submits("john", version="0.5.0")

    assert values[0]["migrations"]["migrations"]["selected_option"]["value"] == "no"


async def test_nobody_can_fill_in_what_the_form_does_not_have(bot: AsyncApp, people: Control) -> None:
    opens(bot)

    await people.says("john", "/drop deploy")

    assert (await people.submits("john", version="1", nonsense="2"))["error"] == "no_such_input: nonsense"
    assert (await people.submits("john", version="1", migrations="maybe"))["error"] == "no_such_option: maybe"


async def test_closing_a_form_is_told_to_a_bot_that_asked_for_it(bot: AsyncApp, people: Control) -> None:
    opens(bot)
    closed: list[Body] = []

    @bot.view_closed("deploy")
    async def gone(ack: Listener, body: Body) -> None:
        closed.append(body)
        await ack()

    await people.says("john", "/drop deploy")
    await people.closes("john")

    assert closed[0]["is_cleared"] is False
    assert (await people.state("john"))["view"] is None


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


async def test_a_response_url_is_good_for_five_answers(bot: AsyncApp, people: Control) -> None:
    statuses: list[int] = []

    @bot.command("/drop")
    async def drop(ack: Listener, respond: Listener) -> None:
        for number in range(6):
            statuses.append((await respond(text=f"{number}")).status_code)
        await ack()

    await people.says("john", "/drop status")

    assert statuses == [200] * 5 + [404]


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


async def test_a_bot_that_does_not_answer_looks_dead_to_the_person(sandbox: Sandbox, people: Control) -> None:
    sandbox.world.link.patience = 0.05

    # No listener knows the command, so Bolt sends no ack.
    assert await people.says("john", "/drop status") == {"ok": False, "error": "operation_timeout"}


async def test_commands_have_no_place_in_threads(people: Control) -> None:
    answer = await people.says("john", "/drop status", thread_ts="1760000000.000001")

    assert answer["error"] == "not_supported_in_threads"


async def test_a_cut_connection_comes_back(bot: AsyncApp, people: Control, connected: AsyncSocketModeHandler) -> None:
    @bot.command("/drop")
    async def drop(ack: Listener) -> None:
        await ack(text="here")

    await people.disconnects(hard=True)
    await people.waits_for_the_bot()

    assert (await people.says("john", "/drop status"))["reply"]["text"] == "here"


async def test_an_ack_may_come_over_the_next_connection(bot: AsyncApp, people: Control) -> None:
    @bot.command("/drop")
    async def drop(ack: Listener) -> None:
        await people.disconnects("warning")
        await asyncio.sleep(0.1)
        await ack(text="over the new one")

    assert (await people.says("john", "/drop status"))["reply"]["text"] == "over the new one"


async def test_a_ticket_opens_one_connection(slack: AsyncWebClient) -> None:
    opened = await slack.apps_connections_open(app_token=seed.CREDENTIALS["SLACK_APP_TOKEN"])
    url = str(opened["url"]).replace("ws://", "http://", 1)

    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            hello = await socket.receive_json()
            await socket.ping(b"sdk-ping-pong:1")
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)

    assert hello["type"] == "hello"


async def test_the_log_orders_deliveries_and_acks_with_their_answers(bot: AsyncApp, people: Control) -> None:
    @bot.command("/drop")
    async def drop(ack: Listener) -> None:
        await ack(text="yes")

    await people.says("john", "/drop status")

    log = (await people.log())["slack"]
    delivered, acked = (next(entry for entry in log if entry["kind"] == kind) for kind in ("deliver", "ack"))
    assert delivered["n"] < acked["n"]
    assert delivered["request"]["payload"]["command"] == "/drop"
    assert acked["response"] == {"text": "yes"}
    assert "xoxb-" not in str(log)
