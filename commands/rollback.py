"""/drop rollback: bring the previous version back. One person, at any hour."""

from checklist.deployment import Deployment
from checklist.errors import NotNow
from checklist.moves import Move
from commands.deps import Ask, Deps, enqueue, last_or_asked_for


def rollback(ask: Ask, deps: Deps) -> Deployment:
    """Queue the rollback run; a deploy run in progress stops after the call in flight. Only the newest deployment.

    Raises NotAllowed, NotNow.
    """
    with deps.decision(ask) as work:
        words = ask.fields.get("reason") or ask.words
        deployment, newest = last_or_asked_for(ask, work), work.deployments.last()
        if newest is not None and newest.id != deployment.id:
            raise NotNow(Move.ROLL_BACK, deployment)
        deployment = deployment.rolling_back(by=ask.by, at=deps.now(), reason=words, checklist=deps.checklist)
        deployment = work.deployments.save(deployment)
        enqueue(work, deployment, "rollback")
        work.journal.append(deps.fact("rollback.started", ask, deployment, reason=words))
        work.commit()
    return deployment
