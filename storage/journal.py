"""The append-only record in SQL."""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Row, insert, select
from sqlmodel import Session, col

from checklist.record import Entry, Fact, canonical, chained
from checklist.words import DeploymentId
from storage.tables import EntryRow

COLUMNS = select(
    col(EntryRow.seq),
    col(EntryRow.kind),
    col(EntryRow.at),
    col(EntryRow.by),
    col(EntryRow.deployment),
    col(EntryRow.body),
    col(EntryRow.previous),
    col(EntryRow.hash),
)


class SqlJournal:
    """The port Journal over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, *facts: Fact) -> None:
        head = self.head()
        for fact in facts:
            head = chained(fact, after=head)
            self._session.execute(insert(EntryRow).values(**_values(head)))

    def entries(self, deployment: DeploymentId | None = None, *, after: int = 0) -> Iterable[Entry]:
        wanted = COLUMNS.where(col(EntryRow.seq) > after).order_by(col(EntryRow.seq))
        if deployment is not None:
            wanted = wanted.where(col(EntryRow.deployment) == deployment)
        return (_entry(row) for row in self._session.execute(wanted))

    def newest(self, deployment: DeploymentId, kind: str, key: str) -> Entry | None:
        wanted = (
            COLUMNS.where(col(EntryRow.deployment) == deployment, col(EntryRow.kind) == kind, col(EntryRow.key) == key)
            .order_by(col(EntryRow.seq).desc())
            .limit(1)
        )
        row = self._session.execute(wanted).one_or_none()
        return _entry(row) if row else None

    def head(self) -> Entry | None:
        """The last entry of the chain."""
        row = self._session.execute(COLUMNS.order_by(col(EntryRow.seq).desc()).limit(1)).one_or_none()
        return _entry(row) if row else None


def _values(entry: Entry) -> dict[str, object]:
    fact = entry.fact
    key = fact.body.get("key")
    return {
        "seq": entry.seq,
        "kind": fact.kind,
        "at": fact.at.isoformat(),
        "by": fact.by,
        "deployment": fact.deployment,
        "key": key if isinstance(key, str) else None,
        "body": canonical(fact.body),
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _entry(row: Row[tuple[int, str, str, str, str | None, str, str, str]]) -> Entry:
    fact = Fact(
        kind=row.kind,
        at=datetime.fromisoformat(row.at),
        by=row.by,
        deployment=DeploymentId(row.deployment) if row.deployment else None,
        body=json.loads(row.body),
    )
    return Entry(seq=row.seq, fact=fact, previous=row.previous, hash=row.hash)
