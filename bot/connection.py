"""The connection to Slack for as long as the bot serves: a socket that we keep up, or requests that Slack sends."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk import Desk
from bot.listeners import listen
from bot.requests import WatchedApp
from bot.settings import Settings
from bot.socket_mode import Socket
from bot.troubles import translated
from checklist.errors import Outage

HAND_OVER = 4.0  # seconds that a request in hand is given when the bot stops: one more than Slack waits
TEAM_WITHIN = 2.0  # seconds that the start waits for Slack to say which workspace this is
ASK_EVERY = 60.0  # seconds between two looks whether Slack still answers us
STALE = 180.0  # seconds after which an answer no longer says that Slack is there
log = structlog.get_logger()

Connected = Callable[[], bool]
Reached = Callable[[], None]


class WrongWorkspace(Exception):
    """The bot token belongs to another workspace than checklist.yml names."""


def answering(
    app: WatchedApp, client: AsyncWebClient, settings: Settings, *, reached: Reached = lambda: None
) -> AbstractAsyncContextManager[Connected]:
    """Slack reaches the app inside the block, as soon as it can. Yields whether it does now.

    `reached` is called whenever Slack is there again.
    """
    if settings.slack_app_token is None:
        return _asked(client, reached)
    return _socket(app, settings.slack_app_token.get_secret_value(), reached)


def app_for(client: AsyncWebClient, desk: Desk, settings: Settings) -> WatchedApp:
    """Bolt with our listeners. The ack leaves when a listener returns: Bolt's other way looks for it every 10 ms."""
    secret = settings.slack_signing_secret
    app = WatchedApp(
        metrics=desk.metrics,
        client=client,
        authorize=_always(settings),
        process_before_response=True,
        signing_secret=secret.get_secret_value() if secret else None,
        request_verification_enabled=not settings.socket_mode,
    )
    listen(app, desk)
    return app


@asynccontextmanager
async def during(*work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """The work goes on inside the block, and ends with it. If a part of it fails, so does the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def same_workspace(client: AsyncWebClient, expected: str) -> None:
    """Raises WrongWorkspace. Slack not answering is no reason not to start: a rollback needs Fly alone."""
    try:
        async with translated(), asyncio.timeout(TEAM_WITHIN):
            answer = await client.auth_test()
    except Outage as outage:
        log.warning("slack did not say which workspace this is", advice=outage.advice)
        return
    if answer["team_id"] != expected:
        raise WrongWorkspace(answer["team_id"], expected)


@asynccontextmanager
async def _socket(app: WatchedApp, token: str, reached: Reached) -> AsyncIterator[Connected]:
    """Socket Mode. What is in hand at the end is answered before the socket closes."""
    socket = Socket(app, token, reached=reached)
    try:
        async with during(socket.keep()):
            yield lambda: socket.connected
            await app.finished(within=HAND_OVER)
    finally:
        await socket.close()


@asynccontextmanager
async def _asked(client: AsyncWebClient, reached: Reached) -> AsyncIterator[Connected]:
    """Signed HTTP: Slack calls when it has something to say, so we ask it now and then whether it knows us."""
    answered = -STALE

    def connected() -> bool:
        return time.monotonic() - answered < STALE

    async def ask() -> None:
        nonlocal answered
        while True:
            try:
                async with translated():
                    await client.auth_test()
                if not connected():
                    reached()
                answered = time.monotonic()
            except Outage as outage:
                log.warning("slack does not answer", advice=outage.advice)
            await asyncio.sleep(ASK_EVERY)

    async with during(ask()):
        yield connected


def _always(settings: Settings) -> Callable[..., Awaitable[AuthorizeResult]]:
    """One workspace, one token: nothing to look up for each request."""

    async def authorize(**_: object) -> AuthorizeResult:
        token = settings.slack_bot_token.get_secret_value()
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=token)

    return authorize
