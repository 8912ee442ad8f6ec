"""The publisher: it makes Slack show what the record says. Notices once and in order, cards edited in place.

Everything it needs is in the record, so it can be killed at any moment: what may have been posted is looked for
before it is posted again.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog
from slack_sdk.models.blocks import Block

from bot.cards import Place, cards
from bot.pace import Bucket
from bot.slack import Slack
from bot.views.blocks import section
from bot.views.deployment import Card
from bot.views.text import escape
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.errors import Ambiguous, Outage
from checklist.ports import Clock, Message, Messages, Record
from checklist.record import sha256
from runs.deps import Aside

TICK = 0.5  # seconds between two looks when nobody woke us
CALM = 3.0  # seconds between two edits of one card while its status stays the same
BACK_OFF = 2.0  # seconds after Slack failed
log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Publisher:
    """One per process that runs."""

    record: Record
    checklist: Checklist
    slack: Slack
    clock: Clock
    aside: Aside
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _posts: Bucket = field(default_factory=lambda: Bucket(per_second=1, burst=3))
    _edits: Bucket = field(default_factory=lambda: Bucket(per_second=45 / 60, burst=10))
    _seen: dict[str, tuple[int, str]] = field(default_factory=dict)  # card → revision looked at, status then
    _edited: dict[str, float] = field(default_factory=dict)  # card → monotonic time of its last edit

    def wake(self) -> None:
        """Something was committed: look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.tick()
            except Outage as outage:
                log.warning("slack did not take it", system=outage.system, advice=outage.advice)
                await asyncio.sleep(BACK_OFF)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):  # wait_for can swallow a cancellation before Python 3.12
                    await self._woken.wait()
            self._woken.clear()

    async def say(self, notice: str, *, within: timedelta) -> str | None:
        """Wait until the queued notice was said; None when it was not in time."""
        deadline = time.monotonic() + within.total_seconds()
        while time.monotonic() < deadline:
            message = await self._get(notice)
            if message is not None and message.state == "sent":
                return message.ts
            self.wake()
            await asyncio.sleep(0.1)
        return None

    async def tick(self) -> None:
        """Say what waits to be said, then redraw what changed, as far as the pace allows. Raises Outage."""
        for notice in await self._pending():
            if not await self._say(notice):
                break
        for deployment in await self._deployments():
            for place in cards(deployment, self.checklist, clock_moved=self.clock.moved):
                await self._draw_or_leave(deployment, place)

    # Notices

    async def _say(self, notice: Message) -> bool:
        if not self._posts.take():
            return False
        blocks = [section(escape(notice.text, 2900), block_id=notice.id)]
        await self._post(notice, text=escape(notice.text, 2900), blocks=blocks)
        return True

    # Cards

    async def _draw_or_leave(self, deployment: Deployment, place: Place) -> None:
        """A card that Slack refuses for good must not keep the others from being drawn."""
        try:
            await self._draw(deployment, place)
        except Outage as outage:
            if outage.retry:
                raise
            log.exception("slack refused a card", card=place.id)
            self._seen[place.id] = (deployment.revision, deployment.status)

    async def _draw(self, deployment: Deployment, place: Place) -> None:
        if self._seen.get(place.id) == (deployment.revision, deployment.status):
            return
        message = await self._card(deployment, place)
        if message is None:
            return
        shown = _digest(place.draw(replace(deployment, revision=0)))
        if message.state == "sent" and message.drawn == shown:
            self._seen[place.id] = (deployment.revision, deployment.status)
            return
        if await self._show(deployment, place, message, place.draw(deployment)):
            await self._keep(lambda messages: messages.drawn(place.id, shown))
            self._seen[place.id] = (deployment.revision, deployment.status)

    async def _show(self, deployment: Deployment, place: Place, message: Message, card: Card) -> bool:
        """Post or edit the card; False when it must wait for its turn."""
        if message.state != "sent":
            if not self._posts.take() or not await self._thread_is_there(message):
                return False
            await self._post(message, text=card.text, blocks=card.blocks)
            return True
        if not self._may_edit(deployment, place):
            return False
        await self.slack.edit(message.channel, message.ts, text=card.text, blocks=card.blocks)
        self._edited[place.id] = time.monotonic()
        return True

    def _may_edit(self, deployment: Deployment, place: Place) -> bool:
        """A new status is shown at once; progress at most every few seconds."""
        _, status = self._seen.get(place.id, (0, ""))
        calm = time.monotonic() - self._edited.get(place.id, 0) >= CALM
        return (status != deployment.status or calm) and self._edits.take()

    # Posting once

    async def _post(self, message: Message, *, text: str, blocks: Sequence[Block]) -> None:
        channel = await self.slack.direct(message.to) if message.to else self.checklist.workspace.channel_id
        thread = await self._thread(message)
        ts = await self.slack.find(message.id, channel, thread) if message.state == "sending" else None
        if ts is None:
            await self._keep(lambda messages: messages.sending(message.id))
            ts = await self._post_or_find(message, channel, text=text, blocks=blocks, thread=thread)
        await self._keep(lambda messages: messages.sent(message.id, channel=channel, ts=ts))

    async def _post_or_find(
        self, message: Message, channel: str, *, text: str, blocks: Sequence[Block], thread: str | None
    ) -> str:
        try:
            _, ts = await self.slack.post(
                message.id, channel, text=text, blocks=blocks, thread=thread, head=await self._head()
            )
        except Ambiguous:
            found = await self.slack.find(message.id, channel, thread)
            if found is None:
                raise
            return found
        return ts

    async def _thread_is_there(self, message: Message) -> bool:
        return message.thread is None or await self._thread(message) is not None

    async def _thread(self, message: Message) -> str | None:
        root = await self._get(message.thread) if message.thread else None
        return root.ts if root and root.state == "sent" else None

    # The record

    async def _pending(self) -> tuple[Message, ...]:
        def look() -> tuple[Message, ...]:
            with self.record.look() as work:
                return work.messages.pending()

        return await self.aside(look)

    async def _deployments(self) -> list[Deployment]:
        """The open deployment, and the newest one while it is not the same."""

        def look() -> list[Deployment]:
            with self.record.look() as work:
                found = [work.deployments.open(), work.deployments.last()]
            return list({deployment.id: deployment for deployment in found if deployment}.values())

        return await self.aside(look)

    async def _head(self) -> str:
        """How far the record goes: Slack keeps it, where nobody who rewrites the record can reach it."""

        def look() -> str:
            with self.record.look() as work:
                head = work.journal.head()
            return head.head if head else ""

        return await self.aside(look)

    async def _get(self, id: str) -> Message | None:
        def look() -> Message | None:
            with self.record.look() as work:
                return work.messages.get(id)

        return await self.aside(look)

    async def _card(self, deployment: Deployment, place: Place) -> Message | None:
        """The card's row; None when it was never posted and is not wanted now."""

        def write() -> Message:
            with self.record.work() as work:
                row = Message(id=place.id, deployment=deployment.id, to=place.to, thread=place.thread)
                card = work.messages.card(row)
                work.commit()
                return card

        found = await self._get(place.id)
        if found is not None or not place.wanted:
            return found
        return await self.aside(write)

    async def _keep(self, deed: Callable[[Messages], None]) -> None:
        """Write something down about a message, and commit."""

        def write() -> None:
            with self.record.work() as work:
                deed(work.messages)
                work.commit()

        await self.aside(write)


def _digest(card: Card) -> str:
    """What the card shows, but for the revision it was drawn at."""
    return sha256(json.dumps([card.text, [block.to_dict() for block in card.blocks]], sort_keys=True))
