"""Plans and the approvals under them. Neither is ever deleted: an approval that no longer stands says since when."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select, update

from checklist.deployment import Approval, Deployment
from checklist.plan import Plan
from checklist.words import DeploymentId
from storage.codec import plan_of
from storage.inserts import insert_once
from storage.tables import STANDS, ApprovalRow, PlanRow, table

PLANS, APPROVALS = table(PlanRow), table(ApprovalRow)
PLAN = select(PLANS.c.body).where(PLANS.c.digest == bindparam("digest"))
STANDING = select(APPROVALS).where(APPROVALS.c.deployment == bindparam("of"), STANDS)
END = update(APPROVALS).where(APPROVALS.c.deployment == bindparam("of"), STANDS)
SIGN = insert(APPROVALS)


@dataclass(frozen=True, slots=True)
class SqlSigning:
    """What was signed in one deployment, and the signature that stands."""

    connection: Connection

    def plan(self, digest: str | None) -> Plan | None:
        if digest is None:
            return None
        return plan_of(self.connection.execute(PLAN, {"digest": digest}).scalar_one())

    def standing(self, id: DeploymentId) -> Approval | None:
        row = self.connection.execute(STANDING, {"of": id}).first()
        return Approval(by=row.by, plan=row.plan, at=row.at, ends=row.ends) if row else None

    def write(self, before: Deployment, after: Deployment) -> None:
        """The plan, if it is another one, and then what became of the signature."""
        if after.plan and after.plan != before.plan:
            self._keep(after.plan)
        if after.approval == before.approval:
            return
        if before.approval:
            self.connection.execute(END, {"of": after.id, "ended_at_revision": after.revision})
        if after.approval:
            self.connection.execute(SIGN, _row(after.id, after.approval))

    def _keep(self, plan: Plan) -> None:
        """The same plan twice is one row: its digest is its key."""
        insert_once(self.connection, PLANS, digest=plan.digest, deployment=plan.deployment, body=plan.body())


def _row(id: DeploymentId, approval: Approval) -> dict[str, object]:
    return {
        "deployment": id,
        "plan": approval.plan,
        "by": approval.by,
        "at": approval.at,
        "ends": approval.ends,
        "ended_at_revision": None,
    }
