"""/drop submit: assemble the plan and ask for its approval."""

from checklist import notices
from checklist.assembly import FRESH, assemble
from checklist.calendar import Window
from checklist.deployment import Deployment
from checklist.errors import ApprovalEnded, BadField, MaintenanceHidden, SurveyMissing
from checklist.moves import Move
from checklist.plan import MAINTENANCE
from commands.deps import Ask, Deps, asked_for


def submit(ask: Ask, deps: Deps) -> Deployment:
    """For the deployment's window, or another one that is named by its date. The checklist is that of now.

    Raises ItemsOpen, SurveyMissing, BadField, MaintenanceHidden, ApprovalEnded when its window is over, NotAllowed,
    NotNow.
    """
    with deps.decision(ask) as work:
        deployment = asked_for(ask, work).prepared(deps.checklist)
        deployment.permit(Move.SUBMIT, ask.by, deps.checklist.team)
        wanted = ask.fields.get("window") or ask.words.strip()
        if wanted:
            deployment = deployment.moved_to(_window(wanted, deps), deps.checklist)
        if is_over(deployment, deps):
            raise ApprovalEnded(deployment.id, deployment.window.closes if deployment.window else deps.now())
        survey = work.surveys.newest(deployment.id)
        if survey is None or deps.now() - survey.at > FRESH:
            raise SurveyMissing(deployment.id, survey.at if survey else None)
        plan = assemble(deployment, survey, deps.checklist)
        if plan.maintenance and MAINTENANCE in plan.secrets:
            raise MaintenanceHidden(deployment.id, plan.app)
        deployment = work.deployments.save(deployment.submitted(plan, by=ask.by, checklist=deps.checklist))
        work.journal.append(
            deps.fact("approval.requested", ask, deployment, key=plan.digest, plan=plan.digest, content=plan.body())
        )
        work.outbox.put(notices.approval_requested(deployment))
        work.commit()
    return deployment


def is_over(deployment: Deployment, deps: Deps) -> bool:
    """Whether the window that the deployment is for has closed, so that another one must be chosen."""
    return deployment.window is not None and deps.now() >= deployment.window.closes


def _window(wanted: str, deps: Deps) -> Window:
    """The window of that date. Raises BadField with those that there are."""
    found = next((window for window in deps.offered() if window.id == wanted), None)
    if found is None:
        dates = ", ".join(window.id for window in deps.offered())
        raise BadField("window", f"“{wanted}” is not one of the next windows", f"the date of one: {dates}")
    return found
