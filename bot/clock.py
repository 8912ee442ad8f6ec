"""The clock: the system's, or one that the sandbox may move."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.settings import Settings, is_loopback
from checklist.definition import Checklist


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The time of this machine."""

    moved: bool = False

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class MovedClock:
    """The system's time plus the signed number of seconds that a file holds. Only for the sandbox."""

    file: Path
    moved: bool = True

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._offset())

    def _offset(self) -> float:
        try:
            return float(self.file.read_text())
        except (FileNotFoundError, ValueError):
            return 0.0


class ClockRefused(Exception):
    """DROP_CLOCK_FILE is set where the world is not the sandbox's."""


def clock_for(settings: Settings, checklist: Checklist) -> SystemClock | MovedClock:
    """The moved clock only if every endpoint is on this machine and every token was minted by the sandbox.

    Loopback alone proves nothing: production can be proxied to it. Raises ClockRefused.
    """
    if settings.drop_clock_file is None:
        return SystemClock()
    urls = (*settings.endpoints, checklist.production.url, checklist.staging.url)
    if not all(is_loopback(url) for url in urls) or not all("sandbox" in token for token in settings.tokens):
        raise ClockRefused("DROP_CLOCK_FILE moves the clock, which only the sandbox may. Unset it.")
    return MovedClock(settings.drop_clock_file)
