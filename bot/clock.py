"""The clock: the system's, or one that the sandbox may move; and how wrong the system's is by the clocks of others."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from bot.settings import Settings, is_loopback
from checklist.definition import Checklist
from checklist.errors import Outage

LOOK_EVERY = 60.0  # seconds
CLOCK_ODD = timedelta(seconds=30)  # beyond it the log says so
HALF_A_SECOND = timedelta(seconds=0.5)  # a Date header leaves the fraction of a second out
log = structlog.get_logger()


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
            return float(self.file.read_bytes())
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


def system_time() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class ClockWatch:
    """How far the clocks of others are ahead of this machine's. The sandbox's moved clock has no part in it."""

    others: Mapping[str, Callable[[], Awaitable[datetime]]]  # by name; each raises Outage
    show: Callable[[str, float], None] = lambda system, seconds: None
    wall: Callable[[], datetime] = system_time
    monotonic: Callable[[], float] = time.monotonic
    _skew: timedelta | None = None  # theirs minus ours, as of the moment below
    _looked: tuple[datetime, float] = field(init=False)

    def skew(self) -> timedelta | None:
        """The clocks of others minus ours, now; None while nobody told us the time.

        Between two looks our own clock is held against the one that cannot be set, so that a jump counts at once.
        """
        if self._skew is None:
            return None
        wall, ticks = self._looked
        return self._skew - ((self.wall() - wall) - timedelta(seconds=self.monotonic() - ticks))

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> Mapping[str, timedelta]:
        """Ask everybody, and believe whoever differs most. Returns the skew to each that answered."""
        asked = await asyncio.gather(*(self._ask(name) for name in self.others))
        found = {name: skew for name, skew in zip(self.others, asked, strict=True) if skew is not None}
        if found:
            self._skew, self._looked = max(found.values(), key=abs), (self.wall(), self.monotonic())
        for name, skew in found.items():
            self.show(name, skew.total_seconds())
            if abs(skew) > CLOCK_ODD:
                log.warning("this machine's clock is wrong", by=name, seconds=round(skew.total_seconds()))
        return found

    async def _ask(self, name: str) -> timedelta | None:
        began, before = self.monotonic(), self.wall()
        try:
            theirs = await self.others[name]()
        except Outage as outage:
            log.info("nobody tells the time", system=name, advice=outage.advice)
            return None
        return theirs + HALF_A_SECOND - (before + timedelta(seconds=(self.monotonic() - began) / 2))
