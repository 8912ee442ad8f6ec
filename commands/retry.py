"""/drop retry: go on from the step that halted the deployment."""

from checklist.deployment import Deployment
from commands.deps import Ask, Deps, asked_for, enqueue


def retry(ask: Ask, deps: Deps) -> Deployment:
    """Raises WindowClosed while machines are still to be moved, NotAllowed, NotNow."""
    with deps.decision(ask) as work:
        window, team = deps.calendar.explain(deps.now()), deps.checklist.team
        deployment = asked_for(ask, work).retried(by=ask.by, at=deps.now(), team=team, window=window)
        deployment = work.deployments.save(deployment)
        enqueue(work, deployment, "deploy")
        work.journal.append(deps.fact("deployment.retried", ask, deployment))
        work.commit()
    return deployment
