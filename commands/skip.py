"""/drop skip: an approver waives the step that broke, and the run goes on with the next."""

from checklist import notices
from checklist.deployment import Deployment
from checklist.errors import BadField
from checklist.moves import Move
from commands.deps import Ask, Deps, asked_for, drawn_for, enqueue, weighed_reason


def skip(ask: Ask, deps: Deps) -> Deployment:
    """Raises BadField, ClockWrong, NotWaivable, WindowClosed while machines are left, NotAllowed, NotIndependent, …"""
    words = weighed_reason(ask)
    deps.trust_clock()
    with deps.decision(ask) as work:
        before, window = asked_for(ask, work), deps.calendar.explain(deps.now())
        drawn_for(ask, before, Move.SKIP)
        deployment = before.skipped(by=ask.by, at=deps.now(), reason=words, checklist=deps.checklist, window=window)
        broken = before.skippable(deps.checklist)
        if ask.target not in {"", broken.id}:
            raise BadField("step", f"“{ask.target}” is not the step that broke", broken.id)
        deployment = work.deployments.save(deployment)
        enqueue(work, deployment, "deploy")
        work.journal.append(deps.fact("step.skipped", ask, deployment, step=broken.id, reason=words))
        work.outbox.put(notices.skipped(deployment, broken.id, ask.by.name, words))
        work.commit()
    return deployment
