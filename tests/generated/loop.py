"""An event loop that lives by a world's time: it passes when nobody has anything to do, up to whoever wakes next."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from selectors import DefaultSelector, SelectorKey
from typing import Any, TypeVar  # Any: what a coroutine is sent and yields is the loop's own affair

from tests.generated.clock import PassingTime

T = TypeVar("T")


class PassingLoop(asyncio.SelectorEventLoop):
    """Whoever sleeps on it is woken in the order of time, also beside a call or a longer sleep of somebody else's."""

    def __init__(self, passing: PassingTime) -> None:
        self._passing = passing
        super().__init__(_Nothing(passing))

    def time(self) -> float:
        return self._passing.seconds


class _Nothing(DefaultSelector):
    """Nothing comes from outside: to wait for it is to let the time pass."""

    def __init__(self, passing: PassingTime) -> None:
        super().__init__()
        self._passing = passing

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        assert timeout is not None, "everybody waits, and nothing will ever happen"
        if timeout > 0:
            self._passing.passes(timeout)
        return []


def lives(passing: PassingTime, life: Coroutine[Any, Any, T]) -> T:
    """The whole of it, in that time."""
    with asyncio.Runner(loop_factory=partial(PassingLoop, passing)) as runner:
        return runner.run(life)
