"""/drop retry: go on from the step that halted the deployment."""

from checklist.deployment import Deployment
from checklist.moves import Move
from commands.deps import Ask, Deps, asked_for, drawn_for, enqueue


def retry(ask: Ask, deps: Deps) -> Deployment:
    """Raises ClockWrong, WindowClosed while machines are still to be moved, NotAllowed, NotNow."""
    deps.trust_clock()
    with deps.decision(ask) as work:
        window = deps.calendar.explain(deps.now())
        deployment = asked_for(ask, work)
        drawn_for(ask, deployment, Move.RETRY)
        deployment = deployment.retried(by=ask.by, at=deps.now(), checklist=deps.checklist, window=window)
        deployment = work.deployments.save(deployment)
        enqueue(work, deployment, "deploy")
        work.journal.append(deps.fact("deployment.retried", ask, deployment))
        work.commit()
    return deployment
