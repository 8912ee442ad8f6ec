"""Deployments in SQL: a save writes the rows that changed, and compares and sets the revision."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import CursorResult, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from checklist.deployment import Deployment
from checklist.errors import AlreadyOpen, MovedOn, NoSuchDeployment
from checklist.marks import Mark
from checklist.steps import Step
from checklist.words import DeploymentId, ItemId
from storage.codec import DEPLOYMENT, MARK, PLAN, STEP
from storage.tables import IS_OPEN, DeploymentRow, MarkRow, PlanRow, StepRow


class SqlDeployments:
    """The port Deployments over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._read: dict[DeploymentId, Deployment] = {}

    def get(self, id: DeploymentId) -> Deployment:
        row = self._session.execute(
            select(
                col(DeploymentRow.body), col(DeploymentRow.app), col(DeploymentRow.status), col(DeploymentRow.revision)
            ).where(col(DeploymentRow.id) == id)
        ).one_or_none()
        if row is None:
            raise NoSuchDeployment(id)
        found = DEPLOYMENT.validate_json(row.body)
        found = replace(
            found,
            status=type(found.status)(row.status),
            revision=row.revision,
            marks=self._marks(id),
            steps=self._steps(id),
        )
        self._read[id] = found
        return found

    def open(self) -> Deployment | None:
        id = self._session.execute(select(col(DeploymentRow.id)).where(IS_OPEN)).scalars().first()
        return self.get(DeploymentId(id)) if id else None

    def last(self) -> Deployment | None:
        newest = select(col(DeploymentRow.id)).order_by(col(DeploymentRow.number).desc()).limit(1)
        id = self._session.execute(newest).scalar()
        return self.get(DeploymentId(id)) if id else None

    def next_id(self) -> DeploymentId:
        return DeploymentId(f"CR-{self._newest_number() + 1:03d}")

    def add(self, deployment: Deployment) -> None:
        try:
            self._session.execute(
                insert(DeploymentRow).values(
                    id=deployment.id,
                    number=self._newest_number() + 1,
                    app=deployment.app,
                    status=deployment.status,
                    revision=deployment.revision,
                    version=deployment.release.version,
                    opened_at=deployment.opened_at,
                    body=_body(deployment),
                )
            )
        except IntegrityError as error:
            found = self._session.execute(select(col(DeploymentRow.id)).where(IS_OPEN)).scalars().first()
            raise AlreadyOpen(DeploymentId(found or deployment.id)) from error
        self._write_parts(None, deployment)
        self._read[deployment.id] = deployment

    def save(self, deployment: Deployment) -> Deployment:
        saved = replace(deployment, revision=deployment.revision + 1)
        changed = self._session.execute(
            update(DeploymentRow)
            .where(col(DeploymentRow.id) == deployment.id, col(DeploymentRow.revision) == deployment.revision)
            .values(status=saved.status, revision=saved.revision, body=_body(saved))
        )
        if not isinstance(changed, CursorResult) or changed.rowcount != 1:
            raise MovedOn(deployment.id)
        self._write_parts(self._read.get(deployment.id), saved)
        self._read[deployment.id] = saved
        return saved

    def _newest_number(self) -> int:
        return self._session.execute(select(func.max(col(DeploymentRow.number)))).scalar() or 0

    def _marks(self, id: DeploymentId) -> dict[ItemId, Mark]:
        rows = self._session.execute(select(col(MarkRow.item), col(MarkRow.body)).where(col(MarkRow.deployment) == id))
        return {ItemId(item): MARK.validate_json(body) for item, body in rows}

    def _steps(self, id: DeploymentId) -> tuple[Step, ...]:
        rows = self._session.execute(
            select(col(StepRow.body)).where(col(StepRow.deployment) == id).order_by(col(StepRow.place))
        ).scalars()
        return tuple(STEP.validate_json(body) for body in rows)

    def _write_parts(self, before: Deployment | None, after: Deployment) -> None:
        """The marks, steps and plan that are not the very ones that were read."""
        self._write_marks(before.marks if before else {}, after)
        if before is None or before.steps != after.steps:
            self._write_steps(after)
        if after.plan and (before is None or before.plan != after.plan):
            known = self._session.get(PlanRow, after.plan.digest)
            if known is None:
                body = PLAN.dump_json(after.plan).decode()
                values = {"digest": after.plan.digest, "deployment": after.id, "body": body}
                self._session.execute(insert(PlanRow).values(**values))

    def _write_marks(self, before: Mapping[ItemId, Mark], after: Deployment) -> None:
        changed = [item for item, mark in after.marks.items() if before.get(item) is not mark]
        known = [item for item in changed if item in before]
        if known:
            self._session.execute(
                delete(MarkRow).where(col(MarkRow.deployment) == after.id, col(MarkRow.item).in_(known))
            )
        rows = [
            {
                "deployment": after.id,
                "item": i,
                "state": after.marks[i].state,
                "body": MARK.dump_json(after.marks[i]).decode(),
            }
            for i in changed
        ]
        if rows:
            self._session.execute(insert(MarkRow), rows)

    def _write_steps(self, after: Deployment) -> None:
        self._session.execute(delete(StepRow).where(col(StepRow.deployment) == after.id))
        rows = [
            {"deployment": after.id, "place": n, "step": s.id, "state": s.state, "body": STEP.dump_json(s).decode()}
            for n, s in enumerate(after.steps)
        ]
        if rows:
            self._session.execute(insert(StepRow), rows)


def _body(deployment: Deployment) -> str:
    """What is never searched for. Marks and steps have rows of their own."""
    return DEPLOYMENT.dump_json(replace(deployment, marks={}, steps=())).decode()
