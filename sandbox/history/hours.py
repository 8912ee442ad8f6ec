"""When forward moves began, against a calendar of its own: Tuesday to Thursday, 02:00–06:00 in Oslo, no holiday."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache

import holidays

from sandbox.clock import OSLO
from sandbox.history.reading import Entry, History

_DAYS = {1, 2, 3}
_OPENS, _CLOSES = 2, 6  # o'clock
_DECIDED = ("deployment.finished", "deployment.halted")
_INTENDED = ("machine.update.intended", "machine.create.intended")
_NEED_THE_WINDOW = {"maintenance-on", "deploy-trigger"}  # what comes after them may go on at any hour


def forward_moves_inside_the_window(history: History) -> Iterator[str]:
    """I4: a start, and the first intent for each machine. The machine in hand may finish.

    After an approver has decided that the rest is moved all the same, it is, until the deployment halts again.
    """
    begun: set[str] = set()
    let_off: set[str] = set()
    for entry in history.of(*_DECIDED, "deployment.started", *_INTENDED):
        if entry.kind in _DECIDED:
            (let_off.add if entry.kind == "deployment.finished" else let_off.discard)(entry.deployment)
            continue
        if not _needs_the_window(entry) or (entry.deployment in let_off and entry.kind != "deployment.started"):
            continue
        key = str(entry.body.get("key", entry.seq))
        if not is_open(entry.when) and key not in begun:
            yield f"entry {entry.seq}: {entry.kind} at {entry.when.astimezone(OSLO):%a %d %b %H:%M} in Oslo"
        begun.add(key)


def _needs_the_window(entry: Entry) -> bool:
    return entry.kind == "deployment.started" or entry.body["step"] in _NEED_THE_WINDOW


def is_open(at: datetime) -> bool:
    """Whether forward moves may begin at this moment."""
    local = at.astimezone(OSLO)
    day = local.date()
    christmas_eve = (day.month, day.day) == (12, 24)
    closed = day.weekday() not in _DAYS or christmas_eve or day in _holidays()
    return not closed and _OPENS <= local.hour < _CLOSES


@cache
def _holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("NO")
