"""The sweep: once a second it does what is due, whoever is asleep."""

import asyncio

import structlog

from bot.desk import Desk
from checklist.errors import RecordOutage
from commands.expire import expire

EVERY = 1.0  # seconds
log = structlog.get_logger()


async def sweep(desk: Desk) -> None:
    """Until cancelled."""
    while True:
        try:
            if await desk.aside(lambda: expire(desk.deps)):
                desk.wake()
        except RecordOutage as outage:
            log.warning("the sweep waits for the record", advice=outage.advice)
        await asyncio.sleep(EVERY)
