"""Machines that take the place of others: each meant, made once, and gone on its own side of the line alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.history.reading import ONE_OFF, TOLERANCE, Deed, Entry, History, deeds

LAUNCH_ID = "drop_launch_id"
_MACHINES = re.compile(r"/fly/v1/apps/[^/]+/machines")
_DIGEST = re.compile(r"@(sha256:[0-9a-f]{64})$")


@dataclass(frozen=True, slots=True)
class _Create:
    """One request for a machine that takes another's place."""

    n: int
    when: datetime
    launch: str
    image: str

    @property
    def digest(self) -> str:
        found = _DIGEST.search(self.image)
        return found[1] if found else ""

    def __str__(self) -> str:
        return f"create {self.n} of launch {self.launch}"


def only_signed_machines_are_made(history: History) -> Iterator[str]:
    """I1: a new machine runs, by its digest, what was approved for its deployment."""
    for create in _creates(history):
        intent = _intent(history, create)
        approved = [
            entry.body["digest"]
            for entry in history.of("deployment.approved")
            if entry.when <= create.when + TOLERANCE and (intent is None or entry.deployment == intent.deployment)
        ]
        if create.digest not in approved:
            yield f"{create} sent {create.image}, which nobody had signed"


def a_machine_is_meant_and_made_once(history: History) -> Iterator[str]:
    """I6: an intent stands before each request for a new machine, and no launch is asked for twice."""
    seen: set[str] = set()
    for create in _creates(history):
        if _intent(history, create) is None:
            yield f"{create} has no intent before it"
        if create.launch in seen:
            yield f"{create} was asked for already"
        seen.add(create.launch)


def an_intent_before_each_deed(history: History) -> Iterator[str]:
    """I6: what happens to a machine that is replaced, or replaces one, stands in the record before."""
    pairs = set(_blues(history)) | set(_greens(history))
    for deed in deeds(history):
        meant = history.of(f"machine.{deed.deed}.intended")
        known = any(one.body["machine"] == deed.machine and one.when <= deed.when + TOLERANCE for one in meant)
        if deed.machine in pairs and not known:
            yield f"{deed} has no intent before it"


def the_line_is_kept(history: History) -> Iterator[str]:
    """Before the point of no return nothing happens to the old machines, and after it nothing to the new ones."""
    for deed in deeds(history):
        pair = _pair(history, deed)
        if pair is None:
            continue
        passed, is_green = _passed(history, pair, deed.when), pair.kind == "machine.create.settled"
        if is_green and passed != (deed.deed == "uncordon"):
            yield f"{deed}, which is new, came {'after' if passed else 'before'} the point of no return"
        if not is_green and not passed:
            yield f"{deed}, which is still needed, came before the point of no return"


def nothing_is_left_behind(history: History) -> Iterator[str]:
    """Of a deployment that is over well, each machine that was made took a place, or was destroyed."""
    for entry in history.of("deployment.completed", "rollback.completed"):
        placed = {one.body["machine"] for one in history.of("machine.replaced")}
        gone = {one.body["machine"] for one in history.of("machine.destroy.settled") if one.seq < entry.seq}
        gone |= _destroyed(history, entry.when)
        made = [machine for machine, one in _greens(history).items() if one.deployment == entry.deployment]
        for machine in made:
            if machine not in placed | gone:
                yield f"entry {entry.seq}: machine {machine} was made for nothing, and still stands"


def _creates(history: History) -> Iterator[_Create]:
    for asked in history.fly:
        config = (asked["body"] or {}).get("config") if isinstance(asked["body"], dict) else None
        if asked["method"] == "POST" and _MACHINES.fullmatch(asked["path"]) and isinstance(config, dict):
            metadata = config.get("metadata") or {}
            launch = str(metadata.get(LAUNCH_ID, ""))
            if launch and metadata.get("fly_process_group") not in ONE_OFF:
                yield _Create(asked["n"], datetime.fromisoformat(asked["at"]), launch, str(config.get("image")))


def _destroyed(history: History, by: datetime) -> set[str]:
    """What Fly.io destroyed, though it may never have shown it."""
    gone = (deed for deed in deeds(history) if deed.deed == "destroy" and deed.applied)
    return {deed.machine for deed in gone if deed.when <= by + TOLERANCE}


def _intent(history: History, create: _Create) -> Entry | None:
    meant = history.of("machine.create.intended")
    fitting = [one for one in meant if one.body["key"] == create.launch and one.when <= create.when + TOLERANCE]
    return fitting[0] if len(fitting) == 1 else None


def _greens(history: History) -> dict[str, Entry]:
    """Each machine that was made in place of another, with the entry that tells of it."""
    made = (entry for entry in history.of("machine.create.settled") if entry.body["result"] == "made")
    return {str(entry.body["machine"]): entry for entry in made}


def _blues(history: History) -> dict[str, Entry]:
    """Each machine that was to be followed by another, with the newest entry that tells of it."""
    return {str(entry.body["blue"]): entry for entry in history.of("machine.create.intended")}


def _pair(history: History, deed: Deed) -> Entry | None:
    """The newest entry by then that made the machine a new one, or one that is to be followed."""
    told = (_greens(history).get(deed.machine), _blues(history).get(deed.machine))
    known = [entry for entry in told if entry and entry.when <= deed.when + TOLERANCE]
    return max(known, key=lambda entry: entry.seq, default=None)


def _passed(history: History, pair: Entry, when: datetime) -> bool:
    lines: Sequence[Entry] = [one for one in history.of("no_return.passed") if one.deployment == pair.deployment]
    return any(one.when <= when + TOLERANCE for one in lines)
