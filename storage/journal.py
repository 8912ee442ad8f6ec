"""The append-only record in SQL: a chain of entries, read in pages."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, bindparam, func, insert, select

from checklist.record import ChainBroken, Entry, Fact, chained
from checklist.words import DeploymentId
from storage.codec import from_json, to_json
from storage.tables import EntryRow, table

PAGE = 500  # entries in memory at once, whatever the history holds

ENTRIES = table(EntryRow)
APPEND = insert(ENTRIES)
HEAD = select(ENTRIES).order_by(ENTRIES.c.seq.desc()).limit(1)
AT = select(ENTRIES).where(ENTRIES.c.seq == bindparam("seq"))
ALL = select(ENTRIES).where(ENTRIES.c.seq > bindparam("after")).order_by(ENTRIES.c.seq).limit(PAGE)
OF_ONE = ALL.where(ENTRIES.c.deployment == bindparam("deployment"))
LAST = (
    select(ENTRIES)
    .where(ENTRIES.c.deployment == bindparam("deployment"))
    .order_by(ENTRIES.c.seq.desc())
    .limit(bindparam("many"))
)
COUNT = select(func.count()).select_from(ENTRIES).where(ENTRIES.c.deployment == bindparam("deployment"))
NEWEST = (
    select(ENTRIES)
    .where(
        ENTRIES.c.deployment == bindparam("deployment"),
        ENTRIES.c.kind == bindparam("kind"),
        ENTRIES.c.key == bindparam("key"),
    )
    .order_by(ENTRIES.c.seq.desc())
    .limit(1)
)


class SqlJournal:
    """The port Journal over one transaction. Whatever it reads must decode, or the chain is broken there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, *facts: Fact) -> None:
        """The transaction holds the write lock, so nobody else takes the same place."""
        head = self.head()
        rows = []
        for fact in facts:
            head = chained(replace(fact, at=_utc(fact.at)), after=head)
            rows.append(_row(head))
        if rows:
            self._connection.execute(APPEND, rows)

    def entries(self, deployment: DeploymentId | None = None, *, after: int = 0) -> Iterator[Entry]:
        page = ALL if deployment is None else OF_ONE
        while rows := self._connection.execute(page, {"after": after, "deployment": deployment}).all():
            yield from map(_entry, rows)
            after = rows[-1].seq

    def last(self, deployment: DeploymentId, many: int) -> tuple[Entry, ...]:
        rows = self._connection.execute(LAST, {"deployment": deployment, "many": many}).all()
        return tuple(map(_entry, reversed(rows)))

    def count(self, deployment: DeploymentId) -> int:
        return int(self._connection.execute(COUNT, {"deployment": deployment}).scalar() or 0)

    def newest(self, deployment: DeploymentId, kind: str, key: str) -> Entry | None:
        row = self._connection.execute(NEWEST, {"deployment": deployment, "kind": kind, "key": key}).first()
        return _entry(row) if row else None

    def head(self) -> Entry | None:
        """The last entry of the chain."""
        row = self._connection.execute(HEAD).first()
        return _entry(row) if row else None

    def at(self, seq: int) -> Entry | None:
        row = self._connection.execute(AT, {"seq": seq}).first()
        return _entry(row) if row else None


def _utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError("an instant without a zone says nothing")
    return at.astimezone(UTC)


def _row(entry: Entry) -> dict[str, str | int | None]:
    fact = entry.fact
    return {
        "seq": entry.seq,
        "kind": fact.kind,
        "at": fact.at.isoformat(),
        "by": fact.by,
        "deployment": fact.deployment,
        "key": _key(fact),
        "body": to_json(fact.body),
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _entry(row: Row[*tuple[object, ...]]) -> Entry:
    """Raises ChainBroken when the row cannot have been written by `append`."""
    try:
        at, body = datetime.fromisoformat(row.at), from_json(row.body)
    except (TypeError, ValueError) as error:
        raise ChainBroken(row.seq) from error
    fact = Fact(kind=row.kind, at=at, by=row.by, deployment=row.deployment, body=body)
    if _key(fact) != row.key:
        raise ChainBroken(row.seq)
    return Entry(seq=row.seq, fact=fact, previous=row.previous, hash=row.hash)


def _key(fact: Fact) -> str | None:
    """The column by which one mutation's entries are found; it repeats the body."""
    key = fact.body.get("key")
    return key if isinstance(key, str) else None
