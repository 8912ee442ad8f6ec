"""Fly's limits are kept, so that it never has to say 429."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fly.pacing import READ_MACHINE, Pacing
from tests.fly.servers import Naps


@dataclass
class Time:
    """A clock that only sleeping moves."""

    now: float = 0.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@given(st.lists(st.floats(0, 3), min_size=1, max_size=40), st.sampled_from([("update", 1, 3), (READ_MACHINE, 5, 10)]))
def test_fly_s_bucket_never_runs_dry(pauses: list[float], limit: tuple[str, int, int]) -> None:
    action, rate, left = limit[0], limit[1], float(limit[2])
    time = Time()
    pacing = Pacing(sleep=time.sleep, monotonic=time.monotonic)

    async def send_all() -> list[float]:
        sent = []
        for pause in pauses:
            time.now += pause
            await pacing.turn(action, "148e21ea7d0089")
            sent.append(time.now)
        return sent

    filled = 0.0
    for at in asyncio.run(send_all()):
        left, filled = min(limit[2], left + (at - filled) * rate), at
        left -= 1
        assert left >= 0


async def test_those_who_ask_at_once_are_spread_out() -> None:
    naps = Naps()
    pacing = Pacing(sleep=naps, monotonic=lambda: 0.0)

    await asyncio.gather(*(pacing.turn("list machines", "drop-app") for _ in range(6)))

    assert naps.taken == pytest.approx([1 / 0.9, 2 / 0.9, 3 / 0.9])


async def test_each_action_on_each_machine_is_counted_apart() -> None:
    naps = Naps()
    pacing = Pacing(sleep=naps, monotonic=lambda: 0.0)

    for action in ("update", "lease"):
        for machine in ("148e21ea7d0089", "3d8d9025b6e189"):
            for _ in range(3):
                await pacing.turn(action, machine)

    assert naps.taken == []


async def test_one_machine_may_be_read_ten_times_at_once() -> None:
    naps = Naps()
    pacing = Pacing(sleep=naps, monotonic=lambda: 0.0)

    for _ in range(11):
        await pacing.turn(READ_MACHINE, "148e21ea7d0089")

    assert naps.taken == pytest.approx([1 / 4.5])
