"""Instants: stored in UTC, and deadlines that end when their time is over."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from sandbox.history.reading import TOLERANCE, History

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)?")
_UTC = re.compile(r".*(\+00:00|Z)")


def instants_are_utc(history: History) -> Iterator[str]:
    """I18: every instant that was stored says that it is UTC."""
    for entry in history.record:
        if entry.when.utcoffset() != timedelta():
            yield f"entry {entry.seq} happened at {entry.at}, which is not UTC"
    for cell in history.cells:
        if _INSTANT.fullmatch(cell.text) and not _UTC.fullmatch(cell.text):
            yield f"{cell.where} holds {cell.text}, which is not UTC"


def deadlines_have_passed(history: History) -> Iterator[str]:
    """I18: an approval ends with its window, not before."""
    windows: dict[str, str] = {}
    for entry in history.of("approval.requested", "approval.expired"):
        if entry.kind == "approval.requested":
            windows[entry.deployment] = str(entry.body["content"].get("window") or "")
        elif entry.when + TOLERANCE < _end(windows.get(entry.deployment, ""), entry.when):
            yield f"entry {entry.seq}: the approval of {entry.deployment} ended before its window"


def _end(window: str, otherwise: datetime) -> datetime:
    closes = window.partition("/")[2]
    return datetime.fromisoformat(closes) if closes else otherwise
