"""/drop start: let the deploy run begin."""

from checklist.departure import signer_left
from checklist.deployment import Deployment
from checklist.errors import AlreadyDone, PlanChanged
from checklist.marks import Outcome, Verdict
from checklist.moves import Move, Status
from checklist.ports import Work
from checklist.words import ItemId
from commands.acknowledge import refuse_drift
from commands.deps import Ask, Deps, asked_for, enqueue

WINDOW = ItemId("window-confirmed")


def start(ask: Ask, deps: Deps) -> Deployment:
    """Queue the deploy run. Raises ClockWrong, Drifted, WindowClosed, ApprovalEnded, PlanChanged, ItemsOpen, …"""
    deps.trust_clock()
    with deps.decision(ask) as work:
        deployment, window = asked_for(ask, work), deps.calendar.explain(deps.now())
        deployment.permit(Move.START, ask.by, deps.checklist.team)
        if deployment.status is not Status.APPROVED and deployment.steps:
            raise AlreadyDone(Move.START, deployment)
        if ask.shown and deployment.plan and ask.shown != deployment.plan.digest:
            raise PlanChanged(ask.shown, deployment.plan.digest)
        _still_so(deployment, deps, work)
        item = deps.item(WINDOW)
        verdict = Verdict(outcome=Outcome.PASSED if window.open else Outcome.FAILED, reason=str(window.window or ""))
        deployment = deployment.judged(item, verdict, at=deps.now())
        deployment = deployment.started(by=ask.by, at=deps.now(), checklist=deps.checklist, window=window)
        deployment = work.deployments.save(deployment)
        enqueue(work, deployment, "deploy")
        work.journal.append(deps.fact("deployment.started", ask, deployment, window=verdict.reason))
        work.commit()
    return deployment


def _still_so(deployment: Deployment, deps: Deps, work: Work) -> None:
    """Production is as it is known, and whoever signed is still there. Raises Drifted, SignerMayNot."""
    refuse_drift(deployment.app, work)
    left = signer_left(deployment, work.members.all(), deps.checklist.team)
    if left:
        raise left
