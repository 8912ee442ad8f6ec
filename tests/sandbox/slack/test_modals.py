"""A real Bolt app opens modals, refuses what is in them, and leads on."""

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.client import Control
from tests.sandbox.slack.app import FORM, Body, Listener, opens

pytestmark = pytest.mark.usefixtures("connected")


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


@pytest.mark.parametrize("action", ["update", "push"])
async def test_a_submission_may_lead_to_another_view(bot: AsyncApp, people: Control, action: str) -> None:
    opens(bot)
    following = {**FORM, "callback_id": "next", "title": {"type": "plain_text", "text": "And then"}}

    @bot.view("deploy")
    async def submitted(ack: Listener) -> None:
        await ack(response_action=action, view=following)

    await people.says("john", "/drop deploy")
    answer = await people.submits("john", version="0.5.0")
    shown = await people.state("john")

    assert answer["view"]["title"]["text"] == shown["view"]["title"]["text"] == "And then"
    assert (shown["view"]["previous_view_id"] is None) == (action == "update")


async def test_an_error_below_an_input_that_is_not_there_is_the_apps_mistake(bot: AsyncApp, people: Control) -> None:
    opens(bot)

    @bot.view("deploy")
    async def submitted(ack: Listener) -> None:
        await ack(response_action="errors", errors={"verison": "no"})

    await people.says("john", "/drop deploy")

    assert (await people.submits("john", version="1"))["error"] == "invalid_submission_response"
