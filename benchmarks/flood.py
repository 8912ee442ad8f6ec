"""One person types a thousand commands in ten seconds while another rolls back; the bot is a process of its own."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rollbacks import Workplace, workplace
from sandbox import seed

COMMANDS = 1_000
SECONDS = 10.0
HALFWAY = SECONDS / 2
TOO_FAST = "That is more than Drop answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """`seconds` from Roll back to the first update; what became of the commands, and how long the slowest took."""

    seconds: float
    answered: int
    refused: int
    slowest: float
    entries: int  # that the flood left in the record


async def measured_flood(folder: Path) -> Flood:
    """The rollback is asked for halfway through the flood."""
    async with workplace(folder) as place:
        answers = asyncio.create_task(_flood(place))
        await asyncio.sleep(HALFWAY)
        seconds = await place.sample(0)
        said = await answers
        with place.record.look() as work:
            entries = sum(entry.fact.kind == "ask.refused" for entry in work.journal.entries())
    refused = sum(text.startswith(TOO_FAST) for text, _ in said)
    return Flood(
        seconds=seconds,
        answered=len(said) - refused,
        refused=refused,
        slowest=max(took for _, took in said),
        entries=entries,
    )


async def _flood(place: Workplace) -> list[tuple[str, float]]:
    """Each command at its own moment, whether or not the one before was answered."""
    begun = time.perf_counter()
    asked = []
    for number in range(COMMANDS):
        await asyncio.sleep(begun + number * SECONDS / COMMANDS - time.perf_counter())
        asked.append(asyncio.create_task(_asked(place)))
    return await asyncio.gather(*asked)


async def _asked(place: Workplace) -> tuple[str, float]:
    begun = time.perf_counter()
    answer = await place.sandbox.world.acts.command(seed.JOHN.id, "/drop status")
    return str(answer["reply"]["text"]), time.perf_counter() - begun
