"""A real Bolt app hears commands and events as from Slack, and its answers are shown."""

import asyncio

import pytest
from slack_bolt.async_app import AsyncApp

from sandbox import seed
from sandbox.client import Control
from sandbox.server import Sandbox
from sandbox.slack.manifest import Manifest
from tests.sandbox.slack.app import Body, Listener

pytestmark = pytest.mark.usefixtures("connected")


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


async def test_a_response_url_is_good_for_five_answers(bot: AsyncApp, people: Control) -> None:
    statuses: list[int] = []

    @bot.command("/drop")
    async def drop(ack: Listener, respond: Listener) -> None:
        for number in range(6):
            statuses.append((await respond(text=f"{number}")).status_code)
        await ack()

    await people.says("john", "/drop status")

    assert statuses == [200] * 5 + [404]


async def test_a_bot_that_does_not_answer_looks_dead_to_the_person(sandbox: Sandbox, people: Control) -> None:
    sandbox.world.link.patience = 0.05

    # No listener knows the command, so Bolt sends no ack.
    assert await people.says("john", "/drop status") == {"ok": False, "error": "operation_timeout"}


async def test_commands_have_no_place_in_threads(people: Control) -> None:
    answer = await people.says("john", "/drop status", thread_ts="1760000000.000001")

    assert answer["error"] == "not_supported_in_threads"


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


async def test_the_bot_hears_of_someone_who_left_if_it_subscribed(
    sandbox: Sandbox, bot: AsyncApp, people: Control
) -> None:
    heard: asyncio.Queue[Body] = asyncio.Queue()
    sandbox.world.workspace.manifest = Manifest(events=frozenset({"user_change"}))

    @bot.event("user_change")
    async def changed(event: Body) -> None:
        await heard.put(event["user"])

    await people.changes("stranger", deleted=True)
    user = await asyncio.wait_for(heard.get(), 5)

    assert (user["id"], user["deleted"]) == ("U0STRANGER", True)


async def test_events_that_were_not_subscribed_to_stay_away(people: Control) -> None:
    await people.says("john", "hello")

    assert not [entry for entry in (await people.log())["slack"] if entry["kind"] == "deliver"]
