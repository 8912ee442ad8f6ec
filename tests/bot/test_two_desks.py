"""Two processes on one PostgreSQL answer the same crowd: what counts once in one process counts once in both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from storage.engine import record_engine
from storage.upgrade import verify_whole
from tests.bot.crowd import MANY, Hall, crowd, hall_on
from tests.bot.test_crowd import answered, button_on
from tests.storage.queue import create_queue

pytestmark = pytest.mark.journey


@pytest.fixture
async def both(upgraded_postgres: str) -> AsyncIterator[tuple[Hall, Hall]]:
    """Two bots that know nothing of each other but what stands in the record."""
    engine = record_engine(upgraded_postgres)
    create_queue(engine)
    async with AsyncExitStack() as stack:
        stack.callback(engine.dispose)
        one, other = [await stack.enter_async_context(hall_on(upgraded_postgres)) for _ in range(2)]
        yield one, other


@pytest.mark.parametrize("label", ["Request approval", "Approve", "Start deployment", "Roll back", "Attest"])
async def test_fifty_people_press_it_in_the_same_second_at_two_desks_and_it_counts_once(
    both: tuple[Hall, Hall], label: str
) -> None:
    one, other = both
    button = button_on(one, label)
    other.hands.at = one.hands.at
    presses = [button.pressed(person) for person in crowd()]

    here, there = await asyncio.gather(one.all_at_once(presses[::2]), other.all_at_once(presses[1::2]))

    said = [*answered(one, here), *answered(other, there)]
    assert button.effects() == len(one.decisions()) == 1
    assert len(one.refusals()) == len(said) == MANY - 1
    assert len(one.runs()) <= 1
    verify_whole(one.engine)


async def test_a_payload_that_slack_sends_to_both_counts_once(both: tuple[Hall, Hall]) -> None:
    one, other = both
    button = button_on(one, "Approve")
    payload = button.pressed(crowd()[0])

    await asyncio.gather(one.all_at_once([payload] * 3), other.all_at_once([payload] * 3))

    assert button.effects() == len(one.decisions()) == 1
    assert one.refusals() == ["CountedAlready"] * 5
