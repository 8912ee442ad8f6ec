"""How many durable clicks a second are acked when many people click at once."""

import asyncio
import time
from collections.abc import Iterator

from benchmarks.acks import Clicks
from checklist.definition import Item

CLIENTS, ROUNDS = 16, 60


async def measured_throughput(clicks: Clicks) -> float:
    """Clicks a second with 16 clients; what is between two rounds is not counted."""
    seconds = 0.0
    for _ in range(ROUNDS):
        clicks.take_back()
        begun = time.perf_counter()
        await _all_clicked(clicks)
        seconds += time.perf_counter() - begun
        assert clicks.settled() == len(clicks.items)
    return ROUNDS * len(clicks.items) / seconds


async def _all_clicked(clicks: Clicks) -> None:
    """Each client clicks on the next item that nobody has clicked on yet."""
    left = iter(clicks.items)
    await asyncio.gather(*(_client(clicks, left) for _ in range(CLIENTS)))


async def _client(clicks: Clicks, left: Iterator[Item]) -> None:
    for item in left:
        await clicks.confirm(item)
