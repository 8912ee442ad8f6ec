"""A sandbox without a bot process, and a real Bolt app over Socket Mode beside it."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import seed
from sandbox.client import Control
from sandbox.server import Sandbox


@pytest.fixture
async def slack(sandbox: Sandbox) -> AsyncIterator[AsyncWebClient]:
    """The Web API with the bot's token. It never tries again by itself."""
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(
            token=seed.CREDENTIALS["SLACK_BOT_TOKEN"],
            base_url=sandbox.environment()["SLACK_API_URL"],
            session=session,
            retry_handlers=[],
        )


@pytest.fixture
def bot(slack: AsyncWebClient) -> AsyncApp:
    """The app on which a test hangs its listeners before it is connected."""
    return AsyncApp(client=slack, signing_secret="unused", process_before_response=True)


@pytest.fixture
async def connected(bot: AsyncApp, people: Control) -> AsyncIterator[AsyncSocketModeHandler]:
    # It looks after its connection ten times a second, not every ten seconds. Bolt left its methods untyped.
    handler: Any = AsyncSocketModeHandler(bot, seed.CREDENTIALS["SLACK_APP_TOKEN"], ping_interval=0.1)
    await handler.connect_async()
    await people.waits_for_the_bot()
    yield handler
    await handler.close_async()
