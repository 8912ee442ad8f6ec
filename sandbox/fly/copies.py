"""The platform's nodes: each has a copy of what is true, and one that is behind answers for before the last change."""

import copy
import math
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from sandbox.fly.platform import Platform

SECONDS_BEHIND = 0.5

_OWN = ("apps", "leases", "releases", "volumes", "secrets")


class Copies:
    """What was true before the last change, kept only while someone may be shown it."""

    def __init__(self, platform: "Platform") -> None:
        self._platform = platform
        self._before: Platform | None = None
        self._changed_at = float("-inf")

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def kept(self) -> "Platform | None":
        """The platform as it is now, for `changed` after the change."""
        if not (self._platform.plan.stales or self._platform.faults.on("stale-nodes")):
            return None
        return _frozen(self._platform)

    def changed(self, before: "Platform | None") -> None:
        """A change took effect; `before` is what `kept` gave."""
        self._before, self._changed_at = before, self._platform.stopwatch()

    def node(self, *, old: bool, led: bool, within: float = math.inf) -> "Platform":
        """Who answers a read: while nodes are stale, one that is behind, unless a cookie led the caller (`led`).

        An `old` copy answers for so many seconds after the last change.
        """
        lost = self._platform.faults.on("stale-nodes") and not led and self._behind(SECONDS_BEHIND)
        old = old and self._behind(within)
        return self._before if (old or lost) and self._before else self._platform

    def _behind(self, seconds: float) -> bool:
        return self._platform.stopwatch() - self._changed_at < seconds


def _frozen(platform: "Platform") -> "Platform":
    """The same platform with things of its own; clock, limits, log and the rest are shared."""
    shared = {id(part): part for name, part in vars(platform).items() if name not in _OWN}
    memo: dict[int, object] = {**shared, id(platform): platform}
    frozen = copy.copy(platform)
    vars(frozen).update(copy.deepcopy({name: getattr(platform, name) for name in _OWN}, memo))
    return frozen
