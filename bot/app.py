"""The composition root of the bot that serves: record, runs, publisher, doors."""

import asyncio
import gc
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.aftermath import add_side_record
from bot.connection import answering, app_for, during, same_workspace
from bot.database import opened
from bot.desk import Desk
from bot.ground import Ground, basis_of, desk_of, ground_of, run_deps_of
from bot.poster import Poster
from bot.publisher import Publisher
from bot.readiness import Readiness
from bot.runner import turn_on
from bot.settings import Settings
from bot.slack import Slack
from bot.sweep import sweep
from bot.web import Probes, door_for, listening, served, web_app
from commands.resume import resume
from runs import engine
from runs.conduct import Conductor
from runs.drift import DriftWatch
from storage.engine import may_be_shared
from storage.files import SIDE_RECORD, beside

AFTER_ACKS = 3.0  # seconds that answers after an ack are given at the end
LOOK_FOR_SPACE = 60.0  # seconds
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What one running process is made of."""

    settings: Settings
    ground: Ground
    queue: engine.RunQueue
    runs: object  # the durable engine's own SQLAlchemy engine
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
    """The whole bot at work inside the block. Raises AnotherRuns, PortTaken, WrongWorkspace, and as `building`."""
    turn = turn_on(settings.database_url)
    turn.claim()
    async with AsyncExitStack() as stack:
        stack.callback(turn.lock.release)
        address = stack.enter_context(listening(settings.host, settings.port))
        house = await stack.enter_async_context(building(settings, turn.holds))
        await same_workspace(house.ground.client, house.ground.checklist.workspace.team_id)
        await stack.enter_async_context(during(house.desk.members.keep_fresh(), house.ground.clock_watch.watch()))
        await stack.enter_async_context(turn.working(lambda: running(house)))
        stack.push_async_callback(house.desk.settled, within=AFTER_ACKS)
        await stack.enter_async_context(_open_doors(house, address, turn.lock.held))
        stack.callback(house.conductor.deps.drain.begin)
        yield house


@asynccontextmanager
async def running(house: House) -> AsyncIterator[None]:
    """What one process alone does on a database: runs, cards and notices, and what is due."""
    await house.ground.aside(lambda: take_up(house))
    await engine.launch(house.runs, house.conductor)
    try:
        watch = DriftWatch(deps=house.conductor.deps, wake=house.publisher.wake)
        async with during(house.publisher.run(), sweep(house.desk), watch.watch(), _keep_space(house)):
            try:
                yield
            finally:  # while the publisher still speaks: a run may be waiting for its announcement
                if not await house.conductor.deps.drain.finished():
                    log.warning("a call did not end in time; the next process finds out what came of it")
    finally:
        await engine.stop()


def take_up(house: House) -> None:
    """What the one that runs does first: it goes on with what was done while no bot ran."""
    add_side_record(house.desk.deps, beside(house.settings.database_url, SIDE_RECORD))
    resume(house.desk.deps)


async def _keep_space(house: House) -> None:
    """Until cancelled: space beside the file is kept back for a rollback, and kept back anew after one took it."""
    ballast = house.ground.ballast
    while not may_be_shared(house.settings.database_url):
        if not await asyncio.to_thread(ballast.take):
            log.warning("no space is kept back for a rollback: the disk is nearly full", file=str(ballast.path))
        await asyncio.sleep(LOOK_FOR_SPACE)


@asynccontextmanager
async def building(settings: Settings, is_runner: Callable[[], bool]) -> AsyncIterator[House]:
    """Open everything, hand it over, and close it in the reverse order. Raises ChecklistInvalid, ClockRefused, …"""
    async with AsyncExitStack() as stack:
        basis = basis_of(settings)
        record, queue, runs = opened(settings.database_url, stack, basis.clock.now)
        ground = await ground_of(basis, record, stack)
        publisher = Publisher(
            record=ground.record,
            checklist=ground.checklist,
            poster=_poster(ground, is_runner),
            clock=ground.clock,
            aside=ground.aside,
        )
        yield House(
            settings=settings,
            ground=ground,
            queue=queue,
            runs=runs,
            publisher=publisher,
            desk=desk_of(ground, publisher.wake),
            conductor=Conductor(run_deps_of(ground, publisher, is_runner)),
        )


@asynccontextmanager
async def _open_doors(house: House, address: socket.socket, is_runner: Callable[[], bool]) -> AsyncIterator[None]:
    """Slack is answered inside the block, and so is whoever asks how the bot is."""
    settings, metrics = house.settings, house.ground.metrics
    app = app_for(house.ground.client, house.desk, settings)
    async with answering(app, house.ground.client, settings, reached=house.publisher.reached) as slack:
        ready = Readiness(
            record=house.ground.record,
            app=house.ground.checklist.production.name,
            aside=house.ground.aside,
            slack=lambda: slack() and not house.publisher.trouble,
            is_runner=is_runner,
            run_states=house.queue.states,
            metrics=metrics,
        )
        web = web_app(Probes(ready=ready, metrics=metrics), door_for(app, settings, metrics))
        async with served(web, address):
            yield


def _poster(ground: Ground, is_runner: Callable[[], bool]) -> Poster:
    """The publisher's client never tries again by itself: it keeps an order, and waits for each method apart."""
    client, channel = ground.client, ground.checklist.workspace.channel_id
    patient = AsyncWebClient(
        token=client.token,
        base_url=client.base_url,
        session=client.session,
        timeout=client.timeout,
        retry_handlers=[],
    )
    slack = Slack(patient, ground.redactor)
    return Poster(record=ground.record, aside=ground.aside, slack=slack, channel=channel, is_runner=is_runner)


async def _stop_signal() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()
