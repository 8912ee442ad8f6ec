"""The workspace: its people and conversations, what is open in front of whom, and the log of what was asked."""

import time as real
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from sandbox import seed
from sandbox.faults import Faults
from sandbox.slack.manifest import Manifest
from sandbox.slack.messages import Conversation, Message, opening_conversations
from sandbox.slack.modals import Modals
from sandbox.slack.rates import Rates
from sandbox.slack.tickets import Tickets
from sandbox.slack.wire import Object, Refused


class Workspace:
    """Everything that Slack remembers. `now` is the moved time, `time` the real one in seconds."""

    def __init__(
        self,
        base_url: str,
        *,
        manifest: Manifest | None = None,
        faults: Faults | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        time: Callable[[], float] = real.time,
        next_n: Callable[[], int] | None = None,
    ) -> None:
        self.base_url = base_url
        self.manifest = manifest or Manifest()
        self.faults = faults or Faults()
        self.now = now
        self.time = time
        self.people = {person.id: _member(person) for person in seed.PEOPLE}
        self.bot = _bot()
        self.slackbot = _member(seed.Person("slackbot", "USLACKBOT", "Slackbot", ""))  # no bot, if one asks Slack
        self.conversations = {talk.id: talk for talk in opening_conversations(seed.PEOPLE)}
        self.modals = Modals(time)
        self.tickets = Tickets(time)
        self.rates = Rates(time)
        self.log: list[Object] = []
        self.version = 0  # rises with everything that someone could see
        self._next_n = next_n or _counter()
        self._last_ts = 0

    def changed(self) -> None:
        """Say that something which someone could see is different now."""
        self.version += 1

    def new_ts(self) -> str:
        """An id made of real time, later than every one before it."""
        self._last_ts = max(self._last_ts + 1, int(self.time() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def conversation(self, name: object) -> Conversation:
        """A conversation by its id, by #name, or by the user at the other end of it."""
        user = self.people.get(str(name))
        if user is not None:
            return self.conversations["D" + str(name).removeprefix("U")]
        for talk in self.conversations.values():
            if name == talk.id or (not talk.is_im and str(name).removeprefix("#") == talk.name):
                return talk
        raise Refused("channel_not_found")

    def is_archived(self, talk: Conversation) -> bool:
        return talk.id == seed.CHANNEL_ID and self.faults.on("channel-archived")

    def requires_open(self, talk: Conversation) -> None:
        """Refuse to write where nothing may be written any more."""
        if self.is_archived(talk):
            raise Refused("is_archived")

    def say(
        self,
        talk: Conversation,
        user: str,
        text: str,
        *,
        blocks: list[Object] | None = None,
        thread_ts: str | None = None,
        metadata: Object | None = None,
        only_for: str | None = None,
        broadcast: bool = False,
    ) -> Message:
        """Add a message to a conversation; one that is `only_for` someone is ephemeral."""
        message = Message(channel=talk.id, ts=self.new_ts(), user=user, text=text, at=self.now(), blocks=blocks)
        message.thread_ts, message.metadata = thread_ts, metadata
        message.only_for, message.broadcast = only_for, broadcast
        talk.messages[message.ts] = message
        if message.thread_ts in talk.messages and message.only_for is None:
            parent = talk.messages[message.thread_ts]
            parent.thread_ts = parent.thread_ts or parent.ts
        self.changed()
        return message

    def visible_to(self, user: str) -> Iterator[Message]:
        """What the user can see, newest first."""
        seen = [
            message
            for talk in self.conversations.values()
            if user in talk.members
            for message in talk.messages.values()
            if message.only_for in (None, user)
        ]
        yield from sorted(seen, key=lambda message: message.ts, reverse=True)

    def record(self, kind: str, method: str, request: object) -> Object:
        """Begin an entry of the request log; the answer is put into it when there is one."""
        entry: Object = {"n": self._next_n(), "at": self.now().isoformat(), "t": self.time(), "kind": kind}
        entry |= {"method": method, "request": request, "response": None, "status": None}
        self.log.append(entry)
        return entry


def _counter() -> Callable[[], int]:
    last = 0

    def next_n() -> int:
        nonlocal last
        last += 1
        return last

    return next_n


def _member(person: seed.Person) -> Object:
    """A full member, as users.info answers (Slack: user object)."""
    profile = {"real_name": person.name, "display_name": person.name, "title": person.title}
    profile |= {"email": f"{person.key}@alai.example", "image_48": "", "team": seed.TEAM_ID}
    return {
        "id": person.id,
        "team_id": seed.TEAM_ID,
        "name": person.key,
        "real_name": person.name,
        "deleted": False,
        "tz": "Europe/Oslo",
        "tz_label": "Central European Time",
        "tz_offset": 3600,
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": False,
        "is_app_user": False,
        "updated": 1_760_000_000,
    }


def _bot() -> Object:
    bot = _member(seed.Person("drop", seed.BOT_USER, seed.BOT_NAME, ""))
    profile = {**bot["profile"], "bot_id": seed.BOT_ID, "api_app_id": seed.APP_ID}
    del profile["email"]
    return bot | {"is_bot": True, "profile": profile}
