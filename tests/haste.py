"""A workplace in a hurry: whatever waits by design, for a machine or for the pace of a platform, waits a fifth as long.

How long those waits are is tested where they are made, with a clock that is moved.
"""

import time
from dataclasses import replace

import pytest

from bot import poster
from bot.pace import Bucket, Monotonic
from fly import pacing
from fly.pacing import Rate
from runs.drain import Drain
from sandbox.fly.limits import Limits
from sandbox.slack.rates import Rates
from sandbox.world import World

HASTE = 5


def hurries(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this sandbox, and the bot that starts in this process, wait less."""
    for name in ("move", "health", "unseen", "unreachable"):
        setattr(world.platform.durations, name, getattr(world.platform.durations, name) / HASTE)
    world.platform.limits = Limits(_hurried)
    world.workspace.rates = Rates(_hurried)
    monkeypatch.setattr(poster, "Bucket", _bucket)
    monkeypatch.setattr(pacing, "ANY", _faster(pacing.ANY))
    monkeypatch.setattr(pacing, "RATES", {name: _faster(rate) for name, rate in pacing.RATES.items()})
    monkeypatch.setattr(Drain, "sleep", _sleeps_less)


def _hurried() -> float:
    return time.monotonic() * HASTE


def _bucket(*, per_second: float, burst: int, monotonic: Monotonic) -> Bucket:
    return Bucket(per_second=per_second * HASTE, burst=burst, monotonic=monotonic)


def _faster(rate: Rate) -> Rate:
    return replace(rate, a_second=rate.a_second * HASTE)


_sleep = Drain.sleep


async def _sleeps_less(drain: Drain, seconds: float) -> None:
    await _sleep(drain, seconds / HASTE)
