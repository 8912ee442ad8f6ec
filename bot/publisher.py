"""The publisher: it makes Slack show what the record says. Notices once and in order, cards edited in place.

Everything it needs is in the record, so it can be killed at any moment, and Slack may be away for as long as it likes.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

import structlog
from slack_sdk.errors import SlackObjectFormationError

from bot.cards import Place, cards
from bot.pace import Monotonic
from bot.poster import NotYet, Poster
from bot.troubles import Deleted, Reach, Trouble
from bot.views.deployment import Card
from bot.views.notices import notice_card
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.drift import Drift
from checklist.errors import RecordOutage
from checklist.ports import Clock, Message, Record, Work
from checklist.record import Fact, sha256
from checklist.words import DeploymentId
from runs.deps import Aside

T = TypeVar("T")
TICK = 0.5  # seconds between two looks when nobody woke us
CALM = 3.0  # seconds between two edits of one card while its status stays the same
ATTEMPTS = 5  # how often a message is tried that Slack refuses
log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Publisher:
    """One per process that runs."""

    record: Record
    checklist: Checklist
    poster: Poster
    clock: Clock
    aside: Aside
    monotonic: Monotonic = time.monotonic
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _seen: dict[str, tuple[int, str]] = field(default_factory=dict)  # card → revision looked at, status then
    _edited: dict[str, float] = field(default_factory=dict)  # card → monotonic time of its last edit
    _began: bool = False  # whether the newest cards were looked at since this process began

    @property
    def trouble(self) -> str:
        """Why Slack does not show what the record says; empty while it does."""
        return self.poster.trouble

    def wake(self) -> None:
        """Something was committed: look at once."""
        self._woken.set()

    def reached(self) -> None:
        """Slack has just been heard from: what waited for it is tried at once."""
        self.poster.interrupt()
        self.wake()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.tick()
            except RecordOutage as outage:
                log.warning("the cards wait for the record", advice=outage.advice)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):  # wait_for can swallow a cancellation before Python 3.12
                    await self._woken.wait()
            self._woken.clear()

    async def say(self, notice: str, *, within: timedelta) -> str | None:
        """Wait until the queued notice was said; None when it was not in time, or Slack refuses it for good."""
        self.reached()
        deadline = self.monotonic() + within.total_seconds()
        while self.monotonic() < deadline:
            message = await self._look(lambda work: work.messages.get(notice))
            if message is not None and message.state == "sent":
                return message.ts
            if message is not None and message.state == "undelivered":
                return None
            self.wake()
            await asyncio.sleep(0.1)
        return None

    async def tick(self) -> None:
        """Say what waits to be said, then redraw what changed, as far as Slack and the pace allow."""
        if self.poster.rests:
            return
        with contextlib.suppress(Trouble):  # all of Slack is away: the record goes on without it
            await self._say_all()
            await self._draw_all()

    # Notices

    async def _say_all(self) -> None:
        """In order in each conversation: one that takes nothing now keeps no other from being spoken in."""
        silent: set[str | None] = set()
        for notice in await self._look(lambda work: work.messages.pending()):
            if notice.to not in silent and not await self._said(notice):
                silent.add(notice.to)

    async def _said(self, notice: Message) -> bool:
        """Whether the next notice may follow. Raises Trouble when all of Slack is away."""
        try:
            await self.poster.post(notice, notice_card(notice, now=self.clock.now()))
        except NotYet:
            return False
        except Trouble as trouble:
            return await self._refused(notice, trouble)
        return True

    # Cards

    async def _draw_all(self) -> None:
        behind = await self._look(self._behind)
        drawn = [await self._draw(id) for id in behind]
        self._began = self._began or all(drawn)

    async def _draw(self, id: DeploymentId) -> bool:
        """Whether all cards of the deployment show it as it is. Raises Trouble when all of Slack is away."""
        deployment, drift = await self._look(lambda work: _as_it_stands(work, id))
        places = list(cards(deployment, self.checklist, clock_moved=self.clock.moved, drift=drift))
        shown = all([await self._shows(deployment, place) for place in places])
        if shown:
            await self._keep(lambda work: work.messages.shown(id, deployment.revision))
        return shown

    def _behind(self, work: Work) -> tuple[DeploymentId, ...]:
        """Whose cards do not show the record; at first also the newest, which this version may draw otherwise."""
        behind = work.messages.behind()
        if self._began:
            return behind
        newest = [found.id for found in (work.deployments.open(), work.deployments.last()) if found]
        return tuple(dict.fromkeys((*behind, *newest)))

    async def _shows(self, deployment: Deployment, place: Place) -> bool:
        """Whether the card shows this revision, or never will. Raises Trouble when all of Slack is away."""
        if self._seen.get(place.id) == (deployment.revision, deployment.status):
            return True
        card = await self._card(deployment, place)
        try:
            shown = card is None or await self._drawn(deployment, place, card)
        except NotYet:
            return False
        except SlackObjectFormationError:
            log.exception("a card is not as Slack wants it", card=place.id)
            shown = True
        except Deleted as deleted:
            return await self._anew(place, card, deleted)
        except Trouble as trouble:
            shown = await self._refused(card, trouble) if card else True
        if shown:
            self._seen[place.id] = (deployment.revision, deployment.status)
        return shown

    async def _drawn(self, deployment: Deployment, place: Place, card: Message) -> bool:
        """Post or redraw the card if it shows something else. Raises NotYet, Trouble."""
        if card.state == "sent":
            self._wait_for_calm(deployment, place)  # before it is drawn, which costs more than to look at the time
        digest = _digest(place.draw(replace(deployment, revision=0)))
        if card.state == "undelivered" or (card.state == "sent" and card.drawn == digest):
            return True
        if card.state != "sent":
            await self.poster.post(card, place.draw(deployment))
        else:
            await self.poster.edit(card, place.draw(deployment))
            self._edited[place.id] = self.monotonic()
        await self._keep(lambda work: work.messages.drawn(place.id, digest))
        return True

    def _wait_for_calm(self, deployment: Deployment, place: Place) -> None:
        """A new status is shown at once; progress at most every few seconds. Raises NotYet."""
        _, status = self._seen.get(place.id, (0, ""))
        edited = self._edited.get(place.id)
        if status == deployment.status and edited is not None and self.monotonic() - edited < CALM:
            raise NotYet

    async def _card(self, deployment: Deployment, place: Place) -> Message | None:
        """The card's row; None when it was never posted and is not wanted now."""
        found = await self._look(lambda work: work.messages.get(place.id))
        if found is not None or not place.wanted:
            return found
        row = Message(id=place.id, deployment=deployment.id, to=place.to, thread=place.thread)
        return await self._keep(lambda work: work.messages.card(row))

    async def _anew(self, place: Place, card: Message | None, deleted: Deleted) -> bool:
        """Somebody deleted the card, or the one it hangs on: that one is posted anew, with all that hangs on it."""
        top = place.id if card and card.state == "sent" else place.thread or place.id
        log.warning("a card was deleted", card=top, advice=deleted.advice)

        def forget(work: Work) -> tuple[Message, ...]:
            below = work.messages.below(top)
            for id in (top, *(each.id for each in below)):
                work.messages.gone(id)
            return below

        for old in await self._keep(forget):
            self._seen.pop(old.id, None)
            if old.state == "sent":
                with contextlib.suppress(NotYet, Trouble):  # a copy that stays behind does no harm
                    await self.poster.delete(old)
        self._seen.pop(top, None)
        return False

    # What Slack does not take

    async def _refused(self, message: Message, trouble: Trouble) -> bool:
        """Whether to go on without it: it was tried often enough. Raises the trouble when it is all of Slack's."""
        if trouble.reach is Reach.WORKSPACE:
            raise trouble
        closed = trouble.reach is Reach.CONVERSATION and message.to is None
        if trouble.reach is Reach.METHOD or closed:  # the channel is waited for until someone lets the bot in
            return False
        if await self._tried(message, trouble) < ATTEMPTS:
            return False
        self.poster.excuse(message)
        return True

    async def _tried(self, message: Message, trouble: Trouble) -> int:
        """How often it was refused by now; at last it is set aside, and the record says so.

        A card in the channel is not: it may be right again when it shows something else.
        """

        def write(work: Work) -> int:
            attempts = work.messages.refused(message.id)
            if attempts == ATTEMPTS:
                work.journal.append(self._undelivered(message, trouble))
                if message.text or message.to:
                    work.messages.undelivered(message.id)
            return attempts

        attempts = await self._keep(write)
        log.warning("slack refuses a message", message=message.id, advice=trouble.advice, attempts=attempts)
        return attempts

    def _undelivered(self, message: Message, trouble: Trouble) -> Fact:
        return Fact(
            kind="message.undelivered",
            at=self.clock.now(),
            by="bot",
            deployment=message.deployment or None,
            body={"message": message.id, "to": message.to or "the channel", "reason": trouble.advice},
        )

    # The record

    async def _look(self, question: Callable[[Work], T]) -> T:
        def look() -> T:
            with self.record.look() as work:
                return question(work)

        return await self.aside(look)

    async def _keep(self, deed: Callable[[Work], T]) -> T:
        """Write something down, and commit."""

        def write() -> T:
            with self.record.work() as work:
                done = deed(work)
                work.commit()
                return done

        return await self.aside(write)


def _as_it_stands(work: Work, id: DeploymentId) -> tuple[Deployment, Drift | None]:
    deployment = work.deployments.get(id)
    return deployment, work.production.drift(deployment.app)


def _digest(card: Card) -> str:
    """What the card shows, but for the revision it was drawn at."""
    return sha256(json.dumps([card.text, [block.to_dict() for block in card.blocks]], sort_keys=True))
