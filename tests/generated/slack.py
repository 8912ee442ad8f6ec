"""Slack in memory: what it sends to the bot, and who reads the outbox; both in the form of the sandbox's log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus

from bot.asks import Body
from checklist.ports import Message, Record
from sandbox.slack.wire import Object
from tests.generated.clock import PassingTime
from tests.generated.wires import Death

CHANNEL = "C0DROPDEPLOY"


@dataclass(slots=True, kw_only=True)
class MemorySlack:
    """One workspace's log. While it is `down` it takes nothing."""

    time: PassingTime
    next_n: Callable[[], int]
    log: list[Object] = field(default_factory=list)
    down: bool = False

    @contextmanager
    def delivers(self, method: str, payload: Body) -> Iterator[None]:
        """A payload on its way to the bot: it is acked, unless the bot dies over it."""
        request = {"payload": payload, "envelope_id": f"e{self.next_n()}"}
        entry = self.enters("deliver", method, request)
        try:
            yield
        except Death:
            entry["lost"] = True  # whatever else was acked in the meantime
            raise
        entry["status"] = HTTPStatus.OK
        self.enters("ack", "ack", {})

    def reconnects(self) -> None:
        """A new process opens its connection."""
        self.enters("api", "apps.connections.open", {})["response"] = {"ok": True}

    def takes(self, message: Message, head: str) -> str:
        """A posted message. Returns its ts."""
        request = {"text": message.text, "metadata": {"event_payload": {"id": message.id, "head": head}}}
        entry = self.enters("api", "chat.postMessage", request)
        entry["response"] = {"ok": True, "channel": message.to or CHANNEL, "ts": str(entry["n"])}
        return str(entry["n"])

    def holds(self, id: str) -> str | None:
        """The ts of a message that was stored already."""
        stored = (e for e in self.log if e["method"] == "chat.postMessage")
        found = (e for e in stored if e["request"]["metadata"]["event_payload"]["id"] == id)
        return next((str(entry["n"]) for entry in found), None)

    def enters(self, kind: str, method: str, request: object) -> Object:
        entry: Object = {"n": self.next_n(), "at": self.time.now().isoformat(), "kind": kind, "method": method}
        entry |= {"request": request, "response": None, "status": None}
        self.log.append(entry)
        return entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The port Announcer: says what waits in the outbox, in order, and looks before it says a thing again."""

    record: Record
    slack: MemorySlack
    time: PassingTime

    async def say(self, notice: str, *, within: timedelta) -> str | None:
        if self.slack.down:
            self.time.passes(within.total_seconds())
            return None
        self.says_all()
        with self.record.look() as work:
            return work.outbox.said(notice)

    def says_all(self) -> None:
        """Everything that waits, unless Slack is down."""
        if self.slack.down:
            return
        with self.record.look() as work:
            waiting = work.messages.pending()
        for message in waiting:
            self._say(message)

    def _say(self, message: Message) -> None:
        with self.record.work() as work:
            work.messages.sending(message.id, since=str(self.time.seconds))
            head = work.journal.head()
            work.commit()
        ts = self.slack.holds(message.id) if message.state == "sending" else None
        ts = ts or self.slack.takes(message, head.head if head else "")
        with self.record.work() as work:
            work.messages.sent(message.id, channel=message.to or CHANNEL, ts=ts)
            work.commit()
