"""The bot's own HTTP: whether it lives and is ready, what it counts, and Slack's requests where they come this way."""

import asyncio
import random
import socket
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.app import serving
from bot.connection import app_for
from bot.metrics import Metrics
from bot.readiness import Readiness
from bot.settings import read_settings
from bot.web import Probes, door_for, listening, served, web_app
from sandbox import seed
from sandbox.canaries import CANARIES, leaks
from sandbox.client import Control
from sandbox.server import Sandbox
from sandbox.slack.request_url import signed
from tests.bot.looks import until
from tests.bot.scene import ALEM, CR, JOHN, STRANGER, WORDS, Scene
from tests.bot.slack_requests import SIGNATURE, TIMESTAMP, Sent, answer
from tests.bot.test_command_line import refusal
from tests.conftest import ROOT

SECRET = seed.CREDENTIALS["SLACK_SIGNING_SECRET"]


@pytest.fixture
async def by_http(tmp_path: Path, brisk_checklist: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    """A workplace whose Slack delivers by signed HTTP, and the bot in this very process."""
    async with Sandbox(tmp_path, checklist=brisk_checklist, manifest=ROOT / "manifest.yml", http=True) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        async with serving(read_settings()) as house, Control(sandbox.base_url) as people:
            await people.waits_for_the_bot()
            yield Scene(sandbox=sandbox, people=people, house=house)
        assert leaks(sandbox.world) == []


async def asked(scene: Scene, path: str) -> tuple[int, str]:
    """The status and the text of the bot's answer."""
    url = f"http://127.0.0.1:{scene.sandbox.world.bot_port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


async def posted(scene: Scene, sent: Sent) -> int:
    """The status with which the bot answers one of Slack's requests."""
    url = f"http://127.0.0.1:{scene.sandbox.world.bot_port}/slack/events"
    headers = [(name, value.decode()) for name, value in sent.headers]
    async with aiohttp.ClientSession() as session, session.post(url, data=sent.body, headers=headers) as response:
        return response.status


def typed(person: seed.Person, text: str, trigger: str) -> Sent:
    """/drop as Slack sends it by HTTP."""
    fields = {"command": "/drop", "text": text, "team_id": seed.TEAM_ID, "user_id": person.id, "trigger_id": trigger}
    body = urlencode({**fields, "response_url": "http://127.0.0.1:9/unused"}).encode()
    shown = signed(body, SECRET, int(time.time()))
    kind = ("content-type", b"application/x-www-form-urlencoded")
    return Sent(body=body, headers=(kind, *((name.lower(), value.encode()) for name, value in shown.items())))


async def test_a_bot_that_is_connected_says_that_it_lives_and_is_ready(scene: Scene) -> None:
    assert await asked(scene, "/healthz") == (200, "ok\n")
    assert await asked(scene, "/readyz") == (200, '{"record":true,"slack":true}')


async def test_without_a_signing_secret_there_is_no_door_for_requests(scene: Scene) -> None:
    assert await posted(scene, typed(seed.JOHN, "status", "1.1")) == 404


async def test_a_bot_that_slack_has_lost_lives_but_is_not_ready(scene: Scene) -> None:
    await scene.people.faults("slack-down")
    await scene.people.disconnects(hard=True)

    async def unready() -> bool | None:
        return await asked(scene, "/readyz") == (503, '{"record":true,"slack":false}') or None

    await until(unready, "it kept saying that it was ready", within=5)
    assert await asked(scene, "/healthz") == (200, "ok\n")


async def test_a_bot_whose_record_is_locked_is_not_ready(scene: Scene, tmp_path: Path) -> None:
    ready = Readiness(
        app="drop-app",
        record=scene.house.ground.record,
        aside=scene.house.ground.aside,
        slack=lambda: True,
        is_runner=lambda: True,
        run_states=dict,
        metrics=Metrics(),
        within=0.1,
    )

    with closing(sqlite3.connect(tmp_path / "drop.db", isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")
        locked = await ready()
        somebody.execute("ROLLBACK")
    free = await replace(ready, within=10)()

    assert locked == {"record": False, "slack": True}
    assert free == {"record": True, "slack": True}


async def test_what_the_bot_does_is_counted_without_a_name_a_word_or_a_secret(scene: Scene) -> None:
    await scene.says(JOHN, "/drop window")
    await scene.says(STRANGER, "/drop approve secretword")
    assert await scene.opens() == {}
    await scene.is_read()

    status, text = await asked(scene, "/metrics")

    assert status == 200
    for line in (
        'drop_commands_total{outcome="done",verb="window"} 1.0',
        'drop_commands_total{outcome="done",verb="deploy"} 1.0',
        'drop_refusals_total{kind="Stranger"} 1.0',
        'drop_ack_seconds_bucket{door="command",le="3.0"} 3.0',
        'drop_ack_seconds_count{door="submission"} 1.0',
        'drop_fly_calls_total{action="list machines",status="200"}',
        'drop_runs{state="ENQUEUED"} 0.0',
        "drop_outbox_messages ",
        "drop_runner 1.0",
        "drop_record_writable 1.0",
        "drop_slack_connected 1.0",
    ):
        assert line in text
    assert [name for name, secret in CANARIES.items() if secret in text] == []
    assert "secretword" not in text
    assert seed.JOHN.id not in text


async def test_a_release_is_opened_and_refused_over_signed_http(by_http: Scene) -> None:
    assert await by_http.opens() == {}
    await by_http.is_read()

    assert "CR-001" in await by_http.says(ALEM, "/drop status")
    assert "You are not in the deployment team" in await by_http.says(STRANGER, "/drop submit CR-001")
    assert await asked(by_http, "/readyz") == (200, '{"record":true,"slack":true}')


async def test_recorded_requests_that_are_replayed_in_any_order_count_once(by_http: Scene) -> None:
    assert await by_http.opens() == {}
    await by_http.is_read()
    marks = by_http.deployment().marks
    items = [i for i in by_http.house.ground.checklist.items() if i.id in marks and marks[i.id].awaits_statement(i)][:3]
    holder = {person.key: person for person in seed.PEOPLE}
    sent = [
        typed(holder[by_http.holder(item.role)], f"attest {CR} {item.id} {WORDS}", f"{n}.1")
        for n, item in enumerate(items)
    ]
    again = sent * 5
    random.Random(7).shuffle(again)

    statuses = [await posted(by_http, one) for one in again]
    entries = len(by_http.entries())
    elsewhere = await _at_another_process(by_http, again)

    assert sorted(statuses) == [200] * 3 + [401] * 12
    assert sorted(elsewhere) == [200] * 3 + [401] * 12
    assert len(by_http.entries("item.attested")) == len(items) == 3
    assert [fact.kind for fact in by_http.entries()[entries:]] == ["ask.refused"] * 3
    assert set(by_http.refusals()) == {"CountedAlready"}


async def _at_another_process(scene: Scene, sent: list[Sent]) -> list[int]:
    """What a process answers that shares the record, and remembers nothing of what the first one heard."""
    settings, metrics = scene.house.settings, Metrics()
    app = app_for(scene.house.ground.client, scene.house.desk, settings)

    async def ready() -> dict[str, bool]:
        return {}

    web = web_app(Probes(ready=ready, metrics=metrics), door_for(app, settings, metrics))
    return [await answer(web, one) for one in sent]


async def test_names_of_headers_may_be_written_in_any_case_but_a_header_may_not_come_twice(by_http: Scene) -> None:
    plain, shouting, twice = (typed(seed.JOHN, "whoami", f"{n}.1") for n in range(3))
    shouting = replace(shouting, headers=tuple((name.upper(), value) for name, value in shouting.headers))
    twice = replace(twice, headers=(*twice.headers, (SIGNATURE, twice.first(SIGNATURE))))

    assert [await posted(by_http, one) for one in (plain, shouting, twice)] == [200, 200, 401]
    assert await posted(by_http, plain.with_header(TIMESTAMP)) == 401


async def test_a_request_in_hand_is_answered_though_the_bot_stops_and_no_other_is_taken() -> None:
    begun, port = asyncio.Event(), 0

    async def slow(request: Request) -> Response:
        begun.set()
        await asyncio.sleep(0.1)
        return PlainTextResponse("answered")

    async def get(session: aiohttp.ClientSession) -> str:
        async with session.get(f"http://127.0.0.1:{port}/") as response:
            return await response.text()

    async with aiohttp.ClientSession() as session:
        with listening("127.0.0.1", 0) as address:
            port = address.getsockname()[1]
            async with served(Starlette(routes=[Route("/", slow)]), address):
                in_hand = asyncio.create_task(get(session))
                await begun.wait()

        assert await in_hand == "answered"
        with pytest.raises(aiohttp.ClientConnectionError):
            await get(session)


async def test_a_port_that_is_taken_is_named_with_what_to_set(workplace: Sandbox) -> None:
    settings = workplace.environment()
    with socket.create_server(("127.0.0.1", int(settings["PORT"]))):
        said = await refusal(settings)

    assert f"127.0.0.1:{settings['PORT']} cannot be had (Address already in use). Set HOST and PORT to others." in said
