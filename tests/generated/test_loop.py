"""The loop of a world's time: those who sleep wake in the order of time, whoever fell asleep first."""

import asyncio

import pytest

from tests.generated.clock import PassingTime
from tests.generated.loop import lives


def test_those_who_sleep_wake_in_the_order_of_time() -> None:
    time, woke = PassingTime(), list[tuple[str, float]]()

    async def sleeps(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woke.append((name, time.seconds))

    async def life() -> None:
        await asyncio.gather(sleeps("third", 60.0), sleeps("first", 4.0), sleeps("second", 4.5))

    lives(time, life())

    assert woke == [("first", 4.0), ("second", 4.5), ("third", 60.0)]


def test_time_that_a_call_takes_is_no_longer_slept() -> None:
    time = PassingTime()

    async def life() -> None:
        sleeping = asyncio.create_task(asyncio.sleep(4.0))
        await asyncio.sleep(0)
        time.passes(3.0)
        await sleeping

    lives(time, life())

    assert time.seconds == 4.0


def test_a_deadline_is_one_of_that_time() -> None:
    async def life() -> None:
        async with asyncio.timeout(5.0):
            await asyncio.sleep(6.0)

    with pytest.raises(TimeoutError):
        lives(time := PassingTime(), life())

    assert time.seconds == 5.0


def test_to_wait_for_what_can_never_happen_is_an_error() -> None:
    async def life() -> None:
        await asyncio.Event().wait()

    with pytest.raises(AssertionError, match="nothing will ever happen"):
        lives(PassingTime(), life())
