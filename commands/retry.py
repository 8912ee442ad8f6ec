"""/drop retry: go on from the step that halted the deployment."""

from checklist.deployment import Deployment
from checklist.errors import AlreadyDone
from checklist.moves import Move
from checklist.steps import Book
from commands.deps import Ask, Deps, asked_for, enqueue


def retry(ask: Ask, deps: Deps) -> Deployment:
    """Raises WindowClosed while machines are still to be moved, NotAllowed, NotNow."""
    with deps.decision(ask) as work:
        window, team = deps.calendar.explain(deps.now()), deps.checklist.team
        deployment = asked_for(ask, work)
        if ask.shown and ask.shown != str(deployment.attempts.get(Book.DEPLOY, 0)):
            raise AlreadyDone(Move.RETRY, deployment)  # it was drawn for a halt that somebody has retried since
        deployment = deployment.retried(by=ask.by, at=deps.now(), team=team, window=window)
        deployment = work.deployments.save(deployment)
        enqueue(work, deployment, "deploy")
        work.journal.append(deps.fact("deployment.retried", ask, deployment))
        work.commit()
    return deployment
