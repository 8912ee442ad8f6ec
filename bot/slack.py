"""Slack's Web API as the publisher and the checks use it: every failure is an Outage."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block
from slack_sdk.web.async_client import AsyncWebClient

from checklist.errors import Ambiguous, Outage
from checklist.ports import ChannelInfo

EVENT = "drop_message"  # the metadata under which a message carries its id
LOOK_BACK = 100  # messages: what was posted in doubt is among the newest


@dataclass(frozen=True, slots=True)
class Slack:
    """Says, edits and finds messages."""

    client: AsyncWebClient

    async def post(
        self, id: str, channel: str, *, text: str, blocks: Sequence[Block], thread: str | None, head: str = ""
    ) -> tuple[str, str]:
        """Post a message that carries its id, and the record's head. Returns its channel and ts.

        Raises Ambiguous, Outage.
        """
        metadata = {"event_type": EVENT, "event_payload": {"id": id, "head": head}}
        async with translated():
            answer = await self.client.chat_postMessage(
                channel=channel,
                text=text,
                blocks=list(blocks),
                thread_ts=thread,
                metadata=metadata,
                unfurl_links=False,
                unfurl_media=False,
            )
        return str(answer["channel"]), str(answer["ts"])

    async def edit(self, channel: str, ts: str, *, text: str, blocks: Sequence[Block]) -> None:
        """Redraw a message in place."""
        async with translated():
            await self.client.chat_update(channel=channel, ts=ts, text=text, blocks=list(blocks))

    async def find(self, id: str, channel: str, thread: str | None) -> str | None:
        """The ts of the message that carries this id, if it was posted after all."""
        async with translated():
            if thread:
                answer = await self.client.conversations_replies(
                    channel=channel, ts=thread, limit=LOOK_BACK, include_all_metadata=True
                )
            else:
                answer = await self.client.conversations_history(
                    channel=channel, limit=LOOK_BACK, include_all_metadata=True
                )
        messages = answer.get("messages") or []
        return next((m["ts"] for m in messages if m.get("metadata", {}).get("event_payload", {}).get("id") == id), None)

    async def direct(self, user: str) -> str:
        """The channel of the direct message with a user."""
        async with translated():
            answer = await self.client.conversations_open(users=user)
        return str(answer["channel"]["id"])

    async def channel(self, id: str) -> ChannelInfo:
        """What the workspace says of a channel."""
        async with translated():
            answer, team = await self.client.conversations_info(channel=id), await self.client.auth_test()
        found = answer["channel"]
        return ChannelInfo(
            id=found["id"],
            team=team["team_id"],
            is_member=bool(found.get("is_member")),
            is_archived=bool(found.get("is_archived")),
            is_shared=bool(found.get("is_ext_shared")),
        )


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Slack's failures as ours: an error it names is an Outage, silence is Ambiguous."""
    try:
        yield
    except SlackApiError as error:
        name = str(error.response.get("error") or error.response.status_code)
        raise Outage("Slack", name, retry=error.response.status_code != 200) from error
    except aiohttp.ClientConnectorError as error:
        raise Outage("Slack", "cannot be reached", retry=True) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Ambiguous("Slack", "did not answer", retry=True) from error
