"""Time that passes only when somebody waits: the wall's clock and the stopwatch move together."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NIGHT = datetime(2026, 11, 24, 1, 10, tzinfo=UTC)  # a Tuesday, 02:10 in Oslo: inside a window


@dataclass(slots=True)
class PassingTime:
    """The port Clock, and the sandbox's stopwatch."""

    began: datetime = NIGHT
    seconds: float = 0.0
    moved: bool = False

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self.seconds)

    def stopwatch(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        self.seconds += seconds

    def reaches(self, at: datetime) -> None:
        """Wait until then; a moment that is over is now."""
        self.seconds = max(self.seconds, (at - self.began).total_seconds())
