"""What was done to the database, by the requests that Fly.io took, against what people decided and had backed up."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sandbox import seed
from sandbox.history.reading import TOLERANCE, Entry, History
from sandbox.slack.wire import Object

_MACHINES = f"/fly/v1/apps/{seed.PRODUCTION_APP}/machines"
_START = re.compile(rf"{_MACHINES}/(?P<machine>[^/]+)/start")
_LAUNCH = "drop_launch_id"
_BACKUP = "backup-taken"
_DOWN = "rb-migrate-down"
# By what a person lets the command run, or run again, in each direction.
_FORTH = {"deployment.started", "deployment.retried", "deployment.finished"}
_BACK = {"step.confirmed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """One start of a one-off machine that Fly.io carried out."""

    n: int
    at: datetime
    machine: str
    launch: str
    image: str

    def __str__(self) -> str:
        return f"request {self.n} (start of {self.machine} at {self.at:%H:%M:%S})"


def one_start_for_each_decision(history: History) -> Iterator[str]:
    """I16: each start was meant, once, and between two of one direction a person has decided."""
    used: set[tuple[str, int]] = set()
    for start in _starts(history):
        intent = _intent(history, start)
        if intent is None:
            yield f"{start} was not meant by the record"
            continue
        step = str(intent.body["step"])
        decisions = [entry.seq for entry in _decisions(history, intent, step) if (step, entry.seq) not in used]
        if not decisions:
            yield f"{start} of {step} in {intent.deployment}: nobody has decided that it is run once more"
        used |= {(step, seq) for seq in decisions}


def only_the_signed_image_migrates(history: History) -> Iterator[str]:
    """I16: forth and back, the image that the approved plan sends, for it alone knows its migration."""
    for start in _starts(history):
        intent = _intent(history, start)
        signed = [e for e in history.of("deployment.approved") if intent and e.deployment == intent.deployment]
        image = str(history.plan_signed_with(signed[-1]).get("image")) if signed else ""
        if intent and not start.image.endswith(f"@{image}"):
            yield f"{start} runs {start.image}, which nobody had signed"


def a_backup_precedes_the_migration(history: History) -> Iterator[str]:
    """I16: a snapshot was seen, or a person has spoken for one, before the database is touched."""
    items = [item["id"] for section in history.checklist.get("sections", []) for item in section.get("items", [])]
    for start in _starts(history) if _BACKUP in items else ():
        intent = _intent(history, start)
        if intent and intent.body["step"] != _DOWN and not _backed_up(history, intent):
            yield f"{start}: no backup of the database is known"


def nothing_acts_inside_of_a_machine(history: History) -> Iterator[str]:
    """I16: a command that acts has a machine of its own; inside of the others there are only looks."""
    acting = set(_acting(history.checklist))
    for asked in history.fly:
        command = tuple((asked["body"] or {}).get("command") or ()) if asked["path"].endswith("/exec") else ()
        if command and command in acting:
            yield f"request {asked['n']} runs {' '.join(command)} inside of a machine"


def _starts(history: History) -> Iterator[_Start]:
    made: dict[str, Object] = {}
    for asked in history.fly:
        for document in asked["response"] if isinstance(asked["response"], list) else [asked["response"]]:
            config = document.get("config") if isinstance(document, dict) else None
            if isinstance(config, dict) and _LAUNCH in (config.get("metadata") or {}):
                made[str(document["id"])] = config
        found = _START.fullmatch(asked["path"])
        config = made.get(found["machine"]) if found and asked["applied"] else None
        if found and config:
            yield _Start(
                n=asked["n"],
                at=datetime.fromisoformat(asked["at"]),
                machine=found["machine"],
                launch=str(config["metadata"][_LAUNCH]),
                image=str(config.get("image")),
            )


def _intent(history: History, start: _Start) -> Entry | None:
    """What the record meant by the launch, before it was started."""
    meant = (e for e in history.of("migration.intended") if e.body["launch"] == start.launch)
    return next((entry for entry in meant if entry.when <= start.at + TOLERANCE), None)


def _decisions(history: History, intent: Entry, step: str) -> Iterator[Entry]:
    """By people, about this deployment and this direction, before the launch was meant."""
    kinds = _BACK if step == _DOWN else _FORTH
    for entry in history.of(*kinds):
        about = str(entry.body.get("item", step)) == step
        if entry.deployment == intent.deployment and entry.seq < intent.seq and entry.by != "bot" and about:
            yield entry


def _backed_up(history: History, intent: Entry) -> bool:
    before = (
        entry
        for entry in history.of("item.checked", "item.attested")
        if entry.deployment == intent.deployment and entry.body["item"] == _BACKUP and entry.seq < intent.seq
    )
    return any(
        entry.kind == "item.attested"
        or (entry.body["outcome"] == "passed" and bool((entry.body.get("evidence") or {}).get("snapshot")))
        for entry in before
    )


def _acting(value: object) -> Iterator[tuple[str, ...]]:
    """The commands of the checklist that must not be run twice."""
    if isinstance(value, list):
        for part in value:
            yield from _acting(part)
    if isinstance(value, dict):
        if value.get("kind") == "fly.exec" and value.get("once_per_change"):
            yield tuple(value["command"])
        for part in value.values():
            yield from _acting(part)
