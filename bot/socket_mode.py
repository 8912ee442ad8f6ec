"""The socket to Slack: kept up, watched, and opened anew when it is lost, whether anybody says so or not."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.troubles import translated
from checklist.errors import Outage

PING = 5.0  # seconds: a socket that answers none is given up after one and a half of them
ACK_WITHIN = 3.0  # seconds that Slack waits for an ack
BRIEF = 10  # pings: a connection that was shorter is no reason to open the next one at once
LONGEST = 2  # pings: the longest pause before a connection
OPENS_WITHIN = 4  # pings, the pause included
log = structlog.get_logger()
quiet = logging.getLogger("slack_socket")
quiet.setLevel(logging.CRITICAL)  # the client would log the addresses that it opens, which are secrets; we say it below

Message = Mapping[str, object]


class Socket:
    """One connection at a time. `reached` is called whenever Slack says hello."""

    def __init__(
        self, app: AsyncApp, token: str, *, reached: Callable[[], None] = lambda: None, ping: float = PING
    ) -> None:
        self._app = app
        self._reached = reached
        self._ping = ping
        self._client = _Client(app_token=token, web_client=app.client, logger=quiet, ping_interval=ping)
        self._client.message_listeners.append(self._hear)
        self._client.socket_mode_request_listeners.append(self._answer)
        self._open = False
        self._was_open = False

    @property
    def connected(self) -> bool:
        """Whether Slack can reach us now, as far as we know."""
        session = self._client.current_session
        return self._open and session is not None and not session.closed

    async def keep(self) -> None:
        """Until cancelled. The client reconnects by itself; where it would not, it is made to."""
        while True:
            if not await self._client.is_connected():
                self._open = False
                await self._connect()
            await asyncio.sleep(self._ping / 5)

    async def close(self) -> None:
        await _untyped(self._client.close)

    async def _connect(self) -> None:
        """Open a new connection, unless the client is about to."""
        client = self._client
        client.wss_uri = None  # good once: the client would try a spent one for ever
        client.auto_reconnect_enabled = True  # it stays off when an attempt of the client's own is broken off
        if client.connect_operation_lock.locked():
            return
        try:
            async with translated(), asyncio.timeout(self._ping * OPENS_WITHIN):
                await _untyped(client.connect_to_new_endpoint)
        except Outage as outage:
            log.warning("slack cannot be reached", advice=outage.advice)

    async def _hear(self, _: AsyncBaseSocketModeClient, message: Message, raw: str | None = None) -> None:
        """Slack's hello: it delivers from now on."""
        if message.get("type") != "hello":
            return
        connections = message.get("num_connections")
        log.info("slack is connected", connections=connections)
        if self._was_open:
            log.warning("slack was away: what was clicked meanwhile must be clicked again")
        elif connections != 1:
            log.warning("others are connected with this app's token: unless they are yours, revoke it")
        self._open = self._was_open = True
        self._reached()

    async def _answer(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """Bolt's answer, over whichever connection is up by then."""
        began = time.monotonic()
        response = await run_async_bolt_app(self._app, request)
        while True:
            try:
                await send_async_response(client, request, response, began)
            except ConnectionError:
                if time.monotonic() - began > ACK_WITHIN:
                    log.warning("an answer was lost with the connection", type=request.type)
                    return
                await asyncio.sleep(self._ping / 50)
            else:
                return


class _Client(SocketModeClient):
    """Slack's own client, but for one thing: it does not rush from one connection that Slack ends into the next."""

    _opened_at = float("-inf")
    _brief = 0  # connections in a row that were over at once

    async def issue_new_wss_url(self) -> str:
        lasted = time.monotonic() - self._opened_at
        self._brief = self._brief + 1 if lasted < self.ping_interval * BRIEF else 0
        if self._brief > 1:
            await asyncio.sleep(min(LONGEST, 2**self._brief / 20) * self.ping_interval)
        self._opened_at = time.monotonic()
        return await super().issue_new_wss_url()


async def _untyped(call: Callable[[], Awaitable[None]]) -> None:
    """Await a method that its library left without types."""
    await call()
