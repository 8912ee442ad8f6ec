"""Fly.io as the tests have it: the sandbox's over real HTTP, and a server for answers that no sandbox should give."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from aiohttp import web

from fly.fleet import FlyFleet
from fly.jobs import FlyJobs
from fly.logs import FlyLogs
from fly.pacing import Pacing
from fly.registry import FlyRegistry
from fly.releases import FlyReleases
from sandbox.clock import Clock as MovedClock
from sandbox.dropapp import DropApp
from sandbox.dropapp import routes as pages
from sandbox.faults import Faults
from sandbox.fly.api import routes
from sandbox.fly.platform import Platform

TOKEN = "FlyV1 fm2_sandboxdeploy"
READ_TOKEN = "FlyV1 fm2_sandboxread"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Clock:
    """The sandbox's clock, as the port has it."""

    moved = True

    def __init__(self, clock: MovedClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()


@dataclass
class Naps:
    """A sleep that takes no time and remembers how long it should have been."""

    taken: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        await asyncio.sleep(0)


@dataclass
class Fly:
    """A Fly.io on loopback, the clients for it, and the switches behind it."""

    base: str
    platform: Platform
    clock: MovedClock
    faults: Faults
    fleet: FlyFleet
    jobs: FlyJobs
    logs: FlyLogs
    registry: FlyRegistry
    releases: FlyReleases
    http: httpx.AsyncClient
    naps: Naps


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """The base url of an application on a free port."""
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def fly_io(http: httpx.AsyncClient, naps: Naps) -> AsyncIterator[Fly]:
    """The sandbox's Fly.io, served. Its limits and moves take real time; only our own pauses take none."""
    clock, faults, app = MovedClock(), Faults(), web.Application()
    platform = Platform(clock, faults, itertools.count(1).__next__, stopwatch=time.monotonic)
    app.add_routes([*routes(platform), *pages(DropApp(platform, faults))])
    async with served(app) as base:
        pacing = Pacing(sleep=naps)
        fleet = FlyFleet(http, base_url=f"{base}/fly", token=TOKEN, pacing=pacing, clock=Clock(clock))
        logs = FlyLogs(http, base_url=f"{base}/fly", token=READ_TOKEN, pacing=pacing)
        jobs = FlyJobs(http, base_url=f"{base}/fly", token=TOKEN, pacing=pacing, logs=logs)
        registry = FlyRegistry(http, base_url=f"{base}/registry", token=TOKEN)
        releases = releases_at(f"{base}/fly", http, naps)
        yield Fly(base, platform, clock, faults, fleet, jobs, logs, registry, releases, http, naps)


@dataclass
class Odd:
    """A server that answers one request after another as it is told, the last answer for ever."""

    base: str
    answers: list[Handler] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)

    def answer(self, *answers: Handler) -> None:
        self.answers = list(answers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.requests.append(request)
        return await self.answers[min(len(self.requests), len(self.answers)) - 1](request)


@asynccontextmanager
async def odd_server() -> AsyncIterator[Odd]:
    server, app = Odd(""), web.Application()
    app.router.add_route("*", "/{rest:.*}", server.handle)
    async with served(app) as base:
        server.base = base
        yield server


def says(text: str = "", *, status: int = 200, **headers: str) -> Handler:
    """An answer with this text; `fly_request_id` becomes the header fly-request-id."""

    async def answer(request: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(text=text, status=status, headers=named)

    return answer


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """The connection is cut after the request was read."""
    if request.transport:
        request.transport.abort()
    return web.Response()


def fleet_at(base: str, http: httpx.AsyncClient, naps: Naps) -> FlyFleet:
    clock = Clock(MovedClock())
    return FlyFleet(http, base_url=base, token=TOKEN, pacing=Pacing(sleep=naps), clock=clock)


def releases_at(base: str, http: httpx.AsyncClient, naps: Naps) -> FlyReleases:
    return FlyReleases(http, base_url=base, token=TOKEN, pacing=Pacing(sleep=naps), agent="drop-bot/0.1.0")
