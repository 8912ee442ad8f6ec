"""One deployment's part of the record as a file that verifies by itself, for whoever asks a year later.

JSON Lines in UTF-8: a line that says what the file is, then every entry of the record from the deployment's first to
its last, whoever they belong to, so that nothing can be left out between them. docs/audit.md has the format at length.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from checklist.record import ChainBroken, Entry, Fact, Json, canonical, chained, content, entry_hash, sha256
from checklist.words import DeploymentId

FORMAT = "drop-bot/export/1"
Place = Annotated[int, Field(ge=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Heading(_Strict):
    format: str
    deployment: str
    first: Place
    last: Place


class _Line(_Strict):
    seq: Place
    previous: str
    kind: str
    at: str
    by: str
    deployment: str | None
    body: dict[str, Json]
    hash: str


class NotAnExport(Exception):
    """The file is none, or was altered. `line` is the first one that shows it, from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line} {why}")
        self.line = line


class Denied(Exception):
    """What was told to the outside is not what is here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far the record went when somebody outside was told: an entry's place, and how its hash begins."""

    seq: int
    digits: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.digits}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One signature, with the plan that it names and the words that were on the screen."""

    by: str
    at: datetime
    plan: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What a file proves: the deployment's own entries, as they stand between the first and the last."""

    deployment: DeploymentId
    own: tuple[Entry, ...]
    signed: tuple[Signed, ...]

    @property
    def first(self) -> Entry:
        return self.own[0]

    @property
    def last(self) -> Entry:
        return self.own[-1]


def head_of(text: str) -> Head:
    """`174:0a1b2c3d4e5f`, as a message of the bot carries it. Raises ValueError."""
    seq, _, digits = text.strip().partition(":")
    if not seq.isdecimal() or len(digits) < 12 or set(digits) - set("0123456789abcdef"):
        raise ValueError(f"{text} is no head. Write it as a message carries it, like 174:0a1b2c3d4e5f")
    return Head(seq=int(seq), digits=digits)


def witnessed(entries: Iterable[Entry], head: Head | None) -> Iterator[Entry]:
    """The entries, held against a head that somebody outside was told. Raises Denied, at the latest after the last."""
    seen = head is None
    for entry in entries:
        if head and entry.seq == head.seq:
            if not entry.hash.startswith(head.digits):
                raise Denied(f"entry {head.seq} is not the one of the head {head}")
            seen = True
        yield entry
    if not seen:
        raise Denied(f"there is no entry for the head {head}")


def lines_of(deployment: DeploymentId, first: int, last: int, entries: Iterable[Entry]) -> Iterator[str]:
    """The file, line by line, of entries in their order. Raises ChainBroken at the first that does not verify."""
    yield canonical({"format": FORMAT, "deployment": deployment, "first": first, "last": last}) + "\n"
    before: Entry | None = None
    for entry in entries:
        if entry.seq > last:
            return
        if not _follows(entry, before):
            raise ChainBroken(entry.seq)
        yield _line(entry)
        before = entry


def read_export(lines: Iterable[str], *, head: Head | None = None) -> Export:
    """Verify the file, and say what it proves. Raises NotAnExport, and Denied for a head that it does not bear out."""
    numbered = enumerate(lines, start=1)
    heading = _heading(numbered)
    deployment = DeploymentId(heading.deployment)
    own = tuple(entry for entry in witnessed(_entries(heading, numbered), head) if entry.fact.deployment == deployment)
    if not own or (own[0].seq, own[-1].seq) != (heading.first, heading.last):
        raise NotAnExport(1, f"names entries {heading.first} to {heading.last}, which are not those of {deployment}")
    return Export(deployment=deployment, own=own, signed=tuple(_signed(own, heading.first)))


def _heading(numbered: Iterator[tuple[int, str]]) -> _Heading:
    try:
        heading = _Heading.model_validate_json(next(numbered, (1, ""))[1])
    except ValidationError:
        raise NotAnExport(1, "is not that of an export") from None
    if heading.format != FORMAT:
        raise NotAnExport(1, f"names the format {heading.format}; this version knows {FORMAT}")
    return heading


def _entries(heading: _Heading, numbered: Iterator[tuple[int, str]]) -> Iterator[Entry]:
    """Each line's entry, verified: its own hash, and that it follows the one before it."""
    before: Entry | None = None
    number = 1
    for number, line in numbered:
        entry = _entry(number, line)
        if entry.seq != heading.first + number - 2 or not _follows(entry, before):
            raise NotAnExport(number, "is not the entry that was hashed, or not in its place")
        yield entry
        before = entry
    if before is None or before.seq != heading.last:
        raise NotAnExport(number, f"is the last one; the file should go to entry {heading.last}")


def _entry(number: int, line: str) -> Entry:
    try:
        found = _Line.model_validate_json(line)
        at = datetime.fromisoformat(found.at)
    except ValueError:  # pydantic's is one, too
        raise NotAnExport(number, "is no entry") from None
    deployment = None if found.deployment is None else DeploymentId(found.deployment)
    fact = Fact(kind=found.kind, at=at, by=found.by, deployment=deployment, body=found.body)
    entry = Entry(seq=found.seq, fact=fact, previous=found.previous, hash=found.hash)
    if _line(entry) != line:  # two spellings of one entry might be read as two things
        raise NotAnExport(number, "is not written as an export writes it")
    return entry


def _line(entry: Entry) -> str:
    return canonical({**content(entry.seq, entry.previous, entry.fact), "hash": entry.hash}) + "\n"


def _follows(entry: Entry, before: Entry | None) -> bool:
    """Its hash is its own; and it comes next, unless it is the first of a file, whose predecessor nobody has."""
    if before or entry.seq == 1:
        return entry == chained(entry.fact, after=before)
    return entry.hash == entry_hash(entry.seq, entry.previous, entry.fact)


def _signed(own: Iterable[Entry], first: int) -> Iterator[Signed]:
    """Each signature, under a plan that is here in full, over words that are here in full."""
    asked: set[Json] = set()
    for entry in own:
        body, line = entry.fact.body, entry.seq - first + 2
        if entry.fact.kind == "approval.requested":
            if sha256(canonical(body.get("content"))) != body.get("plan"):
                raise NotAnExport(line, "holds a plan that is not the one of its digest")
            asked.add(body["plan"])
        if entry.fact.kind == "deployment.approved":
            plan, shown = body.get("plan"), str(body.get("shown"))
            if plan not in asked or sha256(shown) != body.get("shown_sha256"):
                raise NotAnExport(line, "is a signature under something else than what was asked for, or shown")
            yield Signed(by=entry.fact.by, at=entry.fact.at, plan=str(plan), shown=shown)
