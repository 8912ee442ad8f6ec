"""Stopping in order: the part in hand is finished, nothing new is begun, and nobody waits for ever."""

import asyncio

import pytest

from runs.drain import Drain


async def test_a_run_that_waits_is_woken_and_goes_no_further() -> None:
    drain = Drain()
    sleeping = asyncio.create_task(drain.sleep(60))
    await asyncio.sleep(0)

    drain.begin()

    with pytest.raises(asyncio.CancelledError):
        await sleeping


async def test_a_run_sleeps_and_goes_on_while_nobody_stops_it() -> None:
    drain = Drain()

    await drain.sleep(0.001)
    drain.going()


async def test_no_part_is_begun_once_the_process_stops() -> None:
    drain = Drain()
    drain.begin()

    with pytest.raises(asyncio.CancelledError), drain.part():
        pytest.fail("it was begun")


async def test_the_part_in_hand_is_waited_for() -> None:
    drain, answer, written = Drain(), asyncio.Event(), []

    async def part() -> None:
        with drain.part():
            await answer.wait()
            written.append("the outcome")

    going = asyncio.create_task(part())
    await asyncio.sleep(0)
    finished = asyncio.create_task(drain.finished())
    await asyncio.sleep(0.01)
    before = finished.done()
    answer.set()

    assert await finished
    assert written == ["the outcome"]
    assert not before
    await going


async def test_a_part_that_does_not_end_is_not_waited_for_longer_than_the_patience() -> None:
    drain = Drain()

    with drain.part():
        drain.begin(patience=0.01)

        assert not await drain.finished()


async def test_where_nothing_is_in_hand_there_is_nothing_to_wait_for() -> None:
    assert await Drain().finished()
