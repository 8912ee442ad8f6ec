"""The connection to Slack: Socket Mode, kept up for as long as the bot serves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk import Desk
from bot.listeners import listen
from bot.settings import Settings
from bot.slack import translated
from checklist.errors import Outage

log = structlog.get_logger()


class WrongWorkspace(Exception):
    """The bot token belongs to another workspace than checklist.yml names."""


@asynccontextmanager
async def answering(client: AsyncWebClient, desk: Desk, settings: Settings) -> AsyncIterator[None]:
    """Slack's doors are open inside the block, as soon as Slack takes the connection."""
    handler = AsyncSocketModeHandler(app_for(client, desk, settings), settings.slack_app_token.get_secret_value())
    try:
        async with during(_connect(handler)):
            yield
    finally:
        await _untyped(handler.close_async)


def app_for(client: AsyncWebClient, desk: Desk, settings: Settings) -> AsyncApp:
    """Bolt with our listeners. The ack leaves when a listener returns: Bolt's other way looks for it every 10 ms."""
    app = AsyncApp(
        client=client,
        authorize=_always(settings),
        process_before_response=True,
        request_verification_enabled=False,
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
        async with translated():
            answer = await client.auth_test()
    except Outage as outage:
        log.warning("slack did not say which workspace this is", advice=outage.advice)
        return
    if answer["team_id"] != expected:
        raise WrongWorkspace(answer["team_id"], expected)


async def _connect(handler: AsyncSocketModeHandler) -> None:
    """Until Slack takes the connection; after that the client keeps it by itself."""
    while True:
        try:
            async with translated():
                await _untyped(handler.connect_async)
        except Outage as outage:
            log.warning("slack cannot be reached", advice=outage.advice)
            await asyncio.sleep(1)
        else:
            return


def _always(settings: Settings) -> Callable[..., Awaitable[AuthorizeResult]]:
    """One workspace, one token: nothing to look up for each request."""

    async def authorize(**_: object) -> AuthorizeResult:
        token = settings.slack_bot_token.get_secret_value()
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=token)

    return authorize


async def _untyped(call: Callable[[], Awaitable[None]]) -> None:
    """Await a method that its library left without types."""
    await call()
