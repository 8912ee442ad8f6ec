"""The sweep: once a second it does what is due, whoever is asleep."""

import asyncio

from bot.desk import Desk
from commands.expire import expire

EVERY = 1.0  # seconds


async def sweep(desk: Desk) -> None:
    """Until cancelled."""
    while True:
        if await desk.aside(lambda: expire(desk.deps)):
            desk.wake()
        await asyncio.sleep(EVERY)
