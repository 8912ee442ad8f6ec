"""A workplace of fifty people who hold every role, and the bot's listeners without a connection.

What Slack would send is handed to Bolt; what the bot says to Slack, a small server keeps.
"""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import Engine

from bot.connection import app_for
from bot.desk import Desk
from bot.lanes import Lanes
from bot.members import Members
from bot.settings import Settings
from checklist.calendar import Calendar
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.people import Member, Person, Standing, Team
from checklist.ports import ChannelInfo
from checklist.record import Fact
from checklist.words import ImageDigest, Kind, PersonId, Role
from commands.deps import Deps
from storage.engine import record_engine
from storage.work import SqlRecord
from tests.at_rest import upgraded_file
from tests.checklist.builders import INSIDE, shipped
from tests.storage.queue import create_queue, enqueue, queued

MANY = 50
Payload = dict[str, Any]  # Slack's JSON
_numbers = itertools.count(1)


@cache
def crowd() -> tuple[Person, ...]:
    return tuple(
        Person(id=PersonId(f"p{n:02d}"), name=f"Person {n}", kind=Kind.HUMAN, slack=(f"U0P{n:02d}",))
        for n in range(MANY)
    )


@cache
def crowded() -> Checklist:
    """The shipped checklist in a workplace where fifty more people hold every role."""
    team, people = shipped().team, crowd()
    roles = {role: (*team.roles[role], *(person.id for person in people)) for role in Role}
    return replace(shipped(), team=Team(people={**team.people, **{p.id: p for p in people}}, roles=roles))


@dataclass
class Hands:
    """A clock that a test moves."""

    at: datetime = INSIDE
    moved: bool = False

    def now(self) -> datetime:
        return self.at


class Office:
    """A workspace of full members, and a registry that has every image."""

    async def member(self, user: str, *, at: datetime) -> Member:
        return Member(user=user, name=user, standing=Standing.MEMBER, seen_at=at)

    async def channel(self, id: str) -> ChannelInfo | None:
        return ChannelInfo(id=id, team="T0ALAI", is_member=True, is_archived=False, is_shared=False)

    async def digest(self, repository: str, reference: str, *, within: timedelta) -> ImageDigest | None:
        return ImageDigest("sha256:" + "5" * 64)


@dataclass
class Ears:
    """What the bot said: to whom by response_url, and which views it opened."""

    url: str = ""
    said: list[tuple[str, str]] = field(default_factory=list)
    views: list[Payload] = field(default_factory=list)

    async def respond(self, request: web.Request) -> web.Response:
        self.said.append((request.match_info["user"], (await request.json())["text"]))
        return web.Response(text="ok")

    async def views_open(self, request: web.Request) -> web.Response:
        self.views.append((await request.json())["view"])
        return web.json_response({"ok": True, "view": {"id": "V0"}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """Where the crowd stands: everything that the bot is made of, but for its connection."""

    record: SqlRecord
    engine: Engine
    desk: Desk
    dispatch: Any  # Bolt's own door
    ears: Ears
    hands: Hands

    async def all_at_once(self, payloads: Sequence[Payload]) -> list[BoltResponse]:
        """Every payload in the same moment; returns once everything was answered and said."""
        requests = [AsyncBoltRequest(mode="socket_mode", body=payload) for payload in payloads]
        responses: list[BoltResponse] = await asyncio.gather(*map(self.dispatch, requests))
        await self.desk.settled()
        return responses

    def keep(self, deployment: Deployment) -> None:
        with self.record.work() as work:
            work.deployments.add(replace(deployment, revision=0))
            work.commit()

    def deployment(self) -> Deployment:
        with self.record.look() as work:
            found = work.deployments.last()
        assert found is not None
        return found

    def facts(self) -> list[Fact]:
        with self.record.look() as work:
            return [entry.fact for entry in work.journal.entries()]

    def decisions(self) -> list[Fact]:
        """What was decided, as against what was refused."""
        return [fact for fact in self.facts() if fact.kind != "ask.refused"]

    def refusals(self) -> list[str]:
        return [str(fact.body["refusal"]) for fact in self.facts() if fact.kind == "ask.refused"]

    def runs(self) -> list[str]:
        return queued(self.engine)


def empty_record(folder: Path) -> Path:
    """A database with every table and nothing in it: each test has a copy."""
    file = folder / "empty.db"
    engine = record_engine(upgraded_file(file))
    create_queue(engine)
    engine.dispose()
    return file


@asynccontextmanager
async def hall(folder: Path, record: Path) -> AsyncIterator[Hall]:
    """The bot over a copy of that record."""
    async with hall_on(f"sqlite:///{shutil.copy(record, folder / 'drop.db')}") as found:
        yield found


@asynccontextmanager
async def hall_on(url: str) -> AsyncIterator[Hall]:
    """The bot over this database, which has every table."""
    async with AsyncExitStack() as stack:
        ears = Ears()
        ears.url = await stack.enter_async_context(_served(ears))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        engine = record_engine(url)
        stack.callback(engine.dispose)
        found, hands = SqlRecord(engine, enqueue), Hands()
        desk = _desk(found, hands, stack.enter_context(closing(Lanes())))
        await desk.members.refresh()
        client = AsyncWebClient(token="xoxb-sandbox", base_url=f"{ears.url}/api/", session=session)
        settings = Settings(
            slack_bot_token=SecretStr("xoxb-sandbox"),
            slack_app_token=SecretStr("xapp-sandbox"),
            fly_api_token=SecretStr("sandbox"),
        )
        app = app_for(client, desk, settings)
        yield Hall(record=found, engine=engine, desk=desk, dispatch=app.async_dispatch, ears=ears, hands=hands)


def _desk(record: SqlRecord, hands: Hands, lanes: Lanes) -> Desk:
    office, checklist = Office(), crowded()
    members = Members(
        directory=office,
        workspace=office,
        record=record,
        checklist=checklist,
        aside=lanes.ordinary,
        clock=hands,
    )
    calendar = Calendar(checklist.window)
    deps = Deps(record=record, checklist=checklist, calendar=calendar, clock=hands, registry=office)
    return Desk(deps=deps, members=members, aside=lanes.ordinary, urgent=lanes.urgent, wake=lambda: None)


@asynccontextmanager
async def _served(ears: Ears) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes([web.post("/respond/{user}", ears.respond), web.post("/api/views.open", ears.views_open)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


# What Slack sends


def click(user: str, button: Payload, ears: Ears) -> Payload:
    """A click of its own: another one by the same person has other ids."""
    number = next(_numbers)
    return _interaction(user, "block_actions") | {
        "container": {"type": "message", "message_ts": "1.000001", "channel_id": "C0DROPDEPLOY"},
        "channel": {"id": "C0DROPDEPLOY", "name": "drop-deploy"},
        "response_url": f"{ears.url}/respond/{user}",
        "actions": [{**button, "action_ts": f"2.{number:06}"}],
    }


def command(user: str, text: str) -> Payload:
    return {
        "command": "/drop",
        "text": text,
        "team_id": "T0ALAI",
        "user_id": user,
        "channel_id": "C0DROPDEPLOY",
        "api_app_id": "A0DROP",
        "trigger_id": f"trigger-{next(_numbers)}",
    }


def event(inner: Payload) -> Payload:
    return {
        "type": "event_callback",
        "team_id": "T0ALAI",
        "api_app_id": "A0DROP",
        "event_id": f"Ev{next(_numbers)}",
        "event": inner,
    }


def submission(user: str, view: Payload, answers: Mapping[str, Any]) -> Payload:
    """A modal of its own, filled in."""
    state = {name: {name: {"type": "any", **_entered(value)}} for name, value in answers.items()}
    sent = {**view, "id": f"V{next(_numbers)}", "hash": "1.a", "state": {"values": state}}
    return _interaction(user, "view_submission") | {"view": sent, "response_urls": []}


def _entered(value: object) -> Payload:
    if isinstance(value, list):
        return {"selected_options": [{"value": each} for each in value]}
    return {"value": value}


def _interaction(user: str, kind: str) -> Payload:
    return {
        "type": kind,
        "team": {"id": "T0ALAI", "domain": "alai-talk"},
        "user": {"id": user, "name": user, "team_id": "T0ALAI"},
        "api_app_id": "A0DROP",
        "trigger_id": f"trigger-{next(_numbers)}",
        "is_enterprise_install": False,
    }
