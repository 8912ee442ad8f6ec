"""Deployments in SQL: a save writes the rows and columns that changed, and compares and sets the revision."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import fields, replace

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from checklist.deployment import Deployment
from checklist.errors import AlreadyOpen, MovedOn, NoSuchDeployment
from checklist.moves import OVER, Status
from checklist.ports import Passage
from checklist.words import DeploymentId
from storage.known import Known
from storage.parts import SqlParts
from storage.rows import Columns, deployment_of, row_of
from storage.signing import SqlSigning
from storage.tables import IS_OPEN, DeploymentRow, table

DEPLOYMENTS = table(DeploymentRow)
ADD = insert(DEPLOYMENTS)
ONE = select(DEPLOYMENTS).where(DEPLOYMENTS.c.id == bindparam("id"))
OPEN = select(DEPLOYMENTS.c.id).where(IS_OPEN).order_by(DEPLOYMENTS.c.app).limit(1)
HOLDER = select(DEPLOYMENTS.c.id).where(IS_OPEN, DEPLOYMENTS.c.app == bindparam("app"))
LAST = select(DEPLOYMENTS.c.id).order_by(DEPLOYMENTS.c.number.desc()).limit(1)
PASSAGES = (
    select(*(DEPLOYMENTS.c[f.name] for f in fields(Passage)))
    .order_by(DEPLOYMENTS.c.number.desc())
    .limit(bindparam("many"))
)
NUMBER = select(func.max(DEPLOYMENTS.c.number))
SAVE = update(DEPLOYMENTS).where(
    DEPLOYMENTS.c.id == bindparam("deployment"), DEPLOYMENTS.c.revision == bindparam("read")
)


class SqlDeployments:
    """The port Deployments over one transaction."""

    def __init__(self, connection: Connection, known: Known) -> None:
        self._connection = connection
        self._known = known
        self._stored: dict[DeploymentId, Deployment] = {}  # as this transaction knows them to be in the database
        self._written: set[DeploymentId] = set()  # what of that nobody else knows of before it is committed
        self._parts = SqlParts(connection)
        self._signing = SqlSigning(connection)

    def get(self, id: DeploymentId) -> Deployment:
        row = self._connection.execute(ONE, {"id": id}).first()
        if row is None:
            raise NoSuchDeployment(id)
        found = self._known.under(row) or self._read(id, row)
        self._stored[id] = found
        return found

    def committed(self) -> None:
        """What was written stands."""
        for id in self._written:
            self._known.keep(self._stored[id])
        self._written.clear()

    def _read(self, id: DeploymentId, row: Row[*tuple[object, ...]]) -> Deployment:
        found = deployment_of(
            row,
            marks=self._parts.marks(id),
            steps=self._parts.steps(id),
            signatures=self._parts.signatures(id),
            plan=self._signing.plan(row.plan),
            approval=self._signing.standing(id),
        )
        if id not in self._written:
            self._known.keep(found)
        return found

    def open(self) -> Deployment | None:
        return self._first(OPEN)

    def last(self) -> Deployment | None:
        return self._first(LAST)

    def newest(self, many: int) -> tuple[Passage, ...]:
        return tuple(_passage(row) for row in self._connection.execute(PASSAGES, {"many": many}))

    def next_id(self) -> DeploymentId:
        return DeploymentId(f"CR-{(self._connection.execute(NUMBER).scalar() or 0) + 1:03d}")

    def add(self, deployment: Deployment) -> None:
        with self._one_open(deployment):
            self._connection.execute(ADD, row_of(deployment))
        self._write_parts(replace(deployment, marks={}, steps=(), signatures=(), plan=None, approval=None), deployment)

    def save(self, deployment: Deployment) -> Deployment:
        before = self._stored.get(deployment.id) or self.get(deployment.id)
        after = replace(deployment, revision=deployment.revision + 1)
        where = {"deployment": deployment.id, "read": deployment.revision}
        opens = before.status in OVER and after.status not in OVER  # what is open already is in nobody's way
        with self._one_open(deployment) if opens else nullcontext():
            written = self._connection.execute(SAVE, {**_changed(before, after), **where}).rowcount
        if written != 1:
            raise MovedOn(deployment.id)
        self._write_parts(before, after)
        return after

    def _first(self, ids: Select[str]) -> Deployment | None:
        id = self._connection.execute(ids).scalar()
        return self.get(DeploymentId(id)) if id else None

    def _write_parts(self, before: Deployment, after: Deployment) -> None:
        self._parts.write(before, after)
        self._signing.write(before, after)
        self._stored[after.id] = after
        self._written.add(after.id)

    @contextmanager
    def _one_open(self, deployment: Deployment) -> Iterator[None]:
        """Translates a violation of the one index that people can run into."""
        try:
            with self._connection.begin_nested():
                yield
        except IntegrityError as error:
            holder = self._connection.execute(HOLDER, {"app": deployment.app}).scalar()
            if holder is None or holder == deployment.id:
                raise
            raise AlreadyOpen(DeploymentId(holder)) from error


def _changed(before: Deployment, after: Deployment) -> Columns:
    """The revision, and whatever else is not as it was."""
    stored = row_of(before).items()
    return {"revision": after.revision, **dict(column for column in row_of(after).items() if column not in stored)}


def _passage(row: Row[*tuple[object, ...]]) -> Passage:
    columns = {**row._mapping}
    return Passage(**{**columns, "status": Status(row.status)})
