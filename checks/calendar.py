"""calendar: is the deployment window open, by the file's own calendar?"""

from checklist.calendar import Calendar, Explanation
from checklist.kinds import CalendarOpen
from checklist.marks import Verdict
from checklist.ports import Clock
from checklist.record import Json
from checks.verdicts import failed, passed


class CalendarChecks:
    """Reads the clock, never the world."""

    def __init__(self, calendar: Calendar, clock: Clock) -> None:
        self._calendar = calendar
        self._clock = clock

    async def open(self, params: CalendarOpen) -> Verdict:
        now = self._calendar.explain(self._clock.now())
        evidence: dict[str, Json] = {
            "at": now.at.isoformat(),
            "window": now.window.label if now.window else None,
            "next": now.next.label if now.next else None,
        }
        if now.window:
            return passed(f"open: {now.window.label}" + (", later than advised" if now.late else ""), evidence)
        return failed(f"closed: {_why(now)}" + (f"; next {now.next.label}" if now.next else ""), evidence)


def _why(now: Explanation) -> str:
    named = now.holiday or (now.blackout.reason if now.blackout else "")
    return f"{now.reason} ({named})" if named else f"{now.reason}"
