"""/drop confirm: the item's role presses its button."""

from checklist.deployment import Deployment
from commands.completion import note_completion
from commands.deps import Ask, Deps, asked_for


def confirm(ask: Ask, deps: Deps) -> Deployment:
    """Raises NoSuchItem, WrongRole, NotIndependent, AlreadySettled, NotForHand, NotNow."""
    with deps.decision(ask) as work:
        deployment, item = asked_for(ask, work), deps.item(ask.target)
        note = ask.fields.get("note") or ask.words
        deployment = deployment.confirmed(item, by=ask.by, at=deps.now(), note=note, team=deps.checklist.team)
        settled = deployment.completed_if_settled(deps.checklist, at=deps.now())
        deployment = work.deployments.save(settled)
        work.journal.append(deps.fact("item.confirmed", ask, deployment, item=item.id, note=note))
        note_completion(deployment, work, by=ask.by.id, product=deps.checklist.product)
        work.commit()
    return deployment
