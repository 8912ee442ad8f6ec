"""When forward moves may start: windows in a zone's wall time, minus holidays and blackouts. Instants are UTC."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

import holidays

from checklist.definition import BlackoutRule, WindowRule

OSLO = ZoneInfo("Europe/Oslo")
HORIZON = timedelta(days=400)  # how far ahead windows are looked for


class Closed(StrEnum):
    """Why nothing may start at an instant."""

    WEEKDAY = "weekday"
    HOURS = "hours"
    HOLIDAY = "holiday"
    BLACKOUT = "blackout"
    UNKNOWN_YEAR = "unknown year"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """One half-open span of UTC instants, and the zone in which people know it."""

    opens: datetime
    closes: datetime
    zone: str = "Europe/Oslo"

    def contains(self, at: datetime) -> bool:
        return self.opens <= at < self.closes

    @property
    def id(self) -> str:
        """The local date that the window opens on, `2026-11-25`: at most one window opens on a day."""
        return self.opens.astimezone(ZoneInfo(self.zone)).date().isoformat()

    @property
    def label(self) -> str:
        """`Wed 25 Nov 02:00–06:00 Oslo (CET, 01:00–05:00 UTC)`."""
        opens, closes = (at.astimezone(ZoneInfo(self.zone)) for at in (self.opens, self.closes))
        utc = f"{self.opens:%H:%M}–{self.closes:%H:%M} UTC"
        return f"{opens:%a} {opens.day} {opens:%b} {opens:%H:%M}–{closes:%H:%M} {self._place} ({opens:%Z}, {utc})"

    @property
    def words(self) -> str:
        """As people say it: `Wednesday 25 November 02:00–06:00 Oslo`."""
        opens, closes = (at.astimezone(ZoneInfo(self.zone)) for at in (self.opens, self.closes))
        return f"{opens:%A} {opens.day} {opens:%B} {opens:%H:%M}–{closes:%H:%M} {self._place}"

    @property
    def _place(self) -> str:
        return self.zone.rpartition("/")[2].replace("_", " ")


def day_and_clock(at: datetime) -> str:
    """An instant on Oslo's clock with its day and offset, `Wed 25 Nov 02:14 CET`."""
    local = at.astimezone(OSLO)
    return f"{local:%a} {local.day} {local:%b %H:%M %Z}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Whether forward moves may start at an instant, and why (not)."""

    at: datetime
    open: bool
    window: Window | None = None  # the one that is open
    reason: Closed | None = None
    holiday: str = ""
    blackout: BlackoutRule | None = None
    late: bool = False  # open, but later than the rule advises
    next: Window | None = None  # the next to open, when closed


@dataclass(frozen=True)
class Calendar:
    """The rule of the checklist file, applied to instants."""

    rule: WindowRule

    def explain(self, at: datetime) -> Explanation:
        """The verdict for an aware instant. Raises ValueError for a naive one."""
        at = _aware(at)
        window = self.window_at(at)
        if window:
            late = self._local(at).time() > self.rule.warn_start_after
            return Explanation(at=at, open=True, window=window, late=late)
        closed = self._closed(self._local(at).date()) or Explanation(at=at, open=False, reason=Closed.HOURS)
        return replace(closed, at=at, next=next(self._windows_from(at), None))

    def window_at(self, at: datetime) -> Window | None:
        """The window that is open at an aware instant."""
        at = _aware(at)
        window = self._window_on(self._local(at).date())
        return window if window and window.contains(at) else None

    def next_windows(self, after: datetime, count: int) -> tuple[Window, ...]:
        """The next windows that have not closed yet, the one that is open now among them; fewer at the list's end."""
        windows = self._windows_from(_aware(after))
        return tuple(window for window, _ in zip(windows, range(count), strict=False))

    def _windows_from(self, at: datetime) -> Iterator[Window]:
        day, last = self._local(at).date(), self._local(at + HORIZON).date()
        while day <= last:
            window = self._window_on(day)
            if window and at < window.closes:
                yield window
            day += timedelta(days=1)

    def _window_on(self, day: date) -> Window | None:
        if day not in self._known:
            opens, closes = (self._instant(day, wall) for wall in (self.rule.start, self.rule.end))
            self._known[day] = None if self._closed(day) else Window(opens, closes, self.rule.zone)
        return self._known[day]

    @cached_property
    def _known(self) -> dict[date, Window | None]:
        """The windows of the days that were asked about: the rule never changes."""
        return {}

    def _closed(self, day: date) -> Explanation | None:
        """Why the whole local day is closed, or None."""
        midnight = self._instant(day, time())
        if day.weekday() not in self.rule.days:
            return Explanation(at=midnight, open=False, reason=Closed.WEEKDAY)
        if not self._knows(day.year):
            return Explanation(at=midnight, open=False, reason=Closed.UNKNOWN_YEAR)
        blackout = next((rule for rule in self.rule.blackouts if self._covers(rule, day)), None)
        holiday = self._holiday(day)
        if blackout or holiday:
            reason = Closed.HOLIDAY if holiday else Closed.BLACKOUT
            return Explanation(at=midnight, open=False, reason=reason, holiday=holiday, blackout=blackout)
        return None

    def _covers(self, blackout: BlackoutRule, day: date) -> bool:
        if blackout.holidays:
            return bool(self._holiday(day))
        return bool(blackout.first and blackout.last and blackout.first <= day <= blackout.last)

    def _holiday(self, day: date) -> str:
        """The holiday's name in English, or nothing."""
        also = f"{day:%d %B}" if (day.month, day.day) in self.rule.also_closed else ""
        return self._public_holidays.get(day) or also

    def _knows(self, year: int) -> bool:
        """Whether the list of holidays reaches the year. What it does not know is not open."""
        return self._public_holidays.start_year <= year <= self._public_holidays.end_year

    @cached_property
    def _public_holidays(self) -> holidays.HolidayBase:
        return holidays.country_holidays(self.rule.country, language="en_US")

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self._zone)

    def _instant(self, day: date, wall: time) -> datetime:
        return datetime.combine(day, wall, tzinfo=self._zone).astimezone(UTC)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.rule.zone)


def _aware(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError("an instant without a zone says nothing")
    return at.astimezone(UTC)
