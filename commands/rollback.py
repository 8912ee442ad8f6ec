"""/drop rollback: bring the previous version back. One person, at any hour."""

from checklist.deployment import Deployment
from commands.deps import Ask, Deps, enqueue, last_or_asked_for


def rollback(ask: Ask, deps: Deps) -> Deployment:
    """Queue the rollback run; a deploy run in progress stops after the call in flight. Raises NotAllowed, NotNow."""
    with deps.decision(ask) as work:
        words = ask.fields.get("reason") or ask.words
        deployment = last_or_asked_for(ask, work)
        deployment = deployment.rolling_back(by=ask.by, reason=words, checklist=deps.checklist)
        deployment = work.deployments.save(deployment)
        enqueue(work, deployment, "rollback")
        work.journal.append(deps.fact("rollback.started", ask, deployment, reason=words))
        work.commit()
    return deployment
