"""/drop abandon: give up a deployment before production was touched."""

from checklist import notices
from checklist.deployment import Deployment
from commands.deps import Ask, Deps, asked_for


def abandon(ask: Ask, deps: Deps) -> Deployment:
    """Raises NotAllowed, NotNow once production was touched."""
    with deps.decision(ask) as work:
        deployment = asked_for(ask, work)
        words = ask.fields.get("reason") or ask.words or "no reason given"
        deployment = deployment.abandoned(by=ask.by, at=deps.now(), reason=words, team=deps.checklist.team)
        deployment = work.deployments.save(deployment)
        work.journal.append(deps.fact("deployment.abandoned", ask, deployment, reason=words))
        work.outbox.put(notices.abandoned(deployment, ask.by.name))
        work.commit()
    return deployment
