"""How often a method may be called before Slack answers 429 (Slack: rate limits)."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """So many calls a second on average, after a first burst."""

    per_second: float
    burst: int


# The two that a bot with live cards meets. The other tiers bound runaway loops only: a minute's worth at once.
POSTS = Pace(per_second=1, burst=4)
_UPDATES = Pace(per_second=50 / 60, burst=20)
_TIER_2 = Pace(per_second=20 / 60, burst=20)
_TIER_3 = Pace(per_second=50 / 60, burst=50)
_TIER_4 = Pace(per_second=100 / 60, burst=100)

PACES = {
    "chat.update": _UPDATES,
    "chat.delete": _TIER_3,
    "chat.postEphemeral": _TIER_4,
    "views.open": _TIER_4,
    "views.push": _TIER_4,
    "views.update": _TIER_4,
    "views.publish": _TIER_4,
    "users.info": _TIER_4,
    "users.list": _TIER_2,
    "users.lookupByEmail": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.list": _TIER_2,
    "conversations.open": _TIER_3,
    "conversations.members": _TIER_4,
    "conversations.history": _TIER_3,
    "conversations.replies": _TIER_3,
    "reactions.add": _TIER_3,
}


class Rates:
    """One bucket for each thing that is paced."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self._buckets: dict[str, tuple[float, float]] = {}  # what is left, and since when

    def take(self, name: str, pace: Pace) -> int:
        """Take one call: 0 when it may go on, else the whole seconds to wait."""
        now = self._time()
        left, since = self._buckets.get(name, (float(pace.burst), now))
        left = min(pace.burst, left + (now - since) * pace.per_second)
        if left < 1:
            self._buckets[name] = (left, now)
            return max(1, math.ceil((1 - left) / pace.per_second))
        self._buckets[name] = (left - 1, now)
        return 0
