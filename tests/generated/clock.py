"""Time that passes only when somebody waits: the wall's clock and the stopwatch move together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

NIGHT = datetime(2026, 11, 24, 1, 10, tzinfo=UTC)  # a Tuesday, 02:10 in Oslo: inside a window


def _unseen() -> None:
    """Nobody looks."""


@dataclass(slots=True)
class PassingTime:
    """The port Clock, and the sandbox's stopwatch."""

    began: datetime = NIGHT
    seconds: float = 0.0
    moved: bool = False
    looks: Callable[[], None] = _unseen  # at the world as it has become, each time before more time passes
    _now: datetime = field(init=False)  # asked for far more often than time passes

    def __post_init__(self) -> None:
        self._now = self.began

    def now(self) -> datetime:
        return self._now

    def stopwatch(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        self.looks()
        self.seconds += seconds
        self._now = self.began + timedelta(seconds=self.seconds)

    def reaches(self, at: datetime) -> None:
        """Wait until then; a moment that is over is now."""
        self.passes(max(0.0, (at - self.began).total_seconds() - self.seconds))
