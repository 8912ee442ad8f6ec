"""What every process of the product stands on, the bot and the shell alike: where ports and adapters meet."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import ClockWatch, clock_for
from bot.desk import Desk
from bot.directory import SlackDirectory
from bot.lanes import Lanes
from bot.members import Members
from bot.metrics import Metrics
from bot.settings import Settings
from bot.slack import ANSWER_WITHIN, Slack, slack_session
from checklist.calendar import Calendar
from checklist.definition import Checklist
from checklist.kinds import CheckKind
from checklist.loading import load
from checklist.ports import Announcer, Checker, Clock, Fleet, Jobs, Record, Registry, Releases, Volumes
from checklist.record import Fact
from checklist.redaction import Redactor
from checks.catalogue import connected
from checks.unconnected import unconnected
from commands.deps import Deps
from fly.account import FlyAccount
from fly.client import http_client
from fly.fleet import FlyFleet
from fly.images import EitherRegistry
from fly.jobs import FlyJobs
from fly.logs import FlyLogs, NoLogs
from fly.pacing import Pacing
from fly.registry import FlyRegistry
from fly.releases import FlyReleases
from fly.strategies import STRATEGIES
from fly.volumes import FlyVolumes
from runs.deps import Aside, RunDeps
from storage.ballast import Ballast
from storage.files import BALLAST, PLAN_FILE, beside
from storage.plan_file import JsonPlanFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What is known before anything is opened."""

    settings: Settings
    checklist: Checklist
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What everything else stands on: the checklist, the record, and the outside systems."""

    checklist: Checklist
    calendar: Calendar
    clock: Clock
    record: Record
    lanes: Lanes
    plan_file: JsonPlanFile
    ballast: Ballast
    client: AsyncWebClient
    redactor: Redactor
    metrics: Metrics
    fleet: Fleet
    jobs: Jobs
    volumes: Volumes
    registry: Registry
    names: Registry  # which digest a tag names, from whichever of Fly's two answers
    releases: Releases
    checkers: Mapping[CheckKind, Checker]
    clock_watch: ClockWatch

    @property
    def aside(self) -> Aside:
        """Where whatever can wait takes its turn at the record."""
        return self.lanes.ordinary


def basis_of(settings: Settings) -> Basis:
    """Raises ChecklistInvalid, ClockRefused."""
    checklist = load(settings.drop_checklist)
    return Basis(settings=settings, checklist=checklist, clock=clock_for(settings, checklist))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The outside systems."""

    client: AsyncWebClient
    metrics: Metrics
    accounts: Mapping[str, FlyAccount]  # by the variable that holds the token
    fleet: Fleet
    jobs: Jobs
    volumes: Volumes
    registry: Registry
    names: Registry  # which digest a tag names, from whichever of Fly's two answers
    releases: Releases
    checkers: Mapping[CheckKind, Checker]
    clock_watch: ClockWatch


async def outside_of(basis: Basis, stack: AsyncExitStack) -> Outside:
    """Clients for everything outside; nothing is asked yet."""
    settings, checklist, clock = basis.settings, basis.checklist, basis.clock
    http, metrics = await stack.enter_async_context(http_client()), Metrics()
    client = _client(settings, await stack.enter_async_context(slack_session()))
    fleet, jobs, logs, volumes, registry, releases, accounts = _fly(settings, http, clock, metrics)
    clocks = {"Slack": Slack(client).now, "Fly": accounts["FLY_API_TOKEN"].now}
    return Outside(
        client=client,
        metrics=metrics,
        accounts=accounts,
        fleet=fleet,
        jobs=jobs,
        volumes=volumes,
        registry=registry,
        names=EitherRegistry(registry, releases.graphql),
        releases=releases,
        checkers=connected(
            fleet=fleet,
            jobs=jobs,
            logs=logs,
            redactor=Redactor(settings.secrets),
            registry=registry,
            workspace=Slack(client),
            calendar=Calendar(checklist.window),
            clock=clock,
            http=http,
            origins=(checklist.production.url, checklist.staging.url),
            sizes={app.name: app.machines for app in (checklist.production, checklist.staging)},
        ),
        clock_watch=ClockWatch(others=clocks, show=metrics.clock_compared),
    )


async def ground_of(basis: Basis, record: Record, stack: AsyncExitStack) -> Ground:
    """Everything else, over a record that was opened before."""
    settings, outside = basis.settings, await outside_of(basis, stack)
    return Ground(
        checklist=basis.checklist,
        calendar=Calendar(basis.checklist.window),
        clock=basis.clock,
        record=record,
        lanes=stack.enter_context(closing(Lanes())),
        plan_file=JsonPlanFile(beside(settings.database_url, PLAN_FILE)),
        ballast=Ballast(beside(settings.database_url, BALLAST)),
        client=outside.client,
        redactor=Redactor(settings.secrets),
        metrics=outside.metrics,
        fleet=outside.fleet,
        jobs=outside.jobs,
        volumes=outside.volumes,
        registry=outside.registry,
        names=outside.names,
        releases=outside.releases,
        checkers=outside.checkers,
        clock_watch=outside.clock_watch,
    )


# httpx is for the adapters alone, so its client passes through here unnamed.
def _fly(
    settings: Settings, http: Any, clock: Clock, metrics: Metrics
) -> tuple[FlyFleet, FlyJobs, FlyLogs | NoLogs, FlyVolumes, FlyRegistry, FlyReleases, Mapping[str, FlyAccount]]:
    """Fly's machines, commands on them, their logs, its registry and releases, and what each token is good for."""
    token, base_url = settings.fly_api_token.get_secret_value(), settings.fly_flaps_base_url
    reads, pacing, count = settings.fly_read_token.get_secret_value(), Pacing(), metrics.fly_answered
    tokens, api = {"FLY_API_TOKEN": token, "FLY_READ_TOKEN": reads}, settings.fly_api_base_url
    logs = FlyLogs(http, base_url=api, token=reads, pacing=pacing, count=count) if reads else NoLogs()
    return (
        FlyFleet(http, base_url=base_url, token=token, pacing=pacing, clock=clock, count=count),
        FlyJobs(http, base_url=base_url, token=token, pacing=pacing, logs=logs, count=count),
        logs,
        FlyVolumes(http, base_url=base_url, token=token, pacing=pacing, count=count),
        FlyRegistry(http, base_url=settings.fly_registry_url, token=token),
        FlyReleases(http, base_url=api, token=token, pacing=pacing, agent=agent(), count=count),
        {name: FlyAccount(http, base_url=base_url, token=t, pacing=pacing) for name, t in tokens.items() if t},
    )


def desk_of(ground: Ground, wake: Callable[[], None]) -> Desk:
    checklist = ground.checklist
    members = Members(
        directory=SlackDirectory(ground.client, checklist.workspace.team_id),
        workspace=Slack(ground.client),
        record=ground.record,
        checklist=checklist,
        aside=ground.aside,
        clock=ground.clock,
    )
    return Desk(
        deps=_deps(ground),
        members=members,
        aside=ground.aside,
        urgent=ground.lanes.urgent,
        wake=wake,
        metrics=ground.metrics,
        redactor=ground.redactor,
        reserve=ground.ballast.release,
    )


def _deps(ground: Ground) -> Deps:
    return Deps(
        record=ground.record,
        checklist=ground.checklist,
        calendar=ground.calendar,
        clock=ground.clock,
        registry=ground.names,
        skew=ground.clock_watch.skew,
    )


def run_deps_of(ground: Ground, announcer: Announcer, is_runner: Callable[[], bool], *, waits: bool = True) -> RunDeps:
    return RunDeps(
        record=ground.record,
        checklist=ground.checklist,
        calendar=ground.calendar,
        clock=ground.clock,
        fleet=ground.fleet,
        jobs=ground.jobs,
        volumes=ground.volumes,
        registry=ground.registry,
        releases=ground.releases,
        checkers=ground.checkers,
        unconnected=unconnected,
        announcer=announcer,
        aside=ground.lanes.urgent,
        is_runner=is_runner,
        redactor=ground.redactor,
        owner=_installation(ground.record, ground.clock),
        agent=agent(),
        plan_file=ground.plan_file,
        strategies=STRATEGIES,
        skew=ground.clock_watch.skew,
        waits=waits,
    )


def agent() -> str:
    """This program's name and version."""
    return f"drop-bot/{version('drop-bot')}"


def _installation(record: Record, clock: Clock) -> str:
    """A name for this record that no other has: the start of its first entry's hash."""
    with record.work() as work:
        if next(iter(work.journal.entries()), None) is None:
            body = {"nonce": secrets.token_hex(16)}
            work.journal.append(Fact(kind="record.opened", at=clock.now(), by="bot", body=body))
        if clock.moved:
            work.journal.append(Fact(kind="clock.moved", at=clock.now(), by="bot"))
        first = next(iter(work.journal.entries()))
        work.commit()
    return first.hash[:12]


def _client(settings: Settings, session: aiohttp.ClientSession) -> AsyncWebClient:
    return AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(),
        base_url=settings.slack_api_url,
        session=session,
        timeout=int(ANSWER_WITHIN),
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)],
    )
