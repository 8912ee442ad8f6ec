"""A plan, and the approval of it, end by themselves: with the window, the signer's role, or the checklist."""

from datetime import datetime

from checklist import notices
from checklist.changes import said
from checklist.definition import Checklist
from checklist.departure import signer_left
from checklist.deployment import Deployment
from checklist.errors import ApprovalEnded, PlanChanged, Refusal, SignerMayNot
from checklist.ports import Work
from checklist.record import Fact, Json
from commands.deps import Deps


def expire(deps: Deps) -> bool:
    """End the open deployment's plan if it can no longer be signed or started. Returns whether there was one."""
    with deps.record.look() as work:
        found = work.deployments.open()
        if found is None or found.is_running or _because(found, work, deps) is None:
            return False
    with deps.record.work() as work:
        deployment = work.deployments.get(found.id)
        because = _because(deployment, work, deps)
        if because is None or deployment.is_running:
            return False
        work.deployments.save(end_plan(deployment, because, work, checklist=deps.checklist, at=deps.now()))
        work.commit()
    return True


def _because(deployment: Deployment, work: Work, deps: Deps) -> Refusal | None:
    because = deployment.void_because(deps.checklist, at=deps.now())
    return because or signer_left(deployment, work.members.all(), deps.checklist.team)


def end_plan(deployment: Deployment, because: Refusal, work: Work, *, checklist: Checklist, at: datetime) -> Deployment:
    """Back to preparation, with an entry and a notice that say why."""
    kind, reason, body = _told(because, checklist)
    deployment = deployment.voided(reason)
    work.journal.append(Fact(kind=kind, at=at, by="bot", deployment=deployment.id, body={"reason": reason, **body}))
    work.outbox.put(notices.voided(deployment))
    return deployment


def _told(because: Refusal, checklist: Checklist) -> tuple[str, str, dict[str, Json]]:
    """The kind of the entry, the reason that people read, and what else the entry keeps."""
    match because:
        case ApprovalEnded():
            return "approval.expired", "its window has ended", {}
        case PlanChanged(changes=changes):
            return "approval.voided", said(changes), {"changes": list(changes)}
        case SignerMayNot(signer=signer):
            name = checklist.team.name(signer)
            return "approval.voided", f"{name}, who signed it, may no longer approve", {"signer": signer}
        case _:
            raise AssertionError(because)
