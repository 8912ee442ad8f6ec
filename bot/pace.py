"""How often Slack may be spoken to, and how long to leave it alone after it failed."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Monotonic = Callable[[], float]
FIRST = 2.0  # seconds
LONGEST = 60.0


@dataclass(slots=True)
class Bucket:
    """A token bucket: `burst` at once, then `per_second`."""

    per_second: float
    burst: int
    monotonic: Monotonic = time.monotonic
    _tokens: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens, self._at = float(self.burst), self.monotonic()

    def take(self) -> bool:
        """Take one token if there is one."""
        now = self.monotonic()
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.per_second)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def give_back(self) -> None:
        """The token that was taken last was not needed after all."""
        self._tokens = min(self.burst, self._tokens + 1)


@dataclass(slots=True)
class Rest:
    """A pause after each failure: from 2 s, doubling to 60 s, each by chance up to half as long. A success ends it."""

    monotonic: Monotonic = time.monotonic
    chance: Callable[[float, float], float] = random.uniform
    _failures: int = 0
    _until: float = float("-inf")

    @property
    def is_on(self) -> bool:
        return self.monotonic() < self._until

    @property
    def failures(self) -> int:
        """How many there were in a row."""
        return self._failures

    def failed(self) -> None:
        longest = min(LONGEST, FIRST * 2**self._failures)
        self._failures = min(self._failures + 1, 16)
        self.lasts(self.chance(max(FIRST, longest / 2), longest))

    def lasts(self, seconds: float) -> None:
        """Rest for so long, as Slack itself asked."""
        self._until = self.monotonic() + seconds

    def succeeded(self) -> None:
        self._failures, self._until = 0, float("-inf")

    def interrupt(self) -> None:
        """One try at once. If it fails, the next pause is as long as it would have been."""
        self._until = float("-inf")
