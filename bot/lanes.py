"""The write lock of the process: work on the record is done in threads, one at a time, the urgent first."""

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Lane:
    """One queue of work on the record, first come, first served. It takes turns with the other lanes of its lock."""

    def __init__(self, turns: "Turns", *, urgent: bool) -> None:
        self._turns = turns
        self._urgent = urgent
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="urgent" if urgent else "record")

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]:
        """Do the work when its turn has come."""
        context = contextvars.copy_context()

        def alone() -> T:
            with self._turns.mine(urgent=self._urgent):
                return context.run(work)

        return asyncio.get_running_loop().run_in_executor(self._thread, alone)

    def close(self) -> None:
        """What was queued is still done."""
        self._thread.shutdown()


class Turns:
    """One at a time; whoever is urgent and waits is next."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._taken = False
        self._urgent_waiting = 0

    @contextmanager
    def mine(self, *, urgent: bool) -> Iterator[None]:
        """Hold the turn inside the block."""
        self._take(urgent=urgent)
        try:
            yield
        finally:
            with self._free:
                self._taken = False
                self._free.notify_all()

    def _take(self, *, urgent: bool) -> None:
        with self._free:
            self._urgent_waiting += urgent
            self._free.wait_for(lambda: not self._taken and (urgent or not self._urgent_waiting))
            self._urgent_waiting -= urgent
            self._taken = True


class Lanes:
    """`urgent`: what stops or approves, and the runs that move production. `ordinary`: everything else."""

    def __init__(self) -> None:
        turns = Turns()
        self.urgent = Lane(turns, urgent=True)
        self.ordinary = Lane(turns, urgent=False)

    def close(self) -> None:
        self.urgent.close()
        self.ordinary.close()
