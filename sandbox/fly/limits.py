"""Rate limits, exactly as documented: one bucket for each action on each machine or app."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.fly.errors import Refused


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests a second, and so many at once after a rest."""

    rate: float
    burst: int


PER_ACTION = Limit(rate=1, burst=3)
GET_MACHINE = Limit(rate=5, burst=10)


@dataclass(slots=True)
class _Bucket:
    left: float
    filled: float


class Limits:
    """Token buckets over real time: a moved clock must not fill them."""

    def __init__(self, stopwatch: Callable[[], float]) -> None:
        self._stopwatch = stopwatch
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def take(self, action: str, target: str, limit: Limit) -> None:
        """Count one request; 429 when the bucket is empty, with no word on when to come back."""
        now = self._stopwatch()
        bucket = self._buckets.setdefault((action, target), _Bucket(limit.burst, now))
        bucket.left = min(limit.burst, bucket.left + (now - bucket.filled) * limit.rate)
        bucket.filled = now
        if bucket.left < 1:
            raise Refused(429, "resource exhausted: rate limit exceeded")
        bucket.left -= 1
