"""Who visits the sandbox's Fly.io in these tests: over real HTTP, with a stopwatch that the test holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.fly.opening import TWO_MACHINES, Fleet
from sandbox.fly.platform import Platform

Json = dict[str, Any]  # Any, because these are the platform's documents

APP, FIRST, SECOND = "/fly/v1/apps/drop-app", "148e21ea7d0089", "3d8d9025b6e189"
MACHINE = f"{APP}/machines/{FIRST}"
NONCE = "fly-machine-lease-nonce"
DEPLOY, READ = {"Authorization": "FlyV1 fm2_sandboxdeploy"}, {"Authorization": "FlyV1 fm2_sandboxread"}
UNKNOWN_IMAGE = "registry.fly.io/drop-app@sha256:" + "0" * 64


class Stopwatch:
    """Real time, as long as the test likes it; with a `pace` each look at it takes that many seconds."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.pace = 0.0

    def __call__(self) -> float:
        self.seconds += self.pace
        return self.seconds


@dataclass(frozen=True, slots=True)
class Visitor:
    """A client with the deploy token, and what stands behind the server that it talks to."""

    http: httpx.AsyncClient
    clock: Clock
    faults: Faults
    stopwatch: Stopwatch
    platform: Platform

    def passes(self, seconds: float) -> None:
        """Let real time pass, and a moment more, as it does."""
        self.stopwatch.seconds += seconds + 0.001

    def digest(self, tag: str) -> str:
        image = self.platform.registry.tagged(tag)
        assert image is not None
        return image.digest

    def image(self, tag: str) -> str:
        """A reference by digest."""
        return f"registry.fly.io/drop-app@{self.digest(tag)}"

    async def machine(self, path: str = MACHINE) -> Json:
        answer = await self.http.get(path)
        assert answer.status_code == 200
        found: Json = answer.json()
        return found

    async def order(self, image: str, path: str = MACHINE, **config: object) -> Json:
        """The body of an update that changes the image and nothing else but what is given."""
        machine = await self.machine(path)
        return {"config": {**machine["config"], **config, "image": image}}

    async def updates(self, image: str, path: str = MACHINE, **config: object) -> Json:
        """Update a machine to an image; gives the reply."""
        answer = await self.http.post(path, json=await self.order(image, path, **config))
        assert answer.status_code == 200, answer.text
        updated: Json = answer.json()
        return updated

    async def lease(self, ttl: int = 13) -> str:
        """Take a lease on the first machine; gives its nonce."""
        answer = await self.http.post(f"{MACHINE}/lease", json={"ttl": ttl, "description": "CR-001"})
        assert answer.status_code == 201
        return str(answer.json()["data"]["nonce"])


def open_platform(fleet: Fleet = TWO_MACHINES) -> tuple[Clock, Faults, Stopwatch, Platform]:
    """A platform as it opens, outside any server."""
    clock, faults, stopwatch = Clock(), Faults(), Stopwatch()
    numbers: Iterator[int] = count(1)
    return clock, faults, stopwatch, Platform(clock, faults, lambda: next(numbers), stopwatch=stopwatch, fleet=fleet)
