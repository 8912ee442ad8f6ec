"""/drop withdraw: the signer takes the approval back, before production was touched."""

from checklist import notices
from checklist.deployment import Deployment
from commands.deps import Ask, Deps, asked_for


def withdraw(ask: Ask, deps: Deps) -> Deployment:
    """The plan stays in the record. Raises NotAllowed for anybody but the signer, NotNow."""
    with deps.decision(ask) as work:
        before = asked_for(ask, work)
        words = ask.fields.get("reason") or ask.words or "no reason given"
        deployment = before.withdrawn(by=ask.by, reason=words, team=deps.checklist.team)
        deployment = work.deployments.save(deployment)
        plan = before.plan.digest if before.plan else None
        work.journal.append(deps.fact("approval.withdrawn", ask, deployment, plan=plan, reason=words))
        work.outbox.put(notices.withdrawn(deployment, ask.by.name))
        work.commit()
    return deployment
