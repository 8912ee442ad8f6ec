"""What production is known to be, and the drift that nobody has acknowledged, as rows."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from checklist.drift import Drift, KnownMachine
from checklist.words import PersonId
from storage.tables import UNACKNOWLEDGED, DriftRow, KnownMachineRow, table

MACHINES, DRIFTS = table(KnownMachineRow), table(DriftRow)
MACHINE: TypeAdapter[KnownMachine] = TypeAdapter(KnownMachine)
DRIFT: TypeAdapter[Drift] = TypeAdapter(Drift)
KNOWN = (
    select(*(column for column in MACHINES.c if column.name != "app"))
    .where(MACHINES.c.app == bindparam("of"))
    .order_by(MACHINES.c.id)
)
FORGET = delete(MACHINES).where(MACHINES.c.app == bindparam("of"))
KEEP = insert(MACHINES)
OPEN = select(DRIFTS).where(DRIFTS.c.app == bindparam("of"), UNACKNOWLEDGED)
SEE = insert(DRIFTS)
ONE = update(DRIFTS).where(DRIFTS.c.number == bindparam("which"))


class SqlProduction:
    """The port Production over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, app: str) -> tuple[KnownMachine, ...]:
        return tuple(
            MACHINE.validate_python(dict(row._mapping)) for row in self._connection.execute(KNOWN, {"of": app})
        )

    def keep(self, app: str, machines: Iterable[KnownMachine]) -> None:
        self._connection.execute(FORGET, {"of": app})
        rows = [{"app": app, **asdict(machine)} for machine in machines]
        if rows:
            self._connection.execute(KEEP, rows)

    def drift(self, app: str) -> Drift | None:
        row = self._connection.execute(OPEN, {"of": app}).first()
        if row is None:
            return None
        own = {"number": row.number, "app": row.app, "key": row.key, "seen_at": row.seen_at}
        return DRIFT.validate_python({**own, **row.body})

    def see(self, drift: Drift) -> Drift:
        body = {"lines": list(drift.lines), "found": [asdict(machine) for machine in drift.found]}
        values = {"app": drift.app, "key": drift.key, "body": body, "seen_at": drift.seen_at}
        if drift.number:
            self._connection.execute(ONE.values(values), {"which": drift.number})
            return drift
        added = self._connection.execute(SEE, values).inserted_primary_key
        return replace(drift, number=added[0] if added else 0)

    def acknowledge(self, drift: Drift, *, by: PersonId, at: datetime) -> None:
        values = {"acknowledged_at": at, "acknowledged_by": by}
        self._connection.execute(ONE.values(values), {"which": drift.number})
