"""Slack's Web API as the publisher and the checks use it: every failure is an Outage."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp
from slack_sdk.models.blocks import Block
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.troubles import Deleted, Reach, Trouble, translated
from checklist.ports import ChannelInfo
from checklist.record import Json
from checklist.redaction import Redactor
from fly.account import told_time

EVENT = "drop_message"  # the metadata under which a message carries its id
PAGE = 200  # messages: how many are read at once when one is looked for
ANSWER_WITHIN = 10.0  # seconds


def slack_session() -> aiohttp.ClientSession:
    """The one session for all calls to Slack. A client's own time limit does not hold for a session it is given."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN), raise_for_status=_an_object)


@dataclass(frozen=True, slots=True)
class Slack:
    """Says, edits and finds messages. Every method raises Trouble, and Doubt where nobody knows if it was done."""

    client: AsyncWebClient
    redactor: Redactor = field(default_factory=Redactor)

    async def post(
        self, id: str, channel: str, *, text: str, blocks: Sequence[Block], thread: str | None, head: str = ""
    ) -> tuple[str, str]:
        """Post a message that carries its id, and the record's head. Returns its channel and ts."""
        metadata = {"event_type": EVENT, "event_payload": {"id": id, "head": head}}
        async with translated():
            answer = await self.client.chat_postMessage(
                channel=channel,
                text=self.redactor.text(text),
                blocks=self._drawn(blocks),
                thread_ts=thread,
                metadata=metadata,
                unfurl_links=False,
                unfurl_media=False,
            )
        return str(answer["channel"]), str(answer["ts"])

    async def edit(self, channel: str, ts: str, *, text: str, blocks: Sequence[Block]) -> None:
        """Redraw a message in place. Raises Deleted when it no longer stands there."""
        async with translated():
            shown = self._drawn(blocks)
            await self.client.chat_update(channel=channel, ts=ts, text=self.redactor.text(text), blocks=shown)

    def _drawn(self, blocks: Sequence[Block]) -> list[dict[str, Json]]:
        """As Slack takes them, without a secret in any text."""
        return [self.redactor.body(block.to_dict()) for block in blocks]

    async def now(self) -> datetime:
        """Slack's clock, to the second."""
        async with translated():
            answer = await self.client.auth_test()
        return told_time("Slack", {name.lower(): value for name, value in answer.headers.items()})

    async def delete(self, channel: str, ts: str) -> None:
        """Take a message away; one that is gone already is no trouble."""
        try:
            async with translated():
                await self.client.chat_delete(channel=channel, ts=ts)
        except Deleted:
            return

    async def find(self, id: str, channel: str, thread: str | None, *, since: str) -> str | None:
        """The ts of the message that carries this id, if it was posted after all; `since` is Slack's own time."""
        cursor = ""
        while True:
            async with translated():
                answer = await self._said(channel, thread, since, cursor)
            for message in answer.get("messages") or []:
                if message.get("metadata", {}).get("event_payload", {}).get("id") == id:
                    return str(message["ts"])
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return None

    async def direct(self, user: str) -> str:
        """The channel of the direct message with a user."""
        async with translated():
            answer = await self.client.conversations_open(users=user)
        return str(answer["channel"]["id"])

    async def channel(self, id: str) -> ChannelInfo:
        """What the workspace says of a channel."""
        async with translated():
            answer, team = await self.client.conversations_info(channel=id), await self.client.auth_test()
        found = answer.get("channel")
        if not isinstance(found, dict) or "id" not in found:
            raise Trouble("answered something else than was asked", reach=Reach.CONVERSATION, retry=True)
        return ChannelInfo(
            id=found["id"],
            team=team["team_id"],
            is_member=bool(found.get("is_member")),
            is_archived=bool(found.get("is_archived")),
            is_shared=bool(found.get("is_ext_shared")),
        )

    async def _said(self, channel: str, thread: str | None, since: str, cursor: str) -> AsyncSlackResponse:
        """One page of what was said in a channel, or in a thread."""
        if thread:
            return await self.client.conversations_replies(
                channel=channel, ts=thread, oldest=since, limit=PAGE, cursor=cursor, include_all_metadata=True
            )
        return await self.client.conversations_history(
            channel=channel, oldest=since, limit=PAGE, cursor=cursor, include_all_metadata=True
        )


async def _an_object(response: aiohttp.ClientResponse) -> None:
    """A proxy's page, or half an answer, is no answer of Slack's; the client would stumble over it."""
    try:
        answer = json.loads(await response.read())
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise aiohttp.ClientPayloadError("the body is not Slack's")
