"""What is measured: two bare Bolt apps, and ours twice, with a short record and with a long one."""

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.past import insert_past
from bot.app import House, building
from bot.connection import app_for
from bot.flood import Floodgate
from bot.settings import Settings
from checklist.deployment import Deployment
from checklist.words import DeploymentId, PersonId
from commands.deps import Ask
from sandbox.server import Sandbox

FEW, MANY = 10, 100_000
ROOT = Path(__file__).parent.parent
RELEASE = {
    "version": "0.5.0",
    "image": "",
    "commit": "abcdef1",
    "customers": "Nothing changes",
    "risk": "Low",
    "security": "None",
    "outcome": "Faster payments",
    "migrations": "no",
    "maintenance": "no",
    "engineer": "john",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """The product without its connection: what Slack would send is handed to its app."""

    house: House
    app: AsyncApp
    deployment: DeploymentId  # the open one


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Everything whose acks are measured."""

    bare: AsyncApp
    bare_before_response: AsyncApp
    few: Ours
    many: Ours


@asynccontextmanager
async def benched(folder: Path) -> AsyncIterator[Bench]:
    """All of it against one sandbox."""
    async with AsyncExitStack() as stack:
        sandbox = Sandbox(folder / "sandbox", checklist=ROOT / "checklist.yml", manifest=ROOT / "manifest.yml")
        await stack.enter_async_context(sandbox)
        yield Bench(
            bare=_bare(sandbox, process_before_response=False),
            bare_before_response=_bare(sandbox, process_before_response=True),
            few=await _ours(sandbox, FEW, stack),
            many=await _ours(sandbox, MANY, stack),
        )


def _bare(sandbox: Sandbox, *, process_before_response: bool) -> AsyncApp:
    """The least that Bolt needs to answer /drop."""
    told = sandbox.environment()
    client = AsyncWebClient(token=told["SLACK_BOT_TOKEN"], base_url=told["SLACK_API_URL"])
    secret = told.get("SLACK_SIGNING_SECRET", "unused")  # Socket Mode needs none
    app = AsyncApp(client=client, signing_secret=secret, process_before_response=process_before_response)
    app.command("/drop")(_hello)
    app.action("confirm")(_taken)
    return app


async def _hello(ack: AsyncAck) -> None:
    await ack(text="CR-001")


async def _taken(ack: AsyncAck) -> None:
    await ack()


async def _ours(sandbox: Sandbox, past: int, stack: AsyncExitStack) -> Ours:
    """One deployment is open, the others are over. The runs of the checks stay in the queue."""
    told = sandbox.environment() | {"DATABASE_URL": f"sqlite:///{sandbox.world.folder}/past-{past}.db"}
    settings = Settings.model_validate({name.lower(): value for name, value in told.items()})
    house = await stack.enter_async_context(building(settings, lambda: True))
    house.desk.flood = Floodgate(monotonic=itertools.count().__next__)  # one person asks as fast as a team never would
    await _opened(house, "first")
    insert_past(settings.database_url, past)
    deployment = await _opened(house, "open")
    assert deployment == f"CR-{past + 1:03d}"
    return Ours(house=house, app=app_for(house.ground.client, house.desk, settings), deployment=deployment)


async def _opened(house: House, key: str) -> DeploymentId:
    deps = house.desk.deps
    window = deps.calendar.next_windows(deps.now(), 1)[0]
    john = deps.checklist.team.people[PersonId("john")]
    fields = {**RELEASE, "window": window.opens.isoformat()}
    opened = await house.desk.perform(Ask(verb="deploy", by=john, key=key, fields=fields))
    assert isinstance(opened, Deployment)
    return opened.id
