"""Signed HTTP, as Slack does it: verified first, signed each time, commands once, events up to four times."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from sandbox import seed
from sandbox.client import Control
from sandbox.server import Sandbox
from sandbox.slack.request_url import RequestUrl
from tests.bot.looks import until

ROOT = Path(__file__).parent.parent.parent.parent
VERIFIER = SignatureVerifier(seed.CREDENTIALS["SLACK_SIGNING_SECRET"])


@dataclass(slots=True)
class App:
    """What stands at the Request URL. It echoes a challenge, and answers everything else as the test says."""

    verified: bool = True
    answers: list[web.Response] = field(default_factory=list)
    seconds: float = 0.0
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.content_type == "application/json" and "challenge" in (asked := json.loads(body)):
            return web.json_response({"challenge": asked["challenge"] if self.verified else "?"})
        self.heard.append((dict(request.headers), body))
        await asyncio.sleep(self.seconds)
        return self.answers.pop(0) if self.answers else web.Response()


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
async def sandbox(tmp_path: Path, app: App) -> AsyncIterator[Sandbox]:
    """A sandbox that delivers by HTTP, and the app at its port."""
    async with Sandbox(tmp_path, http=True, manifest=ROOT / "manifest.yml") as running:
        server = web.Application()
        server.router.add_post("/slack/events", app.hear)
        runner = web.AppRunner(server)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", running.world.bot_port).start()
        yield running
        await runner.cleanup()


@pytest.fixture
def url(sandbox: Sandbox) -> RequestUrl:
    """The way to the app, in a hurry."""
    assert isinstance(sandbox.world.delivery, RequestUrl)
    sandbox.world.delivery.patience, sandbox.world.delivery.retries = 0.05, (0.0, 0.0, 0.0)
    return sandbox.world.delivery


async def test_a_command_comes_as_a_form_that_slack_signed(app: App, url: RequestUrl, people: Control) -> None:
    await people.waits_for_the_bot()
    app.answers = [web.json_response({"response_type": "ephemeral", "text": "CR-001"})]

    answer = await people.says("john", "/drop status now")

    (headers, body), *more = app.heard
    fields = parse_qs(body.decode())
    assert answer["reply"]["text"] == "CR-001"
    assert VERIFIER.is_valid_request(body, headers)
    assert (fields["command"], fields["text"], fields["user_id"]) == (["/drop"], ["status now"], [seed.JOHN.id])
    assert headers["User-Agent"].startswith("Slackbot 1.0")
    assert more == []


async def test_nothing_is_delivered_to_an_address_that_does_not_echo_the_challenge(
    app: App, url: RequestUrl, people: Control
) -> None:
    app.verified = False

    with pytest.raises(TimeoutError):
        await people.waits_for_the_bot(0.3)

    app.verified = True
    await people.waits_for_the_bot()


@pytest.mark.parametrize("status", [302, 401, 500])
async def test_a_command_that_is_not_answered_with_200_has_failed_and_is_not_sent_again(
    status: int, app: App, url: RequestUrl, people: Control
) -> None:
    await people.waits_for_the_bot()
    app.answers = [web.Response(status=status, headers={"Location": "/slack/events"})]

    answer = await people.says("john", "/drop status")

    assert answer == {"ok": False, "error": "dispatch_failed"}
    assert len(app.heard) == 1


async def test_a_command_that_is_answered_too_late_has_timed_out_and_is_not_sent_again(
    app: App, url: RequestUrl, people: Control
) -> None:
    await people.waits_for_the_bot()
    app.seconds = 0.1

    answer = await people.says("john", "/drop status")

    assert answer == {"ok": False, "error": "operation_timeout"}
    assert len(app.heard) == 1


async def test_where_nobody_listens_the_person_is_told_at_once(tmp_path: Path) -> None:
    async with Sandbox(tmp_path, http=True) as nobody, Control(nobody.base_url) as people:
        answer = await people.says("john", "/drop status")

    assert answer == {"ok": False, "error": "dispatch_failed"}


async def test_an_event_is_sent_again_until_it_is_answered_each_time_signed_anew(
    app: App, url: RequestUrl, people: Control
) -> None:
    await people.waits_for_the_bot()
    app.answers = [web.Response(status=500), web.Response(status=503)]

    await people.changes("validator", is_restricted=True)

    await until(lambda: _heard(app, 3), "the event was not sent again", within=5)
    bodies = [json.loads(body) for _, body in app.heard]
    assert {body["event_id"] for body in bodies} == {bodies[0]["event_id"]}
    assert [headers.get("X-Slack-Retry-Num") for headers, _ in app.heard] == [None, "1", "2"]
    assert [headers.get("X-Slack-Retry-Reason") for headers, _ in app.heard] == [None, "http_error", "http_error"]
    assert all(VERIFIER.is_valid_request(body, headers) for headers, body in app.heard)


async def test_an_event_is_given_up_after_its_third_retry(app: App, url: RequestUrl, people: Control) -> None:
    await people.waits_for_the_bot()
    app.answers = [web.Response(status=500) for _ in range(9)]

    await people.changes("validator", is_restricted=True)
    await until(lambda: _heard(app, 4), "the event was given up too soon", within=5)
    await asyncio.sleep(0.05)

    assert len(app.heard) == 4


async def test_an_app_may_say_that_it_does_not_want_the_event_again(app: App, url: RequestUrl, people: Control) -> None:
    await people.waits_for_the_bot()
    app.answers = [web.Response(status=500, headers={"X-Slack-No-Retry": "1"})]

    await people.changes("validator", is_restricted=True)
    await until(lambda: _heard(app, 1), "the event was never sent", within=5)
    await asyncio.sleep(0.05)

    assert len(app.heard) == 1


async def test_an_event_that_times_out_says_so_when_it_comes_again(app: App, url: RequestUrl, people: Control) -> None:
    await people.waits_for_the_bot()
    app.seconds = 0.1

    await people.changes("validator", is_restricted=True)
    await until(lambda: _heard(app, 2), "the event was not sent again", within=5)

    assert app.heard[1][0]["X-Slack-Retry-Reason"] == "http_timeout"


async def _heard(app: App, times: int) -> bool | None:
    return len(app.heard) >= times or None
