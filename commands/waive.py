"""/drop waive: an approver lets the deployment go on without an item, and says why."""

from checklist import notices
from checklist.deployment import Deployment
from commands.completion import note_completion
from commands.deps import Ask, Deps, asked_for, named, weighed_reason


def waive(ask: Ask, deps: Deps) -> Deployment:
    """One reason for one or several items, one entry each.

    Raises BadField, MissingWords, NoSuchItem, NotWaivable, AlreadySettled, NotAllowed, AgentsMayNot, NotIndependent.
    """
    words, names = weighed_reason(ask), named(ask)
    with deps.decision(ask) as work:
        deployment = before = asked_for(ask, work)
        for name in names:
            deployment = deployment.waived(
                deps.item(name), by=ask.by, at=deps.now(), reason=words, team=deps.checklist.team
            )
        deployment = work.deployments.save(deployment.completed_if_settled(deps.checklist, at=deps.now()))
        for name in names:
            work.journal.append(deps.fact("item.waived", ask, deployment, item=name, reason=words))
        work.outbox.put(notices.waived(deployment, ", ".join(names), ask.by.name, words))
        if before.plan and deployment.plan is None:
            work.journal.append(deps.fact("approval.voided", ask, deployment, changes=[deployment.reason]))
            work.outbox.put(notices.voided(deployment))
        note_completion(deployment, work, by=ask.by.id, product=deps.checklist.product)
        work.commit()
    return deployment
