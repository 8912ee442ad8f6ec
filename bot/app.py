"""The composition root: the only place where ports and adapters meet."""

import asyncio
import gc
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass

import aiohttp
import structlog
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import clock_for
from bot.connection import answering, app_for, during, same_workspace
from bot.database import opened
from bot.desk import Desk
from bot.directory import SlackDirectory
from bot.lanes import Lanes
from bot.members import Members
from bot.metrics import Metrics
from bot.poster import Poster
from bot.publisher import Publisher
from bot.readiness import Readiness
from bot.runner import turn_on
from bot.settings import Settings
from bot.slack import ANSWER_WITHIN, Slack, slack_session
from bot.sweep import sweep
from bot.web import Probes, door_for, served, web_app
from checklist.calendar import Calendar
from checklist.definition import Checklist
from checklist.kinds import CheckKind
from checklist.loading import load
from checklist.ports import Checker, Clock, Fleet, Record, Registry
from checklist.record import Fact
from checklist.redaction import Redactor
from checks.catalogue import connected
from checks.unconnected import unconnected
from commands.deps import Deps
from fly.client import http_client
from fly.fleet import FlyFleet
from fly.pacing import Pacing
from fly.registry import FlyRegistry
from runs import engine
from runs.conduct import Conductor
from runs.deps import Aside, RunDeps

AFTER_ACKS = 3.0  # seconds that answers after an ack are given at the end
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What everything else stands on: the checklist, the record, and the outside systems."""

    checklist: Checklist
    calendar: Calendar
    clock: Clock
    record: Record
    queue: engine.RunQueue
    runs: object  # the durable engine's own SQLAlchemy engine
    lanes: Lanes
    client: AsyncWebClient
    redactor: Redactor
    metrics: Metrics
    fleet: Fleet
    registry: Registry
    checkers: Mapping[CheckKind, Checker]

    @property
    def aside(self) -> Aside:
        """Where whatever can wait takes its turn at the record."""
        return self.lanes.ordinary


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What one running process is made of."""

    settings: Settings
    ground: Ground
    publisher: Publisher
    desk: Desk
    conductor: Conductor


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises what `serving` raises."""
    async with serving(settings):
        gc.collect()
        gc.freeze()  # what lives from the start is never looked at again: no long pauses later
        log.info("serving", pid=os.getpid())
        await _stop_signal()


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[House]:
    """The whole bot at work inside the block. Raises AnotherRuns, WrongWorkspace and what `building` raises."""
    turn = turn_on(settings.database_url)
    turn.claim()
    async with AsyncExitStack() as stack:
        stack.callback(turn.lock.release)
        house = await stack.enter_async_context(building(settings, turn.holds))
        await same_workspace(house.ground.client, house.ground.checklist.workspace.team_id)
        await stack.enter_async_context(during(house.desk.members.keep_fresh()))
        await stack.enter_async_context(turn.working(lambda: running(house)))
        stack.push_async_callback(house.desk.settled, within=AFTER_ACKS)
        await stack.enter_async_context(_open_doors(house, settings, turn.lock.held))
        stack.callback(house.conductor.deps.drain.begin)
        yield house


@asynccontextmanager
async def running(house: House) -> AsyncIterator[None]:
    """What one process alone does on a database: runs, cards and notices, and what is due."""
    await engine.launch(house.ground.runs, house.conductor)
    try:
        async with during(house.publisher.run(), sweep(house.desk)):
            try:
                yield
            finally:  # while the publisher still speaks: a run may be waiting for its announcement
                if not await house.conductor.deps.drain.finished():
                    log.warning("a call did not end in time; the next process finds out what came of it")
    finally:
        await engine.stop()


@asynccontextmanager
async def building(settings: Settings, is_runner: Callable[[], bool]) -> AsyncIterator[House]:
    """Open everything, hand it over, and close it in the reverse order. Raises ChecklistInvalid, ClockRefused, …"""
    async with AsyncExitStack() as stack:
        ground = await _ground(settings, stack)
        publisher = Publisher(
            record=ground.record,
            checklist=ground.checklist,
            poster=_poster(ground),
            clock=ground.clock,
            aside=ground.aside,
        )
        yield House(
            settings=settings,
            ground=ground,
            publisher=publisher,
            desk=_desk(ground, publisher),
            conductor=Conductor(_run_deps(ground, publisher, is_runner)),
        )


@asynccontextmanager
async def _open_doors(house: House, settings: Settings, is_runner: Callable[[], bool]) -> AsyncIterator[None]:
    """Slack is answered inside the block, and so is whoever asks how the bot is. Raises PortTaken."""
    app, metrics = app_for(house.ground.client, house.desk, settings), house.desk.metrics
    async with answering(app, house.ground.client, settings, reached=house.publisher.reached) as slack:
        ready = Readiness(
            record=house.ground.record,
            aside=house.ground.aside,
            slack=slack,
            is_runner=is_runner,
            run_states=house.ground.queue.states,
            metrics=metrics,
        )
        web = web_app(Probes(ready=ready, metrics=metrics), door_for(app, settings, metrics))
        async with served(web, settings.host, settings.port):
            yield


async def _ground(settings: Settings, stack: AsyncExitStack) -> Ground:
    checklist = load(settings.drop_checklist)
    clock, calendar = clock_for(settings, checklist), Calendar(checklist.window)
    record, queue, runs = opened(settings.database_url, stack, clock.now)
    http = await stack.enter_async_context(http_client())
    client = _client(settings, await stack.enter_async_context(slack_session()))
    metrics = Metrics()
    token = settings.fly_api_token.get_secret_value()
    fleet = FlyFleet(
        http,
        base_url=settings.fly_flaps_base_url,
        token=token,
        pacing=Pacing(),
        clock=clock,
        count=metrics.fly_answered,
    )
    registry = FlyRegistry(http, base_url=settings.fly_registry_url, token=token)
    return Ground(
        checklist=checklist,
        calendar=calendar,
        clock=clock,
        record=record,
        queue=queue,
        runs=runs,
        lanes=stack.enter_context(closing(Lanes())),
        client=client,
        redactor=Redactor(settings.secrets),
        metrics=metrics,
        fleet=fleet,
        registry=registry,
        checkers=connected(
            fleet=fleet,
            registry=registry,
            workspace=Slack(client),
            calendar=calendar,
            clock=clock,
            http=http,
            origins=(checklist.production.url, checklist.staging.url),
        ),
    )


def _poster(ground: Ground) -> Poster:
    """The publisher's client never tries again by itself: it keeps an order, and waits for each method apart."""
    client, channel = ground.client, ground.checklist.workspace.channel_id
    patient = AsyncWebClient(
        token=client.token,
        base_url=client.base_url,
        session=client.session,
        timeout=client.timeout,
        retry_handlers=[],
    )
    return Poster(record=ground.record, aside=ground.aside, slack=Slack(patient, ground.redactor), channel=channel)


def _desk(ground: Ground, publisher: Publisher) -> Desk:
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
        wake=publisher.wake,
        metrics=ground.metrics,
        redactor=ground.redactor,
    )


def _deps(ground: Ground) -> Deps:
    return Deps(
        record=ground.record,
        checklist=ground.checklist,
        calendar=ground.calendar,
        clock=ground.clock,
        registry=ground.registry,
    )


def _run_deps(ground: Ground, publisher: Publisher, is_runner: Callable[[], bool]) -> RunDeps:
    return RunDeps(
        record=ground.record,
        checklist=ground.checklist,
        calendar=ground.calendar,
        clock=ground.clock,
        fleet=ground.fleet,
        registry=ground.registry,
        checkers=ground.checkers,
        unconnected=unconnected,
        announcer=publisher,
        aside=ground.lanes.urgent,
        is_runner=is_runner,
        redactor=ground.redactor,
        owner=_installation(ground.record, ground.clock),
    )


async def _stop_signal() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()


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
