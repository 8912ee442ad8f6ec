"""The marks, steps and signatures of a deployment: rows of their own, and only those that changed are written."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Delete, Row, Select, Table, bindparam, delete, insert, select

from checklist.deployment import Deployment, Signature
from checklist.marks import Mark, MarkState
from checklist.steps import Book, Step, StepState
from checklist.words import DeploymentId, ItemId, Role
from storage.inserts import put
from storage.tables import MarkRow, SignatureRow, StepRow, table

Part = TypeVar("Part")
Columns = dict[str, object]

MARKS, STEPS, SIGNATURES = table(MarkRow), table(StepRow), table(SignatureRow)

MARKS_OF = select(MARKS).where(MARKS.c.deployment == bindparam("of"))
STEPS_OF = select(STEPS).where(STEPS.c.deployment == bindparam("of")).order_by(STEPS.c.place)
SIGNATURES_OF = select(SIGNATURES).where(SIGNATURES.c.deployment == bindparam("of")).order_by(SIGNATURES.c.place)
DROP_MARKS = delete(MARKS).where(MARKS.c.deployment == bindparam("of"), MARKS.c.item == bindparam("gone"))
DROP_STEPS = delete(STEPS).where(STEPS.c.deployment == bindparam("of"), STEPS.c.id == bindparam("gone"))
SIGN = insert(SIGNATURES)


@dataclass(frozen=True, slots=True)
class SqlParts:
    """Reads and writes the parts of one deployment at a time."""

    connection: Connection

    def marks(self, id: DeploymentId) -> dict[ItemId, Mark]:
        return {row.item: _mark(row) for row in self._rows(MARKS_OF, id)}

    def steps(self, id: DeploymentId) -> tuple[Step, ...]:
        return tuple(_step(row) for row in self._rows(STEPS_OF, id))

    def signatures(self, id: DeploymentId) -> tuple[Signature, ...]:
        return tuple(Signature(sign_off=row.sign_off, by=row.by, at=row.at) for row in self._rows(SIGNATURES_OF, id))

    def write(self, before: Deployment, after: Deployment) -> None:
        """The rows of `after` that are not what `before` had stored. Signatures are only ever added."""
        self._drop(DROP_MARKS, after.id, before.marks.keys() - after.marks.keys())
        self._put(MARKS, after.id, [_mark_row(*new) for new in _changed(before.marks, after.marks)])
        stored, placed = _placed(before), _placed(after)
        self._drop(DROP_STEPS, after.id, stored.keys() - placed.keys())
        self._put(STEPS, after.id, [_step_row(*new) for _, new in _changed(stored, placed)])
        new = list(enumerate(after.signatures))[len(before.signatures) :]
        if new:
            self.connection.execute(SIGN, [_signature_row(after.id, *signature) for signature in new])

    def _rows(self, wanted: Select[*tuple[object, ...]], id: DeploymentId) -> list[Row[*tuple[object, ...]]]:
        return list(self.connection.execute(wanted, {"of": id}))

    def _drop(self, drop: Delete, id: DeploymentId, gone: Collection[ItemId]) -> None:
        if gone:
            self.connection.execute(drop, [{"of": id, "gone": key} for key in gone])

    def _put(self, into: Table, id: DeploymentId, rows: list[Columns]) -> None:
        if rows:
            put(self.connection, into, [{"deployment": id, **row} for row in rows])


def _changed(before: Mapping[ItemId, Part], after: Mapping[ItemId, Part]) -> list[tuple[ItemId, Part]]:
    stored = before.items()
    return [part for part in after.items() if part not in stored]


def _placed(deployment: Deployment) -> dict[ItemId, tuple[int, Step]]:
    return {step.id: (place, step) for place, step in enumerate(deployment.steps)}


def _mark_row(item: ItemId, mark: Mark) -> Columns:
    return {
        "item": item,
        "state": str(mark.state),
        "by": mark.by,
        "at": mark.at,
        "note": mark.note,
        "link": mark.link,
        "evidence": mark.evidence,
        "confirmed_by": mark.confirmed_by,
    }


def _mark(row: Row[*tuple[object, ...]]) -> Mark:
    return Mark(
        state=MarkState(row.state),
        by=row.by,
        at=row.at,
        note=row.note,
        link=row.link,
        evidence=row.evidence,
        confirmed_by=row.confirmed_by,
    )


def _step_row(place: int, step: Step) -> Columns:
    return {
        "id": step.id,
        "place": place,
        "book": str(step.book),
        "text": step.text,
        "role": str(step.role),
        "state": str(step.state),
        "actor": step.actor,
        "started_at": step.started_at,
        "ended_at": step.ended_at,
        "note": step.note,
        "evidence": step.evidence,
    }


def _step(row: Row[*tuple[object, ...]]) -> Step:
    return Step(
        id=row.id,
        book=Book(row.book),
        text=row.text,
        role=Role(row.role),
        state=StepState(row.state),
        actor=row.actor,
        started_at=row.started_at,
        ended_at=row.ended_at,
        note=row.note,
        evidence=row.evidence,
    )


def _signature_row(id: DeploymentId, place: int, signature: Signature) -> Columns:
    return {"deployment": id, "place": place, "sign_off": signature.sign_off, "by": signature.by, "at": signature.at}
