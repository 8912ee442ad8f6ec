"""What came before: a bounded memory of keys that count once, each for as long as it could come again."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

MOST = 20_000  # keys: about what Slack may send at its own limit, 30,000 events an hour, in ten minutes


@dataclass(slots=True)
class Replays:
    """Keys seen lately. Beyond `most` the oldest is forgotten: what is here spares work, the record's keys decide."""

    seconds: float  # how long a key is remembered
    most: int = MOST
    monotonic: Callable[[], float] = time.monotonic
    _seen: OrderedDict[str, float] = field(default_factory=OrderedDict)  # key → when it may be forgotten

    def first(self, key: str) -> bool:
        """Remember the key; False when it is remembered already."""
        now = self.monotonic()
        self._forget_old(now)
        if key in self._seen:
            return False
        self._seen[key] = now + self.seconds
        return True

    def forget(self, key: str) -> None:
        """What was begun under this key failed: it may come again."""
        self._seen.pop(key, None)

    def __len__(self) -> int:
        return len(self._seen)

    def _forget_old(self, now: float) -> None:
        while self._seen and (len(self._seen) >= self.most or next(iter(self._seen.values())) <= now):
            self._seen.popitem(last=False)
