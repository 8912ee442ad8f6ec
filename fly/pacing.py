"""Pacing: no faster than Fly allows, so that it never has to say 429.

Source: "Working with the Machines API", Rate Limits: one request a second per action and machine (or app) with a
burst of three; reading one machine five a second with a burst of ten.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """`a_second` requests on the long run, `burst` of them at once."""

    a_second: float
    burst: int


READ_MACHINE = "read machine"
ANY = Rate(0.9, 3)  # a tenth slower than allowed: requests may arrive closer together than they left
RATES = {READ_MACHINE: Rate(4.5, 10)}


@dataclass(slots=True)
class Bucket:
    """A token bucket that lends: what is borrowed is waited for, in the order of asking."""

    rate: Rate
    tokens: float
    at: float

    def take(self, now: float) -> float:
        """Take one token; the seconds to wait until it is there."""
        self.tokens = min(self.rate.burst, self.tokens + (now - self.at) * self.rate.a_second)
        self.at = now
        self.tokens -= 1
        return max(0.0, -self.tokens / self.rate.a_second)


class Pacing:
    """One bucket for each action on each machine or app."""

    def __init__(
        self,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sleep = sleep
        self._monotonic = monotonic
        self._buckets: dict[tuple[str, str], Bucket] = {}

    async def turn(self, action: str, key: str) -> None:
        """Return when the action may be asked for."""
        now = self._monotonic()
        wait = self._bucket(action, key, now).take(now)
        if wait > 0:
            await self.sleep(wait)

    def _bucket(self, action: str, key: str, now: float) -> Bucket:
        rate = RATES.get(action, ANY)
        return self._buckets.setdefault((action, key), Bucket(rate, rate.burst, now))
