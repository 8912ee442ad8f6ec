"""The cards in the thread: one per section of the checklist, one per run-book."""

from slack_sdk.models.blocks import Block, ButtonElement

from bot.views.blocks import actions, button, context, header, section
from bot.views.deployment import Card
from bot.views.text import MARK_SIGNS, STEP_SIGNS, called, clock, escape
from checklist.definition import Checklist, Item, Section
from checklist.deployment import CHANGE_APPROVED, Deployment
from checklist.deployment.items import CHECKED_AGAIN
from checklist.kinds import CheckKind
from checklist.marks import Mark, MarkState
from checklist.moves import OVER, Move
from checklist.people import Team
from checklist.steps import Book, Step, StepState
from checklist.words import Phase

# What is done when somebody asks for a check that acts.
DOES = {
    CheckKind.BOT_REHEARSAL: "rolls staging to the version that production runs, and back again",
    CheckKind.FLY_SNAPSHOT: "takes a snapshot of the database's volume, unless there is a young one",
}
TITLES = {Book.DEPLOY: "During deployment", Book.ROLLBACK: "Rollback"}


def section_card(deployment: Deployment, part: Section, team: Team) -> Card:
    """One section's items with their marks, and the buttons that its roles may press."""
    settled = sum(deployment.mark(item.id).settles(item) for item in part.items)
    title = f"{part.title} · {settled}/{len(part.items)}"
    return Card(
        text=f"{deployment.id} · {title}",
        blocks=[
            header(title),
            *(item_line(deployment, item, team) for item in part.items),
            *actions(f"{deployment.id}/{part.id}/{deployment.revision}", _buttons(deployment, part)),
        ],
    )


def item_line(deployment: Deployment, item: Item, team: Team) -> Block:
    """One item: its text, its mark, by whom, and what was seen."""
    mark = deployment.mark(item.id)
    below = f"`{item.id}` {_who(mark, item, team)}{_offer(deployment, item, mark)}{_due(deployment, item, mark)}"
    text = f"{MARK_SIGNS[mark.state]} {escape(item.text)}\n{below}"
    live = deployment.allows(Move.SETTLE) and deployment.status not in OVER
    confirm = (
        button("Confirm", "confirm", str(deployment.revision)) if live and mark.awaits_confirmation(item) else None
    )
    if _is_signed(item):
        confirm = None
    return section(text, block_id=f"{deployment.id}/{item.id}/{deployment.revision}", accessory=confirm)


def steps_card(deployment: Deployment, book: Book, checklist: Checklist) -> Card:
    """A run-book as it goes: time, actor, status and notes of each step."""
    steps = deployment.steps_of(book)
    title = f"{TITLES[book]} · {sum(step.is_over for step in steps)}/{len(steps)}"
    waiting = [step for step in steps if step.state is StepState.WAITING]
    answer = [_attest(deployment, style="primary"), _not_ok(deployment)] if waiting else []
    if waiting and checklist.may_be_run(waiting[0].id):
        answer = [_run(deployment), *answer]
    where = waiting[0].id if waiting else book
    return Card(
        text=f"{deployment.id} · {title}",
        blocks=[
            header(title),
            *(section(_step_line(step, checklist.team)) for step in steps),
            *actions(f"{deployment.id}/{where}/{deployment.revision}", answer),
            context(f"rollback: `/drop rollback {deployment.id}`, at any hour"),
        ],
    )


def _step_line(step: Step, team: Team) -> str:
    times = "–".join(filter(None, (clock(step.started_at), clock(step.ended_at))))
    who = f" · {called(step.actor, team)}" if step.actor else ""
    note = f"\n{escape(step.note)}" if step.note else ""
    return f"{STEP_SIGNS[step.state]} {escape(step.text)}\n`{step.id}` {step.state} {times}{who}{note}"


def _buttons(deployment: Deployment, part: Section) -> list[ButtonElement]:
    """What may be done about several items of the section at once."""
    if part.phase not in {Phase.PRE, Phase.POST}:
        return []
    marks = [(item, deployment.mark(item.id)) for item in part.items]
    shown = (
        (Move.SETTLE, [mark.awaits_statement(item) for item, mark in marks], _attest(deployment)),
        (Move.FAIL, [mark.may_be_failed(item) for item, mark in marks if not _is_signed(item)], _not_ok(deployment)),
        (Move.WAIVE, [_may_be_waived(item, mark) for item, mark in marks], _button(deployment, "Waive", "waive")),
        (Move.CHECK, [_may_be_read(item, mark) for item, mark in marks], _button(deployment, "Check again", "check")),
    )
    return [element for move, fitting, element in shown if any(fitting) and deployment.allows(move)]


def _may_be_waived(item: Item, mark: Mark) -> bool:
    return item.waivable and mark.state is not MarkState.CHECKING and not mark.settles(item)


def _may_be_read(item: Item, mark: Mark) -> bool:
    return item.is_read and mark.state in CHECKED_AGAIN


def _is_signed(item: Item) -> bool:
    return item.id == CHANGE_APPROVED


def _attest(deployment: Deployment, style: str | None = None) -> ButtonElement:
    return button("Attest", "attest", str(deployment.revision), style=style)


def _run(deployment: Deployment) -> ButtonElement:
    question = "Let Drop run the command that the step names, once, against production?"
    return button("Confirm", "confirm", str(deployment.revision), ask=question)


def _not_ok(deployment: Deployment) -> ButtonElement:
    return button("Not OK", "fail", str(deployment.revision))


def _button(deployment: Deployment, label: str, verb: str) -> ButtonElement:
    return button(label, verb, str(deployment.revision))


def _who(mark: Mark, item: Item, team: Team) -> str:
    """Who settled it, or who is asked to."""
    if mark.state is MarkState.CHECKING:
        return "is under way" if item.acts else "is being read"
    if mark.settles(item):
        return f"{mark.state} by {called(mark.confirmed_by or mark.by, team)} {clock(mark.at)} {_note(mark)}"
    if mark.failed_by_hand:
        again = "confirms" if mark.awaits_confirmation(item) else "attests"
        return f"not OK, says {called(mark.by, team)} {clock(mark.at)} {_note(mark)} · {item.role} {again} it anew"
    ask = "failed" if mark.state is MarkState.FAILED else f"asks {item.role}"
    return f"{ask} {_note(mark)}"


def _offer(deployment: Deployment, item: Item, mark: Mark) -> str:
    """What asking for a check that acts would do, while there is something to ask for."""
    if item.check is None or not item.acts or not _may_be_read(item, mark):
        return ""
    return f"\n`/drop check {deployment.id} {item.id}` {DOES[item.check.kind]}"


def _note(mark: Mark) -> str:
    return f"· {escape(mark.note, 160)}" if mark.note else ""


def _due(deployment: Deployment, item: Item, mark: Mark) -> str:
    if item.deadline is None or deployment.deployed_at is None or mark.settles(item):
        return ""
    return f" · due {clock(deployment.deployed_at + item.deadline)}"
