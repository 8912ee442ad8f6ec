"""Signed HTTP: what Slack signs reaches a listener once, and nothing else reaches one at all."""

import logging
import time
from collections import Counter
from typing import Any  # what Bolt hands its listeners is untyped

import pytest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from structlog.testing import capture_logs

from bot.metrics import Metrics
from bot.requests import WatchedApp
from bot.web import LONGEST_BODY, Probes, SlackDoor, web_app
from tests.bot import slack_requests
from tests.bot.slack_requests import JSON, MARK, SECRET, SIGNATURE, answer, signed

MANY = 10_000


class Listening:
    """A bot that remembers what reached its listeners."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.metrics = Metrics()
        self.bolt = WatchedApp(
            metrics=self.metrics,
            client=AsyncWebClient(token="xoxb-unused"),
            authorize=_authorize,
            process_before_response=True,
            signing_secret=SECRET,
        )
        for door in (self.bolt.command("/drop"), self.bolt.action("approve"), self.bolt.event("user_change")):
            door(self._hear)
        self.web: Starlette = web_app(
            Probes(ready=self._ready, metrics=self.metrics),
            SlackDoor(app=self.bolt, verifier=SignatureVerifier(SECRET), metrics=self.metrics),
        )

    def count(self, name: str) -> dict[str, float]:
        """A counter's values by label."""
        lines = [line for line in self.metrics.text().decode().splitlines() if line.startswith(name + "_total{")]
        return {line.split('"')[1]: float(line.rpartition(" ")[2]) for line in lines}

    async def _hear(self, ack: Any, body: dict[str, Any]) -> None:
        self.heard.append(body)
        await ack()

    async def _ready(self) -> dict[str, bool]:
        return {}


async def _authorize(**_: object) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id=None, bot_token="xoxb-unused")


@pytest.fixture
def bot() -> Listening:
    return Listening()


async def test_what_slack_signs_reaches_its_listener(bot: Listening) -> None:
    sent = [
        signed(slack_requests.command(1)),
        signed(slack_requests.click(1)),
        signed(slack_requests.event(1), kind=JSON),
    ]

    assert [await answer(bot.web, one, chunks=3) for one in sent] == [200, 200, 200]
    assert len(bot.heard) == 3


async def test_of_ten_thousand_forged_requests_none_reaches_a_listener_or_leaves_a_word_in_the_log(
    bot: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    originals = [signed(slack_requests.command(n)) for n in range(5)] + [
        signed(slack_requests.click(n)) for n in range(5)
    ]
    originals += [signed(slack_requests.event(n), kind=JSON) for n in range(5)]
    for original in originals:
        await answer(bot.web, original)
    genuine = len(bot.heard)
    caplog.clear()

    statuses: Counter[tuple[str, int]] = Counter()
    with capture_logs() as logs:
        for deed, forged in slack_requests.mutated(originals, MANY, seed=3):
            statuses[deed, await answer(bot.web, forged)] += 1

    assert genuine == len(originals)
    assert len(bot.heard) == genuine
    assert statuses.total() == MANY
    assert {status for _, status in statuses} == {200, 401}
    assert {deed for deed, status in statuses if status == 200} == {"sent_again_as_if_by_slack"}
    assert len({deed for deed, _ in statuses}) == len(slack_requests.MUTATIONS)
    assert len(logs) == sum(count for (_, status), count in statuses.items() if status == 401)
    assert MARK not in repr(logs) + caplog.text
    assert sum(bot.count("drop_requests_turned_away").values()) == len(logs)


async def test_the_same_request_again_is_turned_away_and_counted(bot: Listening) -> None:
    sent = signed(slack_requests.command(1))

    statuses = [await answer(bot.web, sent) for _ in range(5)]

    assert statuses == [200, 401, 401, 401, 401]
    assert len(bot.heard) == 1
    assert bot.count("drop_requests_turned_away") == {"replay": 4.0}


async def test_an_event_that_slack_sends_again_is_acked_without_a_second_effect(bot: Listening) -> None:
    now = int(time.time())
    tries = [signed(slack_requests.event(1), kind=JSON, at=now + n) for n in range(3)]
    tries[1:] = [again.with_header("x-slack-retry-num", str(n).encode()) for n, again in enumerate(tries[1:], start=1)]

    assert [await answer(bot.web, one) for one in tries] == [200, 200, 200]
    assert len(bot.heard) == 1
    assert bot.count("drop_repeats") == {"event": 2.0}


async def test_a_retry_within_the_same_second_is_acked_though_its_signature_is_the_same(bot: Listening) -> None:
    sent = signed(slack_requests.event(1), kind=JSON)

    again = await answer(bot.web, sent), await answer(bot.web, sent.with_header("x-slack-retry-num", b"1"))

    assert again == (200, 200)
    assert len(bot.heard) == 1


async def test_what_failed_on_our_side_may_come_again(bot: Listening) -> None:
    failing = [True]

    @bot.bolt.event("app_mention")
    async def fails(ack: Any) -> None:
        if failing:
            failing.pop()
            raise ZeroDivisionError
        await ack()

    sent = signed(slack_requests.event(1).replace(b"user_change", b"app_mention"), kind=JSON)

    assert await answer(bot.web, sent) == 500
    assert await answer(bot.web, sent.with_header("x-slack-retry-num", b"1")) == 200
    assert not failing


async def test_a_body_longer_than_slack_s_is_refused_before_it_is_all_read(bot: Listening) -> None:
    longest = slack_requests.command(1).ljust(LONGEST_BODY, b"&")

    assert await answer(bot.web, signed(longest), chunks=4) == 200
    assert await answer(bot.web, signed(longest + b"&"), chunks=4) == 413
    assert len(bot.heard) == 1


async def test_a_request_without_a_good_header_is_refused_before_its_body_is_read(bot: Listening) -> None:
    sent = signed(b"x" * (LONGEST_BODY + 1)).with_header(SIGNATURE, b"v0=short")

    assert await answer(bot.web, sent, chunks=4) == 401


async def test_a_url_verification_of_slack_s_is_echoed_only_when_it_is_signed(bot: Listening) -> None:
    challenge = b'{"type":"url_verification","token":"legacy","challenge":"abc"}'

    assert await answer(bot.web, signed(challenge, kind=JSON)) == 200
    assert await answer(bot.web, signed(challenge, kind=JSON, secret="another")) == 401
