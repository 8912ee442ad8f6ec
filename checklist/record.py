"""The record: an append-only, hash-chained log of everything asked, refused, decided and done."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from checklist.words import DeploymentId

Json = JsonValue  # what an entry may hold

GENESIS = "0" * 64
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened, before it has its place in the chain. `kind` is a past tense: "deployment.opened"."""

    kind: str
    at: datetime
    by: str  # a person, or "bot"
    deployment: DeploymentId | None = None
    body: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A fact with its place in the chain: sequence from 1, the previous entry's hash, and its own."""

    seq: int
    fact: Fact
    previous: str
    hash: str

    @property
    def head(self) -> str:
        """The chain up to here, short enough to be told to the outside: whoever rewrites it is found out by this."""
        return f"{self.seq}:{self.hash[:12]}"


class ChainBroken(Exception):
    """The record was altered: `seq` is the first entry that does not verify."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"entry {seq} does not verify")
        self.seq = seq


def canonical(value: Json | Mapping[str, Json]) -> str:
    """JSON with sorted keys and no spaces: the same value is always the same text."""
    return CANONICAL.encode(value)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def content(seq: int, previous: str, fact: Fact) -> dict[str, Json]:
    """What of an entry is hashed: all of it but the hash."""
    return {
        "seq": seq,
        "previous": previous,
        "kind": fact.kind,
        "at": fact.at.isoformat(),
        "by": fact.by,
        "deployment": fact.deployment,
        "body": dict(fact.body),
    }


def entry_hash(seq: int, previous: str, fact: Fact) -> str:
    """SHA-256 over the canonical JSON of the entry without its hash."""
    return sha256(canonical(content(seq, previous, fact)))


def chained(fact: Fact, *, after: Entry | None) -> Entry:
    """The next entry of the chain."""
    seq = after.seq + 1 if after else 1
    previous = after.hash if after else GENESIS
    return Entry(seq=seq, fact=fact, previous=previous, hash=entry_hash(seq, previous, fact))


def verify(entries: Iterable[Entry], *, after: Entry | None = None) -> Entry | None:
    """Walk the chain and return its last entry. Raises ChainBroken at the first entry that does not fit."""
    last = after
    for entry in entries:
        if entry != chained(entry.fact, after=last):
            raise ChainBroken(entry.seq)
        last = entry
    return last
