"""What was done while the record could not be used becomes part of it, once it can be used again."""

from pathlib import Path

import structlog

from checklist.errors import RecordOutage, Refusal
from checklist.people import Person, Team
from checklist.record import ChainBroken, Entry, Fact, Json
from checklist.words import PersonId
from commands.deps import Ask, Deps
from commands.rollback import rollback
from storage.engine import record_engine
from storage.upgrade import NewerDatabase, make_sound
from storage.work import SqlRecord, no_queue

ADDED = ".added"
log = structlog.get_logger()


def add_side_record(deps: Deps, path: Path) -> int:
    """Add the entries of the side record, as noted later, and queue the rollback that they tell of.

    The queued run finds the machines as they were left, and says so in the record. The file is then put aside.
    Returns how many entries there were. A file that was altered stays where it is, and is logged.
    """
    if not path.exists():
        return 0
    try:
        entries = _read(path)
    except (ChainBroken, NewerDatabase, RecordOutage) as trouble:
        log.warning("the side record cannot be added", file=str(path), trouble=str(trouble))
        return 0
    if entries:
        _add(deps, entries)
        _roll_back(deps, entries)
    path.rename(path.with_name(path.name + ADDED))
    return len(entries)


def _read(path: Path) -> tuple[Entry, ...]:
    engine = record_engine(f"sqlite:///{path}")
    try:
        make_sound(engine)
        with SqlRecord(engine, no_queue).look() as work:
            return tuple(work.journal.entries())
    finally:
        engine.dispose()


def _add(deps: Deps, entries: tuple[Entry, ...]) -> None:
    with deps.record.work() as work:
        if work.clicks.first(_key(entries)):  # a bot may have died after this commit
            work.journal.append(*(_noted(deps, entry) for entry in entries))
            work.commit()


def _noted(deps: Deps, entry: Entry) -> Fact:
    fact = entry.fact
    said: dict[str, Json] = {"kind": fact.kind, "at": fact.at.isoformat(), "by": fact.by, "body": dict(fact.body)}
    return Fact(kind="side.noted", at=deps.now(), by="bot", body={"of": fact.deployment, "hash": entry.hash, **said})


def _roll_back(deps: Deps, entries: tuple[Entry, ...]) -> None:
    """The record as it is now may not allow it, or no longer: then the lines alone tell."""
    begun = [entry.fact for entry in entries if entry.fact.kind == "rollback.started"]
    by = _person(begun[-1], deps.checklist.team) if begun else None
    if by is None:
        return
    words, host = str(begun[-1].body.get("reason", "")), str(begun[-1].body.get("asserted_by", "the side record"))
    key = f"{_key(entries)}/rollback"
    ask = Ask(verb="rollback", by=by, key=key, deployment=str(begun[-1].deployment), words=words, host=host)
    try:
        rollback(ask, deps)
    except Refusal as refusal:
        log.warning("the side record's rollback is not one of the record", refusal=type(refusal).__name__)


def _person(fact: Fact, team: Team) -> Person | None:
    return team.people.get(PersonId(fact.by))


def _key(entries: tuple[Entry, ...]) -> str:
    return f"side/{entries[-1].hash}"
