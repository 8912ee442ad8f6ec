"""/drop rollback: bring the previous version back. One person, at any hour."""

from checklist.deployment import Deployment
from checklist.deployment.end import BRINGS_BACK
from checklist.errors import BadField, NotNow
from checklist.words import Restores
from commands.deps import Ask, Deps, enqueue, last_or_asked_for


def rollback(ask: Ask, deps: Deps) -> Deployment:
    """The image alone, unless the form says otherwise. Raises BadField, NotAllowed, NotNow."""
    chosen = ask.fields.get("restores") or Restores.IMAGE
    if chosen not in set(Restores):
        raise BadField("restores", f"“{chosen}” cannot be restored", " or ".join(Restores))
    return bring_back(ask, deps, Restores(chosen))


def bring_back(ask: Ask, deps: Deps, restores: Restores) -> Deployment:
    """Queue the rollback run; a deploy run in progress stops after the call in flight. Only the newest deployment.

    Raises NotAllowed, NotNow.
    """
    with deps.decision(ask) as work:
        words = ask.fields.get("reason") or ask.words
        deployment, newest = last_or_asked_for(ask, work), work.deployments.last()
        if newest is not None and newest.id != deployment.id:
            raise NotNow(BRINGS_BACK[restores], deployment)
        deployment = deployment.rolling_back(
            by=ask.by, at=deps.now(), reason=words, checklist=deps.checklist, restores=restores
        )
        deployment = work.deployments.save(deployment)
        enqueue(work, deployment, "rollback")
        work.journal.append(deps.fact("rollback.started", ask, deployment, reason=words, restores=restores))
        work.commit()
    return deployment
