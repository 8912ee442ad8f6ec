"""/drop check: read the world again for the items that are not settled."""

from checklist.deployment import Deployment
from checklist.errors import AlreadyDone
from checklist.moves import Move, Status
from checklist.words import Phase
from commands.deps import Ask, Deps, asked_for, enqueue


def check(ask: Ask, deps: Deps) -> Deployment:
    """Queue the survey and checks again: of an item, a section, or all but those that act.

    Raises NoSuchItem, NotNow, NotAllowed.
    """
    with deps.decision(ask) as work:
        deployment = asked_for(ask, work)
        deployment.permit(Move.CHECK, ask.by, deps.checklist.team)
        phase = Phase.POST if deployment.status is Status.VERIFYING else Phase.PRE
        items = deps.items(ask.target) if ask.target else tuple(deps.checklist.items(phase))
        named = {item.id for item in items}
        after = (item for item in deps.checklist.items(phase) if not named.isdisjoint(item.rests_on))
        checking = deployment.checking((i for i in (*items, *after) if i.is_read), at=deps.now(), asked=ask.target)
        if ask.shown and checking == deployment:
            raise AlreadyDone(Move.CHECK, deployment)  # the button was drawn for checks that are being read by now
        deployment = checking.queued("check")
        deployment = work.deployments.save(deployment)
        enqueue(work, deployment, "check", ask.target)
        work.journal.append(deps.fact("checks.queued", ask, deployment, item=ask.target))
        work.commit()
    return deployment
