"""/drop approve: sign the plan of a deployment."""

from checklist import notices
from checklist.deployment import Deployment
from checklist.record import sha256
from checklist.shown import shown_for_approval
from commands.deps import Ask, Deps, asked_for


def approve(ask: Ask, deps: Deps) -> Deployment:
    """Sign the plan that was on the screen. What was shown is kept, and the signer gets a receipt.

    Raises PlanChanged, NotIndependent, NotAllowed, AgentsMayNot, ApprovalEnded, AlreadyDone, NotNow.
    """
    with deps.decision(ask) as work:
        before = asked_for(ask, work)
        deployment = before.approved(by=ask.by, plan=ask.shown or ask.words, at=deps.now(), team=deps.checklist.team)
        deployment = work.deployments.save(deployment)
        shown = shown_for_approval(before, deps.checklist).text
        plan, digest = before.plan.digest if before.plan else None, before.release.digest
        signed = {"plan": plan, "digest": digest, "shown": shown, "shown_sha256": sha256(shown)}
        work.journal.append(deps.fact("deployment.approved", ask, deployment, **signed))
        work.outbox.put(notices.approved(deployment, ask.by.name))
        for user in ask.by.slack:
            work.outbox.put(notices.receipt(deployment, user, product=deps.checklist.product, signer=ask.by.name))
        work.commit()
    return deployment
