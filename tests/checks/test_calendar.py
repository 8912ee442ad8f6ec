"""calendar: the window of the file, read at an instant."""

from dataclasses import dataclass
from datetime import UTC, datetime, time

import pytest

from checklist.calendar import Calendar
from checklist.definition import WindowRule
from checklist.kinds import CalendarOpen
from checklist.marks import Outcome
from checks.calendar import CalendarChecks

RULE = WindowRule(
    zone="Europe/Oslo",
    days=frozenset({1, 2, 3}),
    start=time(2),
    end=time(6),
    warn_start_after=time(4, 30),
    country="NO",
    also_closed=((12, 24),),
    blackouts=(),
)


@dataclass
class Stopped:
    """A clock that stands still."""

    at: datetime
    moved: bool = True

    def now(self) -> datetime:
        return self.at


@pytest.mark.parametrize(
    ("at", "outcome", "words"),
    [
        (datetime(2026, 11, 25, 1, 10, tzinfo=UTC), Outcome.PASSED, "open: Wed 25 Nov 02:00–06:00 Oslo"),
        (datetime(2026, 11, 25, 4, 0, tzinfo=UTC), Outcome.PASSED, "later than advised"),
        (datetime(2026, 11, 25, 9, 0, tzinfo=UTC), Outcome.FAILED, "closed: hours; next Thu 26 Nov"),
        (datetime(2026, 11, 27, 1, 10, tzinfo=UTC), Outcome.FAILED, "closed: weekday"),
        (datetime(2026, 12, 24, 1, 10, tzinfo=UTC), Outcome.FAILED, "closed: holiday (24 December)"),
    ],
)
async def test_the_verdict_is_the_calendar_s(at: datetime, outcome: Outcome, words: str) -> None:
    verdict = await CalendarChecks(Calendar(RULE), Stopped(at)).open(CalendarOpen())

    assert verdict.outcome is outcome
    assert words in verdict.reason
    assert verdict.evidence["at"] == at.isoformat()
