"""Changes in production that no request of the bot explains: what Fly.io showed, against what was reported."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus

from sandbox import seed
from sandbox.history.reading import MACHINE, TOLERANCE, Entry, History, deeds
from sandbox.slack.wire import Object

_INTERVAL = timedelta(seconds=60)  # between two looks
_WITHIN = _INTERVAL + timedelta(seconds=60)
_LONG = timedelta(seconds=5)  # that a look may take
_LISTED = f"/fly/v1/apps/{seed.PRODUCTION_APP}/machines"
_STOPPED = {"deployment.opened", "deployment.started"}


@dataclass(frozen=True, slots=True)
class _Strange:
    """A machine that was shown as nobody had made it."""

    machine: str
    at: datetime


@dataclass(slots=True)
class _Known:
    """What explains a machine's config: how it first was, what was sent to it, and what was acknowledged."""

    configs: dict[str, set[str]] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=dict)  # all that was shown, which an acknowledgement takes over

    def shows(self, machine: str, config: str) -> bool:
        """Whether it is explained; the first look at a machine that was there from the beginning always is."""
        self.seen.setdefault(machine, set()).add(config)
        return config in self.configs.setdefault(machine, {config})

    def acknowledged(self) -> None:
        for machine, configs in self.seen.items():
            self.configs.setdefault(machine, set()).update(configs)


def drift_is_reported(history: History) -> Iterator[str]:
    """I22: within an interval and a minute of the first answer that shows it, and by a notice."""
    reported = _reported(history)
    for strange in _strange(history):
        due = _due(history, strange)
        in_time = due is None or any(one.machine == strange.machine and one.at <= due for one in reported)
        if not in_time and not _undone(history, strange):
            yield f"machine {strange.machine}, changed by somebody else before {strange.at:%m-%d %H:%M}: no report"
    queued = {str(notice["id"]) for notice in history.notices}
    for entry in history.of("drift.seen"):
        id = f"drift/{entry.body['drift']}/{entry.body['state']}"
        if queued and id not in queued:
            yield f"entry {entry.seq}: the channel was never told"


def _undone(history: History, strange: _Strange) -> bool:
    """Whether a run made it what it should be, or destroyed it, before the next look: then nothing was to be seen."""
    until = _lived(history, strange.at, _INTERVAL)
    updated = ((one.machine, one.when) for one in history.updates)
    destroyed = ((one.machine, one.when) for one in deeds(history) if one.deed == "destroy" and one.applied)
    done = (*updated, *destroyed)
    return any(id == strange.machine and strange.at <= at and (until is None or at <= until) for id, at in done)


def _due(history: History, strange: _Strange) -> datetime | None:
    """By when it must be reported; None when it never came to that: while Fly.io shows nothing, nobody can."""
    looks = (asked for asked in history.fly if asked["method"] == "GET" and asked["path"] == _LISTED)
    later = [asked for asked in looks if datetime.fromisoformat(asked["at"]) >= strange.at + _INTERVAL]
    answered = (datetime.fromisoformat(asked["at"]) for asked in later if asked["status"] == HTTPStatus.OK)
    if later:
        seen = next(answered, None)
        return _lived(history, seen, _WITHIN - _INTERVAL) if seen else None
    return _lived(history, strange.at, _WITHIN)


def _lived(history: History, since: datetime, time: timedelta) -> datetime | None:
    """When the bot has lived so long since then. Whoever looks each minute and gives no sign for longer was away, or
    the clock was moved.
    """
    last = since
    for sign in (sign for sign in _signs(history) if sign > since):
        gap, last = sign - last, sign
        if gap > _INTERVAL + _LONG:
            continue
        if time < gap:
            return sign - gap + time
        time -= gap
    return None


@lru_cache(maxsize=1)
def _signs(history: History) -> Sequence[datetime]:
    """Whenever Fly.io or the record heard of the bot."""
    times = (*(datetime.fromisoformat(asked["at"]) for asked in history.fly), *(one.when for one in history.record))
    return sorted(times)


def nothing_else_is_reported(history: History) -> Iterator[str]:
    """I22: what the bot did itself is not reported; a machine that is gone, or new, no answer shows."""
    shown = _strange(history)
    for entry in history.of("drift.seen"):
        for line in entry.body["changes"]:
            machine = next((id for id in entry.body["machines"] if id in line), "")
            known = any(one.machine == machine and one.at <= entry.when + TOLERANCE for one in shown)
            if not known and not line.endswith(" is gone") and " is new, " not in line:
                yield f"entry {entry.seq}: machine {machine} is as it was made, and was reported"


def drift_stops_what_goes_forward(history: History) -> Iterator[str]:
    """I22: nothing is opened or started between a report and its acknowledgement."""
    waits: Entry | None = None
    for entry in history.record:
        if entry.kind == "drift.seen":
            waits = waits or entry
        elif entry.kind == "drift.acknowledged":
            waits = None
        elif entry.kind in _STOPPED and waits:
            yield f"entry {entry.seq}: {entry.kind} while entry {waits.seq} was not acknowledged"


def _reported(history: History) -> Sequence[_Strange]:
    return [_Strange(str(id), entry.when) for entry in history.of("drift.seen") for id in entry.body["machines"]]


@lru_cache(maxsize=1)
def _strange(history: History) -> Sequence[_Strange]:
    """What was shown in this history, found once for all that ask of it."""
    return tuple(_shown_strange(history))


def _shown_strange(history: History) -> Iterator[_Strange]:
    """Each answer after the first look that shows a machine as nobody had made it; again only once it was explained."""
    known, first = _Known(), next(iter(history.of("production.known")), None)
    acknowledged = [entry.when for entry in history.of("drift.acknowledged")]
    told: set[tuple[str, str]] = set()
    for asked in history.fly if first else ():
        at = datetime.fromisoformat(asked["at"])
        while acknowledged and acknowledged[0] <= at:
            acknowledged.pop(0)
            known.acknowledged()
        _takes_in_what_is_sent(asked, known)
        for id, config in _shown(asked):
            if not known.shows(id, config) and (id, config) not in told:
                told.add((id, config))
                yield _Strange(id, at)


def _takes_in_what_is_sent(asked: Object, known: _Known) -> None:
    """A request that may have been applied makes the machine what it says."""
    found = MACHINE.fullmatch(asked["path"])
    body = asked["body"] if isinstance(asked["body"], dict) else {}
    if asked["method"] == "POST" and found and isinstance(body.get("config"), dict):
        known.configs.setdefault(found["machine"], set()).add(_canonical(body["config"]))


def _shown(asked: Object) -> Iterator[tuple[str, str]]:
    """The production machines in an answer, each with its config."""
    if asked["method"] != "GET" or not asked["path"].startswith(_LISTED):
        return
    given = asked["response"] if isinstance(asked["response"], list) else [asked["response"]]
    for document in given:
        if isinstance(document, dict) and isinstance(document.get("config"), dict) and document.get("id"):
            yield str(document["id"]), _canonical(document["config"])


def _canonical(config: Object) -> str:
    return json.dumps(config, sort_keys=True)
