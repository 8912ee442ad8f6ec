"""What settled each item: an observation of this release, or a person's word where nothing could be read."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sandbox.history.reading import Entry, History
from sandbox.slack.wire import Object

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_PREPARING = timedelta(minutes=1)  # between the last reading and the confirmation of the plan lies the rest of both
_BY_THE_START = "window-confirmed"  # the start itself reads it, and says which window it found
_BY_THE_APPROVAL = "change-approved"  # the signature is held against its plan elsewhere
_SETTLED = {"attested", "waived"}
_CALLED_NOT_OK = "called not OK"  # by its role, which then speaks for it again
_OPEN_TO_A_WORD = {"inconclusive", _CALLED_NOT_OK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """On what an item stands, by the entries alone."""

    state: str = "open"
    read: Entry | None = None  # its check's last answer
    confirmed: bool = False


@dataclass(slots=True)
class _Passage:
    """One deployment, entry by entry."""

    handle: str
    digest: str = ""
    plan: Object = field(default_factory=dict)
    started: Entry | None = None
    grounds: dict[str, Ground] = field(default_factory=dict)


def passed_only_on_evidence(history: History) -> Iterator[str]:
    """I5: what is needed stands on a reading of this release, in its time, or on a word where nothing could be read."""
    items = _items(history)
    if not items:
        return
    for handle, entries in history.deployments().items():
        passage = _Passage(handle)
        for entry in entries:
            yield from _step(passage, entry, items)


def _items(history: History) -> Mapping[str, Object]:
    """Every item that is needed before or after a deployment, with what it is needed for."""
    found = {}
    for section in history.checklist.get("sections", []):
        if section["phase"] in {"pre", "post"}:
            usual = section.get("needed_for") or ("submit" if section["phase"] == "pre" else "")
            for item in section["items"]:
                found[item["id"]] = {"needed_for": usual, "phase": section["phase"], **item}
    found.pop(_BY_THE_APPROVAL, None)
    return found


def _step(passage: _Passage, entry: Entry, items: Mapping[str, Object]) -> Iterator[str]:
    item = items.get(str(entry.body.get("item")))
    if item is not None:
        yield from _settled(passage, entry, item)
    if entry.kind == "deployment.opened":
        passage.digest = str(entry.body.get("digest"))
    elif entry.kind == "approval.requested":
        passage.plan = entry.body["content"]
        yield from _stands(passage, entry, _needed(items, "submit"))
        yield from _as_shown(passage, entry)
    elif entry.kind in _MOMENTS:
        yield from _MOMENTS[entry.kind](passage, entry, items)


def _started(passage: _Passage, entry: Entry, items: Mapping[str, Object]) -> Iterator[str]:
    passage.started = entry
    if entry.body.get("window"):
        passage.grounds[_BY_THE_START] = Ground(state="passed", read=entry, confirmed=True)
    yield from _stands(passage, entry, _needed(items, "submit", "start"))


def _confirmed(passage: _Passage, entry: Entry, items: Mapping[str, Object]) -> Iterator[str]:
    needed = _needed(items, "submit", "start")
    yield from _stands(passage, entry, needed)
    for item in needed.values():
        yield from _in_time(passage, entry, item)


def _deployed(passage: _Passage, entry: Entry, items: Mapping[str, Object]) -> Iterator[str]:
    for id, item in items.items():
        if item["phase"] == "post":
            passage.grounds.pop(id, None)
    yield from ()


def _completed(passage: _Passage, entry: Entry, items: Mapping[str, Object]) -> Iterator[str]:
    yield from _stands(passage, entry, {id: item for id, item in items.items() if item["phase"] == "post"})


_MOMENTS = {
    "deployment.started": _started,
    "plan.confirmed": _confirmed,
    "deployment.deployed": _deployed,
    "deployment.completed": _completed,
}


def _needed(items: Mapping[str, Object], *moments: str) -> Mapping[str, Object]:
    return {id: item for id, item in items.items() if item["needed_for"] in moments}


def _settled(passage: _Passage, entry: Entry, item: Object) -> Iterator[str]:
    """Take the entry in; what a person says of an item is held against what was read of it."""
    id = str(item["id"])
    before = passage.grounds.get(id, Ground())
    if entry.kind == "item.checked":
        passage.grounds[id] = _checked(entry, before)
        yield from _observed(passage, entry, item)
    elif entry.kind == "item.confirmed":
        passage.grounds[id] = replace(before, confirmed=True, state=_pressed(item, before))
    elif entry.kind == "item.failed":
        passage.grounds[id] = replace(before, state=_CALLED_NOT_OK, confirmed=False)
    elif entry.kind == "item.waived":
        passage.grounds[id] = replace(before, state="waived")
        if not item.get("waivable", True):
            yield f"entry {entry.seq}: {id} was waived, and may not be"
    elif entry.kind == "item.attested":
        passage.grounds[id] = replace(before, state="attested")
        if item["proof"] != "attest" and before.state not in _OPEN_TO_A_WORD:
            yield f"entry {entry.seq}: {entry.by} spoke for {id}, of which a check had said {before.state}"


def _checked(entry: Entry, before: Ground) -> Ground:
    passed = entry.body["outcome"] == "passed"
    return Ground(
        state=str(entry.body["outcome"]),
        read=entry,
        confirmed=before.confirmed and passed,
    )


def _pressed(item: Object, before: Ground) -> str:
    """A button alone settles what only wants a button; what is read as well stays as it was read."""
    return "passed" if item["proof"] == "acknowledge" else before.state


def _observed(passage: _Passage, entry: Entry, item: Object) -> Iterator[str]:
    if entry.body["outcome"] != "passed":
        return
    evidence = json.dumps(entry.body.get("evidence") or {})
    if evidence == "{}":
        yield f"entry {entry.seq}: {item['id']} passed, and nothing was observed"
    elif "${digest}" in json.dumps(item.get("check")) and passage.digest not in evidence:
        yield f"entry {entry.seq}: {item['id']} passed on an observation of another release"


def _stands(passage: _Passage, entry: Entry, needed: Mapping[str, Object]) -> Iterator[str]:
    for id, item in needed.items():
        if not _applies(passage, item):
            continue
        ground = passage.grounds.get(id, Ground())
        sure = ground.state == "passed" and (item["proof"] != "auto+confirm" or ground.confirmed)
        if not sure and ground.state not in _SETTLED:
            yield f"entry {entry.seq}: {entry.kind} while {id} was {ground.state}"


def _as_shown(passage: _Passage, entry: Entry) -> Iterator[str]:
    """The plan shows each result as it was found."""
    for result in passage.plan.get("results", []):
        found = passage.grounds.get(result["item"], Ground()).state
        if result["state"] != "not_applicable" and result["state"] != found:
            yield f"entry {entry.seq}: the plan shows {result['item']} as {result['state']}, and it was {found}"


def _in_time(passage: _Passage, entry: Entry, item: Object) -> Iterator[str]:
    """What a check proved is fresh when the plan is confirmed; what can never be waived was read after the start."""
    ground = passage.grounds.get(str(item["id"]), Ground())
    if ground.state != "passed" or ground.read is None or item["id"] == _BY_THE_START:
        return
    age, lives = entry.when - ground.read.when, _duration(item.get("ttl"))
    if lives and age > lives + _PREPARING:
        yield f"entry {entry.seq}: {item['id']} had been read {age} before, which is too long"
    if not item.get("waivable", True) and passage.started and ground.read.seq < passage.started.seq:
        yield f"entry {entry.seq}: {item['id']} was not read again after the start"


def _applies(passage: _Passage, item: Object) -> bool:
    asked = {"maintenance": bool(passage.plan.get("maintenance")), "migrations": bool(passage.plan.get("commands"))}
    return asked.get(str(item.get("when")), True)


def _duration(text: object) -> timedelta | None:
    return timedelta(seconds=int(str(text)[:-1]) * _UNITS[str(text)[-1]]) if text else None
