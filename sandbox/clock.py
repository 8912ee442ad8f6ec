"""The moved clock: real time plus an offset that everyone in the sandbox shares, the bot through a file."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays

OSLO = ZoneInfo("Europe/Oslo")

_OPENING = time(2, 10)
_WINDOW_DAYS = {1, 2, 3}  # Tuesday to Thursday


def real_now() -> datetime:
    """The real time, aware and in UTC."""
    return datetime.now(UTC)


class Clock:
    """Real time plus a number of seconds. Each move is also written to a file, when one is given."""

    def __init__(self, path: Path | None = None, real: Callable[[], datetime] = real_now) -> None:
        self._path = path
        self._real = real
        self._offset = 0.0

    @property
    def offset_seconds(self) -> float:
        """What is added to real time; negative when the clock was moved back."""
        return self._offset

    def now(self) -> datetime:
        """The moved time, aware and in UTC."""
        return self._real() + timedelta(seconds=self._offset)

    def move(self, seconds: float) -> None:
        """Add seconds to the moved time (a negative number turns it back)."""
        self._shift_to(self._offset + seconds)

    def set(self, at: datetime) -> None:
        """Make it `at` now. A datetime without a zone is refused with ValueError."""
        if at.tzinfo is None:
            raise ValueError("the clock needs a time with its zone")
        self._shift_to((at - self._real()).total_seconds())

    def _shift_to(self, offset: float) -> None:
        self._offset = offset
        if self._path is not None:
            _write(self._path, f"{offset:+.3f}\n")


def next_opening(after: datetime) -> datetime:
    """The next Tuesday to Thursday, 02:10 in Oslo, that is no bank holiday: inside a deployment window."""
    day = after.astimezone(OSLO).date()
    while not _opens(day) or _opening(day) <= after:
        day += timedelta(days=1)
    return _opening(day)


def _opening(day: date) -> datetime:
    return datetime.combine(day, _OPENING, tzinfo=OSLO).astimezone(UTC)


def _opens(day: date) -> bool:
    christmas_eve = (day.month, day.day) == (12, 24)  # the banks are closed, though the law knows no holiday
    return day.weekday() in _WINDOW_DAYS and not christmas_eve and day not in holidays.country_holidays("NO")


def _write(path: Path, text: str) -> None:
    """Write by rename, so that a reader never sees half a number."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="ascii")
    os.replace(beside, path)
