"""Stopping in order: when the process is told to end, a run finishes the call in hand and goes no further."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 10.0  # seconds that the call in hand is given


class Drain:
    """What every run of this process asks between two calls, and what the process waits for at its end."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self._until = 0.0
        self._parts = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self, patience: float = PATIENCE) -> None:
        """From now on nothing new is begun."""
        if not self._stopping.is_set():
            self._stopping.set()
            self._until = time.monotonic() + patience

    def going(self) -> None:
        """To be called where nothing is in flight. Raises CancelledError once the process stops.

        A run that ends this way is neither done nor failed: the next process takes it up where it was.
        """
        if self._stopping.is_set():
            raise asyncio.CancelledError("the process stops")

    async def sleep(self, seconds: float) -> None:
        """Sleep, but wake at once when the process stops. Raises as `going`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        self.going()

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of a run is in hand. Raises as `going` instead of beginning it."""
        self.going()
        self._parts += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._parts -= 1
            if not self._parts:
                self._idle.set()

    async def finished(self) -> bool:
        """Wait until no part is in hand; whether that was so in time."""
        self.begin()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._until - time.monotonic())):
                await self._idle.wait()
        return self._idle.is_set()
