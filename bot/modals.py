"""Which asks open a modal first, and which modal."""

from slack_sdk.models.views import View

from bot.views.modals import attest_modal, deploy_modal, reason_modal
from checklist.definition import Item
from checklist.deployment import Deployment
from checklist.errors import AlreadyDone, MissingWords, NotNow
from checklist.moves import Move
from checklist.policy import permit
from checklist.steps import StepState
from checklist.words import ItemId
from commands.deploy import may_open
from commands.deps import Ask, Deps, asked_for, last_or_asked_for

REASONS = {"reject": ("Reject", Move.REJECT), "rollback": ("Roll back", Move.ROLL_BACK)}


def modal_for(ask: Ask, deps: Deps) -> View | None:
    """The modal that this ask opens, or None when it can be carried out at once. Raises Refusal."""
    if ask.verb == "deploy":
        version = may_open(ask, deps)
        return deploy_modal(deps.checklist, deps.calendar.next_windows(deps.now(), 5), version)
    if ask.verb == "rollback" and ask.typed:
        return None  # whoever types it means it; its reason is optional
    if ask.verb in REASONS and not ask.words:
        return _reason(ask, deps)
    if ask.verb == "attest" and not ask.words:
        return _attest(ask, deps)
    return None


def _reason(ask: Ask, deps: Deps) -> View:
    title, move = REASONS[ask.verb]
    permit(move, ask.by, deps.checklist.team)
    with deps.record.look() as work:
        deployment = last_or_asked_for(ask, work)
    if not deployment.allows(move):
        raise NotNow(move, deployment)
    return reason_modal(ask.verb, title, deployment.id, ask.shown, optional=ask.verb == "rollback")


def _attest(ask: Ask, deps: Deps) -> View:
    """For a section's items that await a statement from a role this person holds, or for the step that waits."""
    with deps.record.look() as work:
        deployment = asked_for(ask, work)
    step = deployment.step(ItemId(ask.target))
    if step is not None:
        if step.state is not StepState.WAITING:
            raise AlreadyDone(Move.SETTLE, deployment)
        return attest_modal(deployment.id, (), step=step.id, step_text=step.text)
    items = _attestable(ask, deps, deployment)
    if not items:
        raise NotNow(Move.SETTLE, deployment)
    return attest_modal(deployment.id, items)


def _attestable(ask: Ask, deps: Deps, deployment: Deployment) -> list[Item]:
    """The items of the section or of that id that wait for words; the person's own roles first, if they hold any."""
    if not ask.target:
        raise MissingWords(ask.verb, "item")
    waiting = [item for item in deps.items(ask.target) if deployment.mark(item.id).awaits_statement(item)]
    mine = [item for item in waiting if deps.checklist.team.holds(ask.by.id, item.role)]
    return mine or waiting
