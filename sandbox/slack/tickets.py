"""What lives for a moment: triggers, response URLs and Socket Mode tickets."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack.messages import Message
from sandbox.slack.wire import Refused

_TRIGGER_SECONDS = 3
_RESPONSE_SECONDS = 30 * 60
_RESPONSE_USES = 5


@dataclass(slots=True)
class Trigger:
    """A person's act, which lets the bot open one modal within three seconds."""

    user: str
    issued: float
    used: bool = False


@dataclass(slots=True, kw_only=True)
class ResponseUrl:
    """Where the bot may answer one act: five times in half an hour."""

    user: str
    channel: str
    issued: float
    source: Message | None  # the message that was clicked; a command has none
    uses: int = 0


class Tickets:
    """All that were handed out."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self._triggers: dict[str, Trigger] = {}
        self._responses: dict[str, ResponseUrl] = {}
        self._links: set[str] = set()

    def trigger(self, user: str) -> str:
        """A new trigger_id for what the user has just done."""
        name = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[name] = Trigger(user, self._time())
        return name

    def exchange(self, trigger_id: object) -> str:
        """The user behind a trigger_id. It can be exchanged once."""
        trigger = self._triggers.get(str(trigger_id))
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self._time() - trigger.issued > _TRIGGER_SECONDS:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def response(self, *, user: str, channel: str, source: Message | None) -> str:
        """The last part of a new response URL."""
        name = secrets.token_urlsafe(18)
        self._responses[name] = ResponseUrl(user=user, channel=channel, issued=self._time(), source=source)
        return name

    def use_response(self, name: str) -> ResponseUrl:
        """Count one use of a response URL, or refuse it."""
        response = self._responses.get(name)
        if response is None or self._time() - response.issued > _RESPONSE_SECONDS:
            raise Refused("expired_url", status=404)
        if response.uses >= _RESPONSE_USES:
            raise Refused("used_url", status=404)
        response.uses += 1
        return response

    def link(self) -> str:
        """A ticket for one Socket Mode connection."""
        ticket = secrets.token_urlsafe(18)
        self._links.add(ticket)
        return ticket

    def redeem_link(self, ticket: str) -> bool:
        """Whether the ticket is good; it is so once."""
        known = ticket in self._links
        self._links.discard(ticket)
        return known
