"""Our pacing against the sandbox's own limits, which are Fly's: over a whole rollout it never has to say 429."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from aiohttp import web

from checklist.words import MachineId
from fly.client import Call, MachinesApi
from fly.fleet import FlyFleet
from fly.pacing import Pacing
from sandbox.clock import Clock as MovedClock
from sandbox.faults import Faults
from sandbox.fly.api import routes
from sandbox.fly.opening import Fleet
from sandbox.fly.platform import Platform
from tests.fly.servers import TOKEN, Clock, served

APP = "drop-app"


@dataclass
class Time:
    """Passes only when somebody sleeps: how busy this computer is has no part in it."""

    slept: float = field(default=0.0)

    def monotonic(self) -> float:
        return self.slept

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds


@dataclass
class Paced:
    """Ten machines behind Fly's limits, and our client with its pacing."""

    base: str
    platform: Platform
    fleet: FlyFleet
    api: MachinesApi
    time: Time

    def statuses(self) -> list[object]:
        return [entry["status"] for entry in self.platform.log]


@pytest.fixture
async def paced(http: httpx.AsyncClient) -> AsyncIterator[Paced]:
    passing, clock, app = Time(), MovedClock(), web.Application()
    next_n = itertools.count(1).__next__
    platform = Platform(clock, Faults(), next_n, stopwatch=passing.monotonic, fleet=Fleet(started=10))
    app.add_routes(routes(platform))
    async with served(app) as base:
        pacing = Pacing(sleep=passing.sleep, monotonic=passing.monotonic)
        fleet = FlyFleet(http, base_url=f"{base}/fly", token=TOKEN, pacing=pacing, clock=Clock(clock))
        yield Paced(
            base, platform, fleet, MachinesApi(http, base_url=f"{base}/fly", token=TOKEN, pacing=pacing), passing
        )


async def is_moved(paced: Paced, id: MachineId) -> None:
    """As a rollout moves a machine, though it asks for its health as fast as it may."""
    fleet = paced.fleet
    lease = await fleet.take_lease(APP, id, description="drop-bot/test/CR-001", ttl=timedelta(seconds=13))
    seen = await fleet.machine(APP, id)
    await fleet.update(APP, id, config=seen.config, current_version=seen.instance_id, nonce=lease.nonce, launch=True)
    for _ in range(15):
        await fleet.machine(APP, id)
    for _ in range(4):
        lease = await fleet.refresh_lease(APP, id, lease, ttl=timedelta(seconds=13))
    await fleet.release_lease(APP, id, lease)


async def test_a_rollout_of_ten_machines_is_never_told_to_slow_down(paced: Paced) -> None:
    for _ in range(4):
        machines = await paced.fleet.machines(APP)
    for machine in machines:
        await is_moved(paced, machine.id)
    for _ in range(4):
        await paced.fleet.machines(APP)

    assert len(machines) == 10
    assert set(paced.statuses()) == {200, 201}
    assert paced.time.slept > 0


async def test_a_row_of_twenty_creates_is_never_told_to_slow_down(paced: Paced) -> None:
    """flyctl #3961: creating counts by app, so twenty take twenty seconds."""
    config = (await paced.fleet.machines(APP))[0].config
    call = Call(action="create", key=APP, method="POST", path=f"/apps/{APP}/machines", body={"config": dict(config)})

    for _ in range(20):
        await paced.api.send(call)

    assert paced.statuses().count(200) == len(paced.statuses())
    assert paced.time.slept > 15


async def test_without_our_pacing_fly_would_say_429(paced: Paced, http: httpx.AsyncClient) -> None:
    for _ in range(4):
        answer = await http.get(f"{paced.base}/fly/v1/apps/{APP}/machines", headers={"Authorization": TOKEN})

    assert answer.status_code == 429
