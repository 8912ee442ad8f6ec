"""The composition root: the only place where ports and adapters meet."""

import asyncio
import contextlib
import gc
import os
import secrets
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import clock_for
from bot.desk import Desk
from bot.listeners import listen
from bot.publisher import Publisher
from bot.settings import Settings
from bot.slack import Slack, translated
from bot.sweep import sweep
from checklist.calendar import Calendar
from checklist.definition import Checklist
from checklist.errors import Outage
from checklist.loading import load
from checklist.ports import Clock, Record
from checklist.record import Fact
from checks.catalogue import connected
from checks.unconnected import unconnected
from commands.deps import Deps
from fly.client import http_client
from fly.fleet import FlyFleet
from fly.pacing import Pacing
from fly.registry import FlyRegistry
from runs import engine
from runs.conduct import Conductor
from runs.deps import RunDeps
from runs.lock import RunnerLock
from storage.engine import record_engine, run_engine
from storage.upgrade import upgrade, verify_chain
from storage.work import SqlRecord

T = TypeVar("T")
log = structlog.get_logger()


class WrongWorkspace(Exception):
    """The bot token belongs to another workspace than checklist.yml names."""


class AnotherRuns(Exception):
    """Another process holds the runner lock of this database."""


class OneWriter:
    """Runs work on the record in a thread, one at a time: the one write lock of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]:
        def alone() -> T:
            with self._lock:
                return work()

        return asyncio.to_thread(alone)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What one running process is made of."""

    settings: Settings
    checklist: Checklist
    clock: Clock
    client: AsyncWebClient
    publisher: Publisher
    desk: Desk
    conductor: Conductor
    runs: object  # the durable engine's own SQLAlchemy engine


@asynccontextmanager
async def building(settings: Settings, is_runner: Callable[[], bool]) -> AsyncIterator[House]:
    """Open everything, hand it over, and close it in the reverse order. Raises ChecklistInvalid, ClockRefused, …"""
    checklist = load(settings.drop_checklist)
    clock = clock_for(settings, checklist)
    async with contextlib.AsyncExitStack() as stack:
        record, runs = _record(settings, stack)
        http = await stack.enter_async_context(http_client())
        client = _client(settings, await stack.enter_async_context(aiohttp.ClientSession()))
        slack, aside = Slack(client), OneWriter()
        publisher = Publisher(record=record, checklist=checklist, slack=slack, clock=clock, aside=aside)
        token = settings.fly_api_token.get_secret_value()
        fleet = FlyFleet(http, base_url=settings.fly_flaps_base_url, token=token, pacing=Pacing(), clock=clock)
        registry = FlyRegistry(http, base_url=settings.fly_registry_url, token=token)
        calendar = Calendar(checklist.window)
        deps = Deps(record=record, checklist=checklist, calendar=calendar, clock=clock, registry=registry)
        checkers = connected(
            fleet=fleet,
            registry=registry,
            workspace=slack,
            calendar=calendar,
            clock=clock,
            http=http,
            origins=(checklist.production.url, checklist.staging.url),
        )
        run_deps = RunDeps(
            record=record,
            checklist=checklist,
            calendar=calendar,
            clock=clock,
            fleet=fleet,
            registry=registry,
            checkers=checkers,
            unconnected=unconnected,
            announcer=publisher,
            aside=aside,
            is_runner=is_runner,
            owner=_installation(record, clock),
        )
        yield House(
            settings=settings,
            checklist=checklist,
            clock=clock,
            client=client,
            publisher=publisher,
            desk=Desk(deps=deps, aside=aside, wake=publisher.wake),
            conductor=Conductor(run_deps),
            runs=runs,
        )


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises AnotherRuns, WrongWorkspace and what `building` raises."""
    lock = RunnerLock(lock_file(settings.database_url))
    if not lock.take():
        raise AnotherRuns
    try:
        async with building(settings, lock.held) as house:
            await _same_workspace(house)
            await engine.launch(house.runs, house.conductor)
            try:
                await _serve_slack(house)
            finally:
                await engine.stop()
    finally:
        lock.release()


async def _serve_slack(house: House) -> None:
    app = AsyncApp(
        client=house.client,
        authorize=_always(house.settings),
        process_before_response=True,
        request_verification_enabled=False,
    )
    listen(app, house.desk)
    handler = AsyncSocketModeHandler(app, house.settings.slack_app_token.get_secret_value())
    publishing = asyncio.create_task(house.publisher.run())
    sweeping = asyncio.create_task(sweep(house.desk))
    connecting = asyncio.create_task(_connect(handler))
    gc.collect()
    gc.freeze()  # what lives from the start is never looked at again: no long pauses later
    log.info("serving", pid=os.getpid())
    try:
        await _stop_signal()
    finally:
        for task in (connecting, publishing, sweeping):
            task.cancel()
        await asyncio.gather(connecting, publishing, sweeping, return_exceptions=True)
        await _untyped(handler.close_async)


async def _connect(handler: AsyncSocketModeHandler) -> None:
    """Until Slack takes the connection; after that the client keeps it by itself."""
    while True:
        try:
            async with translated():
                await _untyped(handler.connect_async)
        except Outage as outage:
            log.warning("slack cannot be reached", advice=outage.advice)
            await asyncio.sleep(1)
        else:
            return


async def _stop_signal() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()


async def _same_workspace(house: House) -> None:
    """Raises WrongWorkspace. Slack not answering is no reason not to start: a rollback needs Fly alone."""
    try:
        async with translated():
            answer = await house.client.auth_test()
    except Outage as outage:
        log.warning("slack did not say which workspace this is", advice=outage.advice)
        return
    if answer["team_id"] != house.checklist.workspace.team_id:
        raise WrongWorkspace(answer["team_id"], house.checklist.workspace.team_id)


def _record(settings: Settings, stack: contextlib.AsyncExitStack) -> tuple[Record, object]:
    """The record, upgraded and verified, and the database of the runs beside it."""
    records = record_engine(settings.database_url)
    stack.callback(records.dispose)
    upgrade(records)
    verify_chain(records)
    engine.migrate(settings.database_url)
    runs = run_engine(settings.database_url)
    queue = engine.RunQueue(runs)
    stack.callback(queue.close)
    return SqlRecord(records, queue.enqueue), runs


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
        timeout=10,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)],
    )


def _always(settings: Settings) -> Callable[..., Awaitable[AuthorizeResult]]:
    """One workspace, one token: nothing to look up for each request."""

    async def authorize(**_: object) -> AuthorizeResult:
        token = settings.slack_bot_token.get_secret_value()
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=token)

    return authorize


async def _untyped(call: Callable[[], Awaitable[None]]) -> None:
    """Await a method that its library left without types."""
    await call()


def lock_file(database_url: str) -> Path:
    """The file beside a SQLite database that the runner holds."""
    return Path(database_url.removeprefix("sqlite:///") + ".lock")
