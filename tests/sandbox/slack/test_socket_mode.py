"""Connections come, go and come back, and no ack is lost with one."""

import asyncio

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import seed
from sandbox.client import Control
from sandbox.server import Sandbox
from tests.sandbox.slack.app import Listener

pytestmark = pytest.mark.usefixtures("connected")


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


async def test_the_log_tells_what_a_connection_owed_when_it_ended(bot: AsyncApp, people: Control) -> None:
    @bot.command("/drop")
    async def drop(ack: Listener) -> None:
        await people.disconnects(hard=True)

    await people.says("john", "/drop status")

    (delivered,) = [entry for entry in (await people.log())["slack"] if entry["method"] == "slash_commands"]
    assert delivered["lost"]
    assert delivered["status"] is None


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


async def test_an_app_holds_ten_connections_and_no_more(slack: AsyncWebClient) -> None:
    sockets, frames = [], []
    async with aiohttp.ClientSession() as session:
        for _ in range(10):  # beside the one of the bot
            opened = await slack.apps_connections_open(app_token=seed.CREDENTIALS["SLACK_APP_TOKEN"])
            sockets.append(await session.ws_connect(str(opened["url"])))
            frames.append(await sockets[-1].receive_json())

    assert [frame["type"] for frame in frames] == ["hello"] * 9 + ["disconnect"]
    assert frames[-1]["reason"] == "too_many_websockets"


async def test_a_connection_that_fell_silent_answers_no_ping_and_the_next_one_does(
    people: Control, slack: AsyncWebClient
) -> None:
    opened = await slack.apps_connections_open(app_token=seed.CREDENTIALS["SLACK_APP_TOKEN"])
    async with aiohttp.ClientSession() as session, session.ws_connect(str(opened["url"]), autoping=False) as socket:
        await socket.receive_json()
        await socket.ping(b"before")
        before = (await socket.receive()).data
        await people.faults("slack-half-open")
        await socket.ping(b"after")
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.1)

    assert before == b"before"


async def test_a_connection_that_is_to_end_gets_nothing_more(sandbox: Sandbox) -> None:
    await sandbox.world.link.disconnect("link_disabled")

    assert sandbox.world.link.connections == 0


async def test_slack_can_refuse_every_connection_and_spends_the_ticket(people: Control, slack: AsyncWebClient) -> None:
    opened = await slack.apps_connections_open(app_token=seed.CREDENTIALS["SLACK_APP_TOKEN"])
    url = str(opened["url"])
    async with aiohttp.ClientSession() as session:
        await people.faults("socket-refused")
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await session.ws_connect(url)
        await people.faults("socket-refused", on=False)
        with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
            await session.ws_connect(url)
