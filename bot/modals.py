"""Which asks open a modal first, and which modal."""

from collections.abc import Callable, Mapping, Sequence

from slack_sdk.models.views import View

from bot.views.drift import changes
from bot.views.modals import acknowledge_modal, attest_modal, deploy_modal, items_modal, reason_modal, window_modal
from bot.views.way_back import rollback_modal, undo_modal
from checklist.definition import Item
from checklist.deployment import Deployment
from checklist.errors import AlreadyDone, AlreadySettled, MissingWords, NotForHand, NotNow, NotWaivable, WrongRole
from checklist.marks import Mark
from checklist.moves import Move
from checklist.policy import permit
from checklist.steps import Step, StepState
from checklist.words import ItemId
from commands.acknowledge import to_acknowledge
from commands.deploy import may_open
from commands.deps import Ask, Deps, asked_for, last_or_asked_for
from commands.submit import is_over

REASONS = {
    "reject": ("Reject", Move.REJECT),
    "withdraw": ("Withdraw", Move.WITHDRAW),
    "finish": ("Finish", Move.FINISH),
}
Opens = Callable[[Ask, Deps], View | None]
OPTIONAL = {"withdraw", "undo", "rollback"}  # stopping needs no reason, and whoever types it means it


def modal_of(ask: Ask) -> Opens | None:
    """What draws the modal that this ask may open first, or None when it is carried out at once.

    It looks at the record: it may find that no modal is needed after all, and it raises Refusal.
    """
    if ask.words and ask.verb != "deploy":
        return None
    if ask.typed and ask.verb in OPTIONAL:
        return None
    return _reason if ask.verb in REASONS else OPENS.get(ask.verb)


def _deploy(ask: Ask, deps: Deps) -> View:
    return deploy_modal(deps.checklist, deps.offered(), may_open(ask, deps))


def _reason(ask: Ask, deps: Deps) -> View:
    title, move = REASONS[ask.verb]
    with deps.record.look() as work:
        deployment = last_or_asked_for(ask, work)
    deployment.permit(move, ask.by, deps.checklist.team)
    deployment.may(move)
    return reason_modal(ask.verb, title, deployment.id, shown=ask.shown, optional=ask.verb in OPTIONAL)


def _rollback(ask: Ask, deps: Deps) -> View:
    with deps.record.look() as work:
        deployment = last_or_asked_for(ask, work)
        kept = bool(work.configs.of(deployment.id))
    deployment.permit(Move.ROLL_BACK, ask.by, deps.checklist.team)
    deployment.may(Move.ROLL_BACK)
    return rollback_modal(deployment, ask.shown, kept=kept)


def _undo(ask: Ask, deps: Deps) -> View:
    with deps.record.look() as work:
        deployment = last_or_asked_for(ask, work)
    deployment.permit(Move.UNDO, ask.by, deps.checklist.team)
    deployment.may(Move.UNDO)
    return undo_modal(deployment, ask.shown)


def _submit(ask: Ask, deps: Deps) -> View | None:
    """Another window, when the one that the deployment was opened for is over."""
    deployment = _asked_for(ask, deps)
    if not is_over(deployment, deps):
        return None
    deployment.permit(Move.SUBMIT, ask.by, deps.checklist.team)
    deployment.may(Move.SUBMIT)
    return window_modal(deployment.id, deps.offered())


def _skip(ask: Ask, deps: Deps) -> View:
    deployment = _asked_for(ask, deps)
    deployment.permit(Move.SKIP, ask.by, deps.checklist.team)
    deployment.may(Move.SKIP)
    broken = deployment.skippable(deps.checklist)
    return reason_modal("skip", "Skip step", deployment.id, shown=ask.shown, target=broken.id, about_what=broken.text)


def _attest(ask: Ask, deps: Deps) -> View:
    """For a section's items that await a statement from a role this person holds, or for the step that waits."""
    deployment = _asked_for(ask, deps)
    step = deployment.step(ItemId(ask.target))
    if step is not None:
        _waits_for(step, ask, deps, deployment)
        return attest_modal(deployment.id, (), step=step.id, step_text=step.text)
    return attest_modal(deployment.id, _mine(ask, deps, deployment, lambda item, mark: mark.awaits_statement(item)))


def _fail(ask: Ask, deps: Deps) -> View:
    """For the items of a section of which this person may say that they are not OK, or for the step that waits."""
    deployment = _asked_for(ask, deps)
    step = deployment.step(ItemId(ask.target))
    if step is not None:
        _waits_for(step, ask, deps, deployment)
        return reason_modal("fail", "Not OK", deployment.id, target=step.id, about_what=step.text)
    deployment.may(Move.FAIL)
    items = _mine(ask, deps, deployment, lambda item, mark: mark.may_be_failed(item))
    return items_modal("fail", "Not OK", deployment.id, items, "What is not OK?")


def _waive(ask: Ask, deps: Deps) -> View:
    deployment = _asked_for(ask, deps)
    deployment.permit(Move.WAIVE, ask.by, deps.checklist.team)
    deployment.may(Move.WAIVE)
    spoken_of = _spoken_of(ask, deps)
    left = [item for item in spoken_of if not deployment.mark(item.id).settles(item)]
    if not left:
        raise AlreadySettled(spoken_of[0], deployment.mark(spoken_of[0].id))
    waivable = [item for item in left if item.waivable]
    if not waivable:
        raise NotWaivable(left[0].id)
    return items_modal("waive", "Waive", deployment.id, waivable, "Why may it go on without?")


def _acknowledge(ask: Ask, deps: Deps) -> View:
    permit(Move.ACKNOWLEDGE, ask.by, deps.checklist.team)
    with deps.record.look() as work:
        drift = to_acknowledge(ask, deps, work)
    return acknowledge_modal(drift.key, changes(drift))


def _waits_for(step: Step, ask: Ask, deps: Deps, deployment: Deployment) -> None:
    deployment.permit(Move.ANSWER, ask.by, deps.checklist.team, item=step.id, owners=(step.role,))
    if step.state is not StepState.WAITING:
        raise AlreadyDone(Move.ANSWER, deployment)


def _mine(ask: Ask, deps: Deps, deployment: Deployment, fits: Callable[[Item, Mark], bool]) -> Sequence[Item]:
    """The items spoken of that fit, of the roles that this person holds. Raises WrongRole, NotForHand, NotNow."""
    spoken_of = _spoken_of(ask, deps)
    waiting = [item for item in spoken_of if fits(item, deployment.mark(item.id))]
    if not waiting and len(spoken_of) == 1:
        raise NotForHand(spoken_of[0], deployment.mark(spoken_of[0].id))
    if not waiting:
        raise NotNow(Move.SETTLE, deployment)
    mine = [item for item in waiting if deps.checklist.team.holds(ask.by.id, item.role)]
    if not mine:
        raise WrongRole(waiting[0].id, tuple(sorted({item.role for item in waiting})), ask.by.id)
    return mine


def _spoken_of(ask: Ask, deps: Deps) -> Sequence[Item]:
    if not ask.target:
        raise MissingWords(ask.verb, "item")
    return deps.items(ask.target)


def _asked_for(ask: Ask, deps: Deps) -> Deployment:
    with deps.record.look() as work:
        return asked_for(ask, work)


OPENS: Mapping[str, Opens] = {
    "deploy": _deploy,
    "attest": _attest,
    "fail": _fail,
    "waive": _waive,
    "submit": _submit,
    "rollback": _rollback,
    "undo": _undo,
    "skip": _skip,
    "acknowledge": _acknowledge,
}
