"""/drop approve: sign the plan of a deployment."""

from checklist import notices
from checklist.deployment import Deployment
from commands.deps import Ask, Deps, asked_for


def approve(ask: Ask, deps: Deps) -> Deployment:
    """Sign the plan that was on the screen. Raises PlanChanged, NotIndependent, NotAllowed, AlreadyDone, NotNow."""
    with deps.decision(ask) as work:
        deployment = asked_for(ask, work)
        shown = ask.shown or ask.words
        deployment = deployment.approved(by=ask.by, plan=shown, at=deps.now(), team=deps.checklist.team)
        deployment = work.deployments.save(deployment)
        plan = deployment.approval.plan if deployment.approval else None
        work.journal.append(
            deps.fact("deployment.approved", ask, deployment, plan=plan, digest=deployment.release.digest)
        )
        work.outbox.put(notices.approved(deployment, ask.by.name))
        work.commit()
    return deployment
