"""Looking changes nothing: what a person leaves is a decision or a refusal, and Fly.io is touched by a run alone."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sandbox.history.life import statuses
from sandbox.history.payloads import DECISIONS
from sandbox.history.reading import TOLERANCE, History
from sandbox.slack.wire import Object

_UNDER_WAY = {"deploying", "halted", "rolling back"}  # what a halted one may do is looked at elsewhere
# One statement may speak for several items; the last signature completes the deployment; a "not OK" stops it.
_SEVERAL = {"item.attested", "item.failed", "item.waived"}
_BESIDE = {"ask.refused", "deployment.completed", "step.failed", "deployment.halted", "approval.voided", *_SEVERAL}


def looks_leave_nothing(history: History) -> Iterator[str]:
    """I24: no entry of a person but decisions and refusals."""
    for entry in history.record:
        if entry.by != "bot" and entry.kind not in DECISIONS and entry.kind not in _BESIDE:
            yield f"entry {entry.seq}: {entry.by} left {entry.kind}, which is no decision"


def only_runs_touch_machines(history: History) -> Iterator[str]:
    """I24: nothing is changed at Fly.io, not even a lease, unless a run or a rehearsal is under way."""
    spans, looks = [*_under_way(history), *_rehearsals(history)], set(_looks(history.checklist))
    for asked in history.fly:
        if asked["method"] == "GET" or "/machines/" not in asked["path"] or asked["path"].endswith("/wait"):
            continue
        if asked["path"].endswith("/exec") and _command(asked) in looks:
            continue
        at = datetime.fromisoformat(asked["at"])
        if not any(begun - TOLERANCE <= at <= over + TOLERANCE for begun, over in spans):
            yield f"request {asked['n']} ({asked['method']} {asked['path']}) came while nothing was under way"


def _command(asked: Object) -> tuple[str, ...]:
    return tuple(asked["body"].get("command") or ()) if isinstance(asked["body"], dict) else ()


def _looks(value: object) -> Iterator[tuple[str, ...]]:
    """The commands inside of machines that the checklist has as checks, and that do not act."""
    if isinstance(value, list):
        for part in value:
            yield from _looks(part)
    if isinstance(value, dict):
        if value.get("kind") == "fly.exec" and not value.get("once_per_change"):
            yield tuple(value["command"])
        for part in value.values():
            yield from _looks(part)


def _rehearsals(history: History) -> Iterator[tuple[datetime, datetime]]:
    """The spans in which a rehearsal may act: until it ends, or for as long as what it left was not brought back."""
    begun: dict[str, datetime] = {}
    for entry in history.of("rehearsal.begun", "rehearsal.ended"):
        if entry.kind == "rehearsal.begun":
            begun.setdefault(entry.deployment, entry.when)
        elif entry.body["returned"] and entry.deployment in begun:
            yield begun.pop(entry.deployment), entry.when
    for when in begun.values():
        yield when, datetime.max.replace(tzinfo=UTC) - TOLERANCE


def _under_way(history: History) -> Iterator[tuple[datetime, datetime]]:
    """The spans of time in which a run may act."""
    for entries in history.deployments().values():
        begun: datetime | None = None
        for entry, _, status in statuses(entries):
            if status in _UNDER_WAY:
                begun = begun or entry.when
            elif begun:
                yield begun, entry.when
                begun = None
        if begun:
            yield begun, datetime.max.replace(tzinfo=UTC) - TOLERANCE
