"""How much one person may ask for. A flood is answered, and writes one entry when it begins."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.pace import Bucket

# A keen person reads two answers a second for ten seconds; a loop asks a hundred times a second. What decides something
# is given back, because the checklist bounds it by itself: whoever settles forty items in a row is no flood.
BURST = 20
PER_SECOND = 2.0
OVER_AFTER = 10.0  # seconds without a refused ask, and the next one begins another flood
MOST_PEOPLE = 5_000  # whose buckets are kept; who asked longest ago is forgotten first


@dataclass(slots=True)
class _Visitor:
    bucket: Bucket
    empty_at: float | None = None  # when an ask last found no token
    floods: bool = False  # the newest ask found none


@dataclass(slots=True)
class Floodgate:
    """One bucket of tokens for each person."""

    monotonic: Callable[[], float] = time.monotonic
    _visitors: dict[str, _Visitor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._visitors)

    def counts(self, who: str) -> bool:
        """Take a token for one ask; False when there was none."""
        visitor = self._visitors.pop(who, None) or _Visitor(Bucket(PER_SECOND, BURST, self.monotonic))
        self._visitors[who] = visitor  # the newest is last
        if len(self._visitors) > MOST_PEOPLE:
            del self._visitors[next(iter(self._visitors))]
        visitor.floods = not visitor.bucket.take()
        return not visitor.floods

    def floods(self, who: str) -> bool:
        """Whether the newest ask found no token."""
        return who in self._visitors and self._visitors[who].floods

    def begins(self, who: str) -> bool:
        """Whether the ask that found no token is the first of its flood."""
        visitor = self._visitors[who]
        before, visitor.empty_at = visitor.empty_at, self.monotonic()
        return before is None or visitor.empty_at - before > OVER_AFTER

    def gives_back(self, who: str) -> None:
        """The ask decided something, so it does not count."""
        if who in self._visitors:
            self._visitors[who].bucket.give_back()

    @property
    def wait(self) -> int:
        """Whole seconds until there is a token again."""
        return math.ceil(1 / PER_SECOND)
