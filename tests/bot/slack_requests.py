"""Slack's signed requests, as they come over HTTP, and the same with something wrong about them."""

import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.types import ASGIApp, Message, Scope

SECRET = "a-signing-secret-for-tests"
MARK = "PRIVATEWORDS"  # stands in every body, and may stand in no log
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
TIMESTAMP, SIGNATURE = "x-slack-request-timestamp", "x-slack-signature"

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request as the server hands it over: names of headers in lower case, values as they came."""

    body: bytes
    headers: Headers

    def first(self, name: str) -> bytes:
        return next(value for header, value in self.headers if header == name)

    def with_header(self, name: str, *values: bytes) -> "Sent":
        """The same with these values of the header instead of what it had; none takes it away."""
        kept = tuple(header for header in self.headers if header[0] != name)
        return replace(self, headers=kept + tuple((name, value) for value in values))


def signed(body: bytes, *, kind: str = FORM, at: int | None = None, secret: str = SECRET) -> Sent:
    """As Slack sends it."""
    timestamp = str(int(time.time()) if at is None else at).encode()
    digest = hmac.new(secret.encode(), b"v0:" + timestamp + b":" + body, hashlib.sha256).hexdigest()
    headers = (("content-type", kind.encode()), (TIMESTAMP, timestamp), (SIGNATURE, f"v0={digest}".encode()))
    return Sent(body=body, headers=headers)


def command(n: int) -> bytes:
    """/drop typed; each number is another request."""
    fields = {"command": "/drop", "text": f"status {MARK}", "team_id": "T0", "user_id": "U0", "trigger_id": f"{n}.1"}
    return urlencode({**fields, "response_url": "http://127.0.0.1/unused", "user_name": MARK}).encode()


def click(n: int) -> bytes:
    action = {"action_id": "approve", "block_id": MARK, "type": "button", "value": MARK, "action_ts": f"{n}.1"}
    payload = {"type": "block_actions", "team": {"id": "T0"}, "user": {"id": "U0"}, "actions": [action]}
    return urlencode({"payload": json.dumps({**payload, "trigger_id": f"{n}.2"})}).encode()


def event(n: int) -> bytes:
    inner = {"type": "user_change", "user": {"id": "U0", "name": MARK}}
    return json.dumps({"type": "event_callback", "team_id": "T0", "event_id": f"Ev{n}", "event": inner}).encode()


async def answer(app: ASGIApp, sent: Sent, *, chunks: int = 1) -> int:
    """The status with which the app answers."""
    statuses: list[int] = []
    size = max(1, -(-len(sent.body) // chunks))
    parts = [sent.body[at : at + size] for at in range(0, len(sent.body), size)] or [b""]

    async def receive() -> Message:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(_scope(sent), receive, send)
    return statuses[0]


def _scope(sent: Sent) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/slack/events",
        "raw_path": b"/slack/events",
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value) for name, value in sent.headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 3000),
    }


Mutation = Callable[[Sent, random.Random], Sent]


def mutated(originals: Sequence[Sent], count: int, seed: int) -> Iterator[tuple[str, Sent]]:
    """Requests of Slack's with one thing about each that is not Slack's, by the name of what was done."""
    chance = random.Random(seed)  # repeatable, not secret
    for _ in range(count):
        deed = chance.choice(MUTATIONS)
        yield deed.__name__, deed(chance.choice(originals), chance)


def body_bit(sent: Sent, chance: random.Random) -> Sent:
    body = bytearray(sent.body)
    body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return replace(sent, body=bytes(body))


def body_cut(sent: Sent, chance: random.Random) -> Sent:
    return replace(sent, body=sent.body[: chance.randrange(len(sent.body))])


def body_longer(sent: Sent, chance: random.Random) -> Sent:
    return replace(sent, body=sent.body + chance.choice((b"&ssl_check=1", b"&", b"\x00", b" ", b"\xff")))


def body_of_another_kind(sent: Sent, chance: random.Random) -> Sent:
    return replace(sent, body=chance.choice((b"ssl_check=1", b'{"type":"url_verification","challenge":"x"}')))


def time_bit(sent: Sent, chance: random.Random) -> Sent:
    return sent.with_header(TIMESTAMP, _flipped(sent.first(TIMESTAMP), chance))


def time_moved(sent: Sent, chance: random.Random) -> Sent:
    moved = int(sent.first(TIMESTAMP)) + chance.choice((-1, 1)) * chance.randint(1, 299)
    return sent.with_header(TIMESTAMP, str(moved).encode())


def time_in_another_form(sent: Sent, chance: random.Random) -> Sent:
    value = sent.first(TIMESTAMP)
    forms = (b"", b"now", b"-" + value, b"+" + value, b"0x5", value + b".0", b" " + value, value * 2, b"\xd9\xa3" * 5)
    return sent.with_header(TIMESTAMP, chance.choice(forms))


def signed_too_long_ago(sent: Sent, chance: random.Random) -> Sent:
    away = chance.choice((-1, 1)) * chance.randint(310, 10_000)
    return signed(sent.body, kind=sent.first("content-type").decode(), at=int(time.time()) + away)


def signature_bit(sent: Sent, chance: random.Random) -> Sent:
    return sent.with_header(SIGNATURE, _flipped(sent.first(SIGNATURE), chance))


def signature_in_another_form(sent: Sent, chance: random.Random) -> Sent:
    value = sent.first(SIGNATURE)
    forms = (b"", b"v0=", value[3:], value[:-1], value + b"0", b"v1" + value[2:], b"v0=" + value[3:].upper())
    return sent.with_header(SIGNATURE, chance.choice((*forms, b"V0" + value[2:], b"\xff\xfe" + value)))


def signed_by_somebody_else(sent: Sent, chance: random.Random) -> Sent:
    return signed(sent.body, secret=chance.choice(("", "another", SECRET.upper())))


def header_absent(sent: Sent, chance: random.Random) -> Sent:
    return sent.with_header(chance.choice((TIMESTAMP, SIGNATURE)))


def header_twice(sent: Sent, chance: random.Random) -> Sent:
    name = chance.choice((TIMESTAMP, SIGNATURE))
    value = sent.first(name)
    return sent.with_header(
        name, *chance.choice(((value, value), (value, b"x"), (b"x", value), (value + b", " + value,)))
    )


def sent_again(sent: Sent, chance: random.Random) -> Sent:
    return sent


def sent_again_as_if_by_slack(sent: Sent, chance: random.Random) -> Sent:
    return sent.with_header("x-slack-retry-num", b"1")


MUTATIONS: tuple[Mutation, ...] = (
    body_bit,
    body_cut,
    body_longer,
    body_of_another_kind,
    time_bit,
    time_moved,
    time_in_another_form,
    signed_too_long_ago,
    signature_bit,
    signature_in_another_form,
    signed_by_somebody_else,
    header_absent,
    header_twice,
    sent_again,
    sent_again_as_if_by_slack,
)


def _flipped(value: bytes, chance: random.Random) -> bytes:
    flipped = bytearray(value)
    flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)
