"""/drop finish: an approver has the machines that are left moved though the window has closed."""

from checklist import notices
from checklist.deployment import Deployment
from checklist.moves import Move
from commands.deps import Ask, Deps, asked_for, drawn_for, enqueue, weighed_reason


def finish(ask: Ask, deps: Deps) -> Deployment:
    """Nothing but the window is let off. Raises BadField, WindowOpen, NotAllowed, AgentsMayNot, NotIndependent."""
    words = weighed_reason(ask)
    with deps.decision(ask) as work:
        window = deps.calendar.explain(deps.now())
        deployment = asked_for(ask, work)
        drawn_for(ask, deployment, Move.FINISH)
        deployment = deployment.finished(by=ask.by, at=deps.now(), checklist=deps.checklist, window=window)
        deployment = work.deployments.save(deployment)
        enqueue(work, deployment, "finish")
        work.journal.append(deps.fact("deployment.finished", ask, deployment, reason=words))
        work.outbox.put(notices.finishing(deployment, ask.by.name, words))
        work.commit()
    return deployment
