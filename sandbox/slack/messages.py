"""Conversations and what was said in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sandbox import seed
from sandbox.slack.wire import Object, Refused


@dataclass(slots=True, kw_only=True)
class Message:
    """One message. `at` is the moved time; `ts` is Slack's id, made of real time."""

    channel: str
    ts: str
    user: str
    text: str
    at: datetime
    blocks: list[Object] | None = None
    thread_ts: str | None = None
    metadata: Object | None = None
    only_for: str | None = None  # an ephemeral message is seen by one user, and the platform forgets it
    broadcast: bool = False
    edited: bool = False
    reactions: dict[str, list[str]] = field(default_factory=dict)
    chosen: dict[str, Object] = field(default_factory=dict)  # what each user selected in it, as state.values

    @property
    def by_bot(self) -> bool:
        """Whether the bot said it."""
        return self.user == seed.BOT_USER

    @property
    def is_reply(self) -> bool:
        """Whether it lives in a thread below another message."""
        return self.thread_ts not in (None, self.ts)

    def wire(self, *, metadata: bool = False) -> Object:
        """The message as the Web API and the interactions carry it."""
        message: Object = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text}
        if self.by_bot:
            message |= {"bot_id": seed.BOT_ID, "app_id": seed.APP_ID, "team": seed.TEAM_ID}
        if self.blocks is not None:
            message["blocks"] = self.blocks
        if self.thread_ts is not None:
            message["thread_ts"] = self.thread_ts
        if self.edited:
            message["edited"] = {"user": self.user, "ts": self.ts}
        if self.reactions:
            message["reactions"] = [{"name": n, "users": u, "count": len(u)} for n, u in self.reactions.items()]
        if metadata and self.metadata is not None:
            message["metadata"] = self.metadata
        return message


@dataclass(slots=True, kw_only=True)
class Conversation:
    """A channel, or someone's direct message with the bot."""

    id: str
    name: str
    members: list[str]
    is_im: bool = False
    shared: bool = False  # people of another workspace are in it
    messages: dict[str, Message] = field(default_factory=dict)

    def find(self, ts: object) -> Message:
        """The message of that ts, ephemeral ones excepted: the platform keeps no such thing."""
        message = self.messages.get(str(ts))
        if message is None or message.only_for is not None:
            raise Refused("message_not_found")
        return message

    def kept(self) -> list[Message]:
        """What history and replies can return, oldest first."""
        return [message for message in self.in_order() if message.only_for is None]

    def in_order(self) -> list[Message]:
        """Everything, oldest first."""
        return sorted(self.messages.values(), key=lambda message: message.ts)

    def replies(self, parent: str) -> list[Message]:
        """The thread below a message, without the message."""
        return [message for message in self.kept() if message.is_reply and message.thread_ts == parent]

    def requires(self, user: str) -> None:
        """Refuse the bot where it was not invited."""
        if user not in self.members:
            raise Refused("not_in_channel")


def opening_conversations(people: Iterable[seed.Person]) -> Iterator[Conversation]:
    """The deploy channel with everyone in it, and each person's direct message with the bot."""
    people = list(people)
    everyone = [seed.BOT_USER, *(person.id for person in people)]
    yield Conversation(id=seed.CHANNEL_ID, name=seed.CHANNEL_NAME, members=everyone)
    for person in people:
        yield Conversation(id=person.im, name=person.im, members=[seed.BOT_USER, person.id], is_im=True)
