"""An approval ends with its window: the deployment goes back to preparation by itself."""

from checklist import notices
from checklist.moves import Status
from checklist.record import Fact
from commands.deps import Deps


def expire(deps: Deps) -> bool:
    """Void the open deployment's approval if its window is over. Returns whether there was one."""
    with deps.record.look() as work:
        found = work.deployments.open()
    if found is None or found.window is None or deps.now() < found.window.closes:
        return False
    if found.status not in {Status.AWAITING_APPROVAL, Status.APPROVED}:
        return False
    with deps.record.work() as work:
        deployment = work.deployments.get(found.id)
        deployment = work.deployments.save(deployment.voided("its window has ended"))
        work.journal.append(Fact(kind="approval.expired", at=deps.now(), by="bot", deployment=deployment.id))
        work.outbox.put(notices.voided(deployment))
        work.commit()
    return True
