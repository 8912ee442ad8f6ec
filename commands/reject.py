"""/drop reject: send a deployment back to preparation, with the reason."""

from checklist import notices
from checklist.deployment import Deployment
from checklist.errors import PlanChanged
from commands.deps import Ask, Deps, asked_for, reason


def reject(ask: Ask, deps: Deps) -> Deployment:
    """Raises MissingWords without a reason, NotIndependent, NotAllowed, NotNow."""
    with deps.decision(ask) as work:
        deployment = asked_for(ask, work)
        if ask.shown and deployment.plan and ask.shown != deployment.plan.digest:
            raise PlanChanged(ask.shown, deployment.plan.digest)
        deployment = deployment.rejected(by=ask.by, reason=reason(ask), team=deps.checklist.team)
        deployment = work.deployments.save(deployment)
        work.journal.append(deps.fact("deployment.rejected", ask, deployment, reason=deployment.reason))
        work.outbox.put(notices.rejected(deployment, ask.by.name))
        work.commit()
    return deployment
