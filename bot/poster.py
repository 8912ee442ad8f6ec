"""Posting and editing single messages: each once, in its place, at the pace that Slack allows."""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from bot.pace import Bucket, Monotonic, Rest
from bot.slack import Slack
from bot.troubles import Deleted, Doubt, Reach, Trouble
from bot.views.deployment import Card
from checklist.ports import Message, Record, Work
from runs.deps import Aside

T = TypeVar("T")
WORKSPACE = "workspace"
CLOCKS_DIFFER = 600.0  # seconds by which Slack's clock may be behind ours
log = structlog.get_logger()


class NotYet(Exception):
    """Slack is to be left alone for now, or the pace does not allow more."""


@dataclass(slots=True, kw_only=True)
class Poster:
    """What it may have posted it looks for before it posts again, so it can be killed at any moment."""

    record: Record
    aside: Aside
    slack: Slack
    channel: str  # where deployments are told
    is_runner: Callable[[], bool] = lambda: True  # whether this process may still speak: of several, one does
    monotonic: Monotonic = time.monotonic
    time: Callable[[], float] = time.time  # real: Slack's own ids are made of it, however our clock was moved
    _rests: dict[str, Rest] = field(init=False)
    _posts: dict[str, Bucket] = field(init=False)
    _edits: Bucket = field(init=False)
    _troubles: dict[str, str] = field(default_factory=dict)  # what is closed to us → Slack's word for why
    _direct: dict[str, str] = field(default_factory=dict)  # user → the conversation with them

    def __post_init__(self) -> None:
        self._rests = defaultdict(lambda: Rest(self.monotonic))
        self._posts = defaultdict(lambda: Bucket(per_second=1, burst=3, monotonic=self.monotonic))
        self._edits = Bucket(per_second=45 / 60, burst=10, monotonic=self.monotonic)

    @property
    def rests(self) -> bool:
        """Whether the whole workspace is left alone."""
        return self._rests[WORKSPACE].is_on

    @property
    def trouble(self) -> str:
        """Why nothing is said in the channel now; empty while all is well."""
        return self._troubles.get(WORKSPACE) or self._troubles.get(self.channel, "")

    def interrupt(self) -> None:
        """There is a reason to try at once, whatever failed before. What Slack asked for is obeyed all the same."""
        self._rests[WORKSPACE].interrupt()
        self._rests[self.channel].interrupt()

    def excuse(self, message: Message) -> None:
        """The message was set aside: what comes after it in its conversation need not wait."""
        self._rests[self._where(message)].succeeded()

    async def post(self, message: Message, card: Card) -> None:
        """Say it, unless it turns out to be there already. Raises NotYet, Trouble."""
        self._may(message)
        thread = await self._thread(message)
        channel = await self._conversation(message)
        ts = await self._find(message, channel, thread) if message.state == "sending" else None
        if ts is None:
            ts = await self._post(message, card, channel, thread)
        await self._keep(lambda work: work.messages.sent(message.id, channel=channel, ts=ts))

    async def edit(self, message: Message, card: Card) -> None:
        """Redraw it where it stands. Raises NotYet, Deleted, Trouble."""
        self._may(message, "chat.update")
        if not self._edits.take():
            raise NotYet
        call = self.slack.edit(message.channel, message.ts, text=card.text, blocks=card.blocks)
        await self._ask("chat.update", message, call)

    async def delete(self, message: Message) -> None:
        """Take it away. Raises NotYet, Trouble."""
        self._may(message, "chat.delete")
        await self._ask("chat.delete", message, self.slack.delete(message.channel, message.ts))

    async def _post(self, message: Message, card: Card, channel: str, thread: str | None) -> str:
        self._may(message, "chat.postMessage")
        if not self._posts[self._where(message)].take():
            raise NotYet
        since = message.since or f"{self.time() - CLOCKS_DIFFER:.6f}"
        head = await self._keep(lambda work: _begun(work, message, since))
        call = self.slack.post(message.id, channel, text=card.text, blocks=card.blocks, thread=thread, head=head)
        try:
            _, ts = await self._ask("chat.postMessage", message, call)
        except Doubt:
            found = await self.slack.find(message.id, channel, thread, since=since)
            if found is None:
                raise
            self._recovered(WORKSPACE)
            return found
        return ts

    async def _find(self, message: Message, channel: str, thread: str | None) -> str | None:
        method = "conversations.replies" if thread else "conversations.history"
        self._may(message, method)
        return await self._ask(
            method, message, self.slack.find(message.id, channel, thread, since=message.since or "0")
        )

    async def _conversation(self, message: Message) -> str:
        if message.to is None:
            return self.channel
        if message.to not in self._direct:
            self._may(message, "conversations.open")
            self._direct[message.to] = await self._ask("conversations.open", message, self.slack.direct(message.to))
        return self._direct[message.to]

    async def _thread(self, message: Message) -> str | None:
        """The message that it hangs on. Raises NotYet while that does not stand there."""
        if message.thread is None:
            return None
        root = await self._get(message.thread)
        if root is None or root.state != "sent":
            raise NotYet
        return root.ts

    # What Slack is left alone with

    def _where(self, message: Message) -> str:
        return message.to or self.channel

    def _may(self, message: Message, method: str = WORKSPACE) -> None:
        """Raises NotYet while the workspace, the conversation or the method rests, or another process speaks."""
        if not self.is_runner() or any(self._rests[name].is_on for name in (WORKSPACE, self._where(message), method)):
            raise NotYet

    async def _ask(self, method: str, message: Message, call: Awaitable[T]) -> T:
        """Await the call, and remember what its failure or success says of the next."""
        try:
            answer = await call
        except Deleted:
            raise
        except Trouble as trouble:
            self._rest_after(trouble, method, self._where(message))
            raise
        self._recovered(WORKSPACE)
        if method.startswith("chat."):
            self._recovered(self._where(message))
        return answer

    def _rest_after(self, trouble: Trouble, method: str, conversation: str) -> None:
        log.warning("slack did not take it", method=method, reach=trouble.reach, advice=trouble.advice)
        if trouble.reach is Reach.METHOD:
            self._rests[method].lasts(trouble.pause)
            return
        where = WORKSPACE if trouble.reach is Reach.WORKSPACE else conversation
        self._rests[where].failed()
        if trouble.reach is not Reach.MESSAGE:
            self._troubles[where] = trouble.advice

    def _recovered(self, where: str) -> None:
        self._rests[where].succeeded()
        if self._troubles.pop(where, ""):
            log.info("slack takes it again", where=where)

    # The record

    async def _get(self, id: str) -> Message | None:
        def look() -> Message | None:
            with self.record.look() as work:
                return work.messages.get(id)

        return await self.aside(look)

    async def _keep(self, deed: Callable[[Work], T]) -> T:
        """Write something down, and commit."""

        def write() -> T:
            with self.record.work() as work:
                if not self.is_runner():
                    raise NotYet
                done = deed(work)
                work.commit()
                return done

        return await self.aside(write)


def _begun(work: Work, message: Message, since: str) -> str:
    """From now on it may stand there. Returns the record's head: Slack keeps it, where nobody can rewrite it with the
    record.
    """
    work.messages.sending(message.id, since=since)
    head = work.journal.head()
    return head.head if head else ""
