"""/drop submit: assemble the plan and ask for its approval."""

from checklist import notices
from checklist.assembly import FRESH, assemble
from checklist.deployment import Deployment
from checklist.errors import ApprovalEnded, SurveyMissing
from commands.deps import Ask, Deps, asked_for


def submit(ask: Ask, deps: Deps) -> Deployment:
    """Raises ItemsOpen, SurveyMissing, ApprovalEnded when its window is over, NotAllowed, NotNow."""
    with deps.decision(ask) as work:
        deployment = asked_for(ask, work)
        if deployment.window and deps.now() >= deployment.window.closes:
            raise ApprovalEnded(deployment.id, deployment.window.closes)
        survey = work.surveys.newest(deployment.id)
        if survey is None or deps.now() - survey.at > FRESH:
            raise SurveyMissing(deployment.id, survey.at if survey else None)
        plan = assemble(deployment, survey, deps.checklist)
        deployment = work.deployments.save(deployment.submitted(plan, by=ask.by, checklist=deps.checklist))
        work.journal.append(deps.fact("approval.requested", ask, deployment, plan=plan.digest, content=plan.body()))
        work.outbox.put(notices.approval_requested(deployment))
        work.commit()
    return deployment
