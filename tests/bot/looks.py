"""Looking at what people see until it is there."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from checklist.deployment import Deployment
from checklist.marks import MarkState

T = TypeVar("T")
SOON, SELDOM = 0.01, 0.1  # seconds between two looks, at first and in the long run
Seen = dict[str, Any]  # a message, a view or a machine, as the sandbox's page gets it


class NeverSeen(AssertionError):
    """What a test waited for did not come."""


def block(view: Seen | None, block_id: str) -> Seen:
    """The block of a modal that has this id."""
    assert view is not None
    found: Seen = next(block for block in view["blocks"] if block.get("block_id") == block_id)
    return found


def elements(block: Seen) -> list[Seen]:
    return [*block.get("elements", []), *([block["accessory"]] if block.get("accessory") else [])]


def was_read(deployment: Deployment) -> bool:
    """Whether every check that was queued has been read."""
    return all(mark.state is not MarkState.CHECKING for mark in deployment.marks.values())


async def until(look: Callable[[], Awaitable[T | None]], otherwise: str, *, within: float) -> T:
    """Look again and again until there is something to see. Raises NeverSeen."""
    deadline, pause = time.monotonic() + within, SOON
    while time.monotonic() < deadline:
        seen = await look()
        if seen is not None:
            return seen
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, SELDOM)
    raise NeverSeen(otherwise)
