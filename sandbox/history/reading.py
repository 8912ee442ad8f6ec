"""The three sources of a history, in the shape in which the invariants ask of them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sandbox import seed
from sandbox.database import Table, reading
from sandbox.slack.wire import Object

# The bot reads the moved clock from a file that is rounded to a millisecond.
TOLERANCE = timedelta(milliseconds=5)
NONCE = "fly-machine-lease-nonce"
MACHINE = re.compile(r"/fly/v1/apps/(?P<app>[^/]+)/machines/(?P<machine>[^/]+)")

ONE_OFF = {"fly_app_release_command", "fly_app_console"}  # a machine that runs one command takes nobody's place
_DEED = re.compile(r"/fly/v1/apps/[^/]+/machines/(?P<machine>[^/]+)/(?P<deed>cordon|uncordon|stop)")

_COLUMNS = ("seq", "kind", "at", "by", "deployment", "body", "previous", "hash")
_ENTRIES = 'SELECT seq, kind, at, "by", deployment, body, previous, hash FROM entries ORDER BY seq'
_NOTICES = "SELECT number, id, state FROM messages WHERE kind = 'notice' ORDER BY number"
_DIGEST = re.compile(r"@(sha256:[0-9a-f]{64})$")


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that does not hold."""

    invariant: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the record. `at` is the text that was hashed."""

    seq: int
    kind: str
    at: str
    by: str
    deployment: str
    body: Object
    previous: str
    hash: str

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.at)

    @property
    def in_production(self) -> bool:
        """Of an intent: whether it is meant for a machine of production; else it is of a rehearsal."""
        return str(self.body.get("app", seed.PRODUCTION_APP)) == seed.PRODUCTION_APP

    @property
    def is_forward(self) -> bool:
        """Of an intent: whether it moves production forward, not back."""
        return self.in_production and not str(self.body.get("step", "")).startswith("rb-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One request to change a machine, as Fly.io saw it come."""

    n: int
    when: datetime
    app: str
    machine: str
    image: str
    changes_image: bool  # the machine was last seen with another one
    before: str  # its current_version
    nonce: str
    status: int | None

    @property
    def in_production(self) -> bool:
        return self.app == seed.PRODUCTION_APP

    @property
    def digest(self) -> str:
        """The digest by which the image is named; empty when it is not."""
        found = _DIGEST.search(self.image)
        return found[1] if found else ""

    def __str__(self) -> str:
        return f"update {self.n} of machine {self.machine} at {self.when:%H:%M:%S}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One request to cordon, uncordon, stop or destroy a machine."""

    n: int
    when: datetime
    machine: str
    deed: str
    nonce: str
    applied: bool

    def __str__(self) -> str:
        return f"request {self.n} to {self.deed} machine {self.machine}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One text of the database, and where it stands."""

    where: str
    text: str


@dataclass(frozen=True, eq=False, kw_only=True)
class History:
    """Everything that is known of what happened. Each is one of its own, so that what is found in it can be kept."""

    record: Sequence[Entry]
    fly: Sequence[Object]
    slack: Sequence[Object]
    updates: Sequence[Update]
    # The checklist file as YAML gives it; then each later one with the last entry before it came into force.
    checklist: Mapping[str, Any]
    later: Sequence[tuple[int, Mapping[str, Any]]] = ()
    notices: Sequence[Object] = ()
    cells: Sequence[Cell] = ()
    secrets: Sequence[str] = ()

    def of(self, *kinds: str) -> list[Entry]:
        """The entries of these kinds, in order."""
        places = (place for kind in set(kinds) for place in self._places.get(kind, ()))
        return [self.record[place] for place in sorted(places)]

    @cached_property
    def _places(self) -> Mapping[str, list[int]]:
        """Where the entries of each kind stand."""
        places: dict[str, list[int]] = {}
        for place, entry in enumerate(self.record):
            places.setdefault(entry.kind, []).append(place)
        return places

    def checklist_at(self, entry: Entry) -> Mapping[str, Any]:
        """The checklist that was in force when the entry was written."""
        return next((one for last, one in reversed(self.later) if last < entry.seq), self.checklist)

    def holds(self, entry: Entry, roles: Iterable[str]) -> bool:
        """Whether the one who wrote the entry held one of the roles then."""
        return any(entry.by in self.holders(entry, role) for role in roles)

    def holders(self, entry: Entry, role: str) -> Sequence[str]:
        """Who held the role when the entry was written."""
        held: Mapping[str, Sequence[str]] = self.checklist_at(entry).get("roles", {})
        return held.get(role, ())

    def deployments(self) -> dict[str, list[Entry]]:
        """The entries of each deployment, in order."""
        found: dict[str, list[Entry]] = {}
        for entry in self.record:
            if entry.deployment:
                found.setdefault(entry.deployment, []).append(entry)
        return found

    def plan_signed_with(self, approval: Entry) -> Object:
        """The content of the plan that an approval names; empty when it was never asked for."""
        asked = [entry for entry in self.of("approval.requested") if entry.body["plan"] == approval.body.get("plan")]
        content: Object = asked[-1].body["content"] if asked else {}
        return content

    def last_seen(self, machine: str, at: datetime, *, whole: bool = True) -> Object | None:
        """The newest answer of Fly.io before a moment that showed the machine: the whole of it, or what there is."""
        for entry in reversed(self.fly):
            if datetime.fromisoformat(entry["at"]) < at:
                shown = [one for one in _documents(entry["response"]) if one.get("id") == machine]
                if shown and ("config" in shown[0] or not whole):
                    return shown[0]
        return None

    def origin(self, intent: Entry) -> str:
        """In whose place the machine of an intent is since this deployment; the machine itself when in nobody's."""
        ours = (entry for entry in self.of("machine.replaced") if entry.deployment == intent.deployment)
        placed = {str(entry.body["machine"]): str(entry.body["blue"]) for entry in ours}
        machine = str(intent.body["machine"])
        return placed.get(machine, machine)

    def intent_of(self, update: Update) -> Entry | None:
        """The newest intent that can have led to this request."""
        fitting = [
            intent
            for intent in self.of("machine.update.intended")
            if intent.body["machine"] == update.machine
            and intent.body["before"] == update.before
            and intent.when <= update.when + TOLERANCE
        ]
        return fitting[-1] if fitting else None


def read_record(url: str) -> list[Object]:
    """The entries of the record of a DATABASE_URL, as plain objects, in order; it is only read."""
    with reading(url) as database:
        rows = database.rows(_ENTRIES)
    return [dict(zip(_COLUMNS, row, strict=True)) | {"body": json.loads(row[5])} for row in rows]


def read_notices(url: str) -> list[Object]:
    """What was to be said in Slack once, and how far it came, in the order in which it was queued."""
    with reading(url) as database:
        rows = database.rows(_NOTICES)
    return [dict(zip(("number", "id", "state"), row, strict=True)) for row in rows]


def read_cells(url: str) -> list[Cell]:
    """Every text that the database holds, whatever table it stands in; it is only read."""
    with reading(url) as database:
        return [cell for table in database.tables() for cell in _cells_of(table)]


def _cells_of(table: Table) -> Iterator[Cell]:
    for row in table.rows:
        named = zip(table.columns, row, strict=True)
        yield from (Cell(f"{table.name}.{name}", text) for name, text in named if _is_text(text))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def entry_of(row: Mapping[str, Any]) -> Entry:
    """An entry from a plain object; one without a deployment belongs to none, the empty one."""
    return Entry(**{**row, "deployment": row["deployment"] or ""})


def update_of(entry: Object, fly_log: Sequence[Object]) -> Update | None:
    """The request as an update, if it is one."""
    found = MACHINE.fullmatch(entry["path"])
    if entry["method"] != "POST" or found is None:
        return None
    body = entry["body"] if isinstance(entry["body"], dict) else {}
    image = str((body.get("config") or {}).get("image", ""))
    return Update(
        n=entry["n"],
        when=datetime.fromisoformat(entry["at"]),
        app=found["app"],
        machine=found["machine"],
        image=image,
        changes_image=image != _last_seen(found["machine"], entry["n"], fly_log),
        before=str(body.get("current_version") or ""),
        nonce=str(entry["headers"].get(NONCE, "")),
        status=entry["status"],
    )


def deeds(history: History) -> Iterator[Deed]:
    """The requests that open, close, stop or destroy a machine, in order."""
    for asked in history.fly:
        machine, deed = _machine_and_deed(asked)
        if deed:
            yield Deed(
                n=asked["n"],
                when=datetime.fromisoformat(asked["at"]),
                machine=machine,
                deed=deed,
                nonce=str(asked["headers"].get(NONCE, "")),
                applied=bool(asked["applied"]),
            )


def _machine_and_deed(asked: Object) -> tuple[str, str]:
    if asked["method"] == "DELETE" and (found := MACHINE.fullmatch(asked["path"])):
        return found["machine"], "destroy"
    if asked["method"] == "POST" and (found := _DEED.fullmatch(asked["path"])):
        return found["machine"], found["deed"]
    return "", ""


def _last_seen(machine: str, before: int, fly_log: Sequence[Object]) -> str | None:
    """The image in the newest answer that showed the machine."""
    for entry in reversed(fly_log):
        if entry["n"] < before:
            for document in _documents(entry["response"]):
                if document.get("id") == machine and "config" in document:
                    return str(document["config"].get("image"))
    return None


def _documents(response: object) -> Iterator[Object]:
    given = response if isinstance(response, list) else [response]
    yield from (document for document in given if isinstance(document, dict))
