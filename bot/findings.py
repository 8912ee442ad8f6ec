"""What the doctor finds: one line each, and what to do next."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from checklist.errors import Outage


class Grade(StrEnum):
    OK = "ok"
    WARNING = "warning"  # it works without, or for now
    WRONG = "wrong"  # it does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice` says what to do next, unless it is as it should be."""

    grade: Grade
    what: str
    advice: str = ""

    @property
    def line(self) -> str:
        said = f"{self.what}. {self.advice}" if self.advice else self.what
        return f"{self.grade:<8} {said}".rstrip(".") + ("." if self.advice else "")


def ok(what: str) -> Finding:
    return Finding(Grade.OK, what)


def warning(what: str, advice: str) -> Finding:
    return Finding(Grade.WARNING, what, advice)


def wrong(what: str, advice: str) -> Finding:
    return Finding(Grade.WRONG, what, advice)


async def found(look: Callable[[], Awaitable[Finding]], of: str, advice: str) -> Finding:
    """What the look finds; that the system did not do what was asked is a finding too."""
    try:
        return await look()
    except Outage as outage:
        return wrong(f"{of}: {outage.system} says “{outage.advice}”", advice)
