"""The root card of a deployment, and the approver's direct message."""

from dataclasses import dataclass

from slack_sdk.models.blocks import Block, ButtonElement

from bot.views.blocks import actions, button, context, fields, header, section
from bot.views.drift import drifted
from bot.views.text import STATUS_WORDS, bar, escape
from bot.views.way_back import machines_now, ways_back
from checklist.calendar import day_and_clock
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.drift import Drift
from checklist.marks import MarkState
from checklist.moves import OVER, Move, Status
from checklist.not_brought_back import MIGRATED, not_brought_back
from checklist.people import Team
from checklist.shown import shown_for_approval
from checklist.steps import Book, StepState
from checklist.words import NeededFor, Phase, Role

LINE, LINES = 200, 12  # characters of a warning, and warnings in a block, which holds 3,000 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A message as Slack wants it: the text of notifications, and the blocks."""

    text: str
    blocks: list[Block]


def deployment_card(
    deployment: Deployment, checklist: Checklist, *, clock_moved: bool, drift: Drift | None = None
) -> Card:
    """Everything about one deployment that a person needs at a glance, and the moves that are allowed now."""
    return Card(
        text=headline(deployment, checklist),
        blocks=[
            header(f"{checklist.product} v{deployment.release.version} · {deployment.id}"),
            section(f"*{STATUS_WORDS[deployment.status].capitalize()}* — {needed_next(deployment, checklist)}"),
            *(to_sign(deployment, checklist) if deployment.allows(Move.APPROVE) else []),
            metadata(deployment, checklist.team),
            section(progress(deployment, checklist)),
            *reasons(deployment),
            *changed_outside(deployment, drift),
            *what_runs(deployment),
            *actions(f"{deployment.id}/-/{deployment.revision}", buttons(deployment, checklist)),
            footer(deployment, clock_moved=clock_moved),
        ],
    )


def approval_card(deployment: Deployment, checklist: Checklist, *, clock_moved: bool) -> Card:
    """What an approver reads before signing: the plan in plain words, and what a machine could not prove."""
    return Card(
        text=headline(deployment, checklist),
        blocks=[
            header(f"{checklist.product} v{deployment.release.version} · {deployment.id}"),
            section(f"*{STATUS_WORDS[deployment.status].capitalize()}* — {needed_next(deployment, checklist)}"),
            *to_sign(deployment, checklist),
            *reasons(deployment),
            *signed(deployment, checklist.team),
            *actions(f"{deployment.id}/-/{deployment.revision}", approval_buttons(deployment)),
            footer(deployment, clock_moved=clock_moved),
        ],
    )


def headline(deployment: Deployment, checklist: Checklist) -> str:
    """The contract of a card's text: `CR-001 · Drop v0.5.0 · <status> · <who or what is next>`."""
    name = f"{checklist.product} v{deployment.release.version}"
    status = STATUS_WORDS[deployment.status]
    return f"{deployment.id} · {name} · {status} · {needed_next(deployment, checklist)}"


def metadata(deployment: Deployment, team: Team) -> Block:
    release, plan = deployment.release, deployment.plan
    return fields(
        ("Version", f"{release.version} `{release.digest[7:19]}`"),
        ("Rollback", f"{escape(plan.rollback_version)} `{plan.rollback[7:19]}`" if plan else "known with the plan"),
        ("Deploy engineer", escape(team.name(deployment.engineer))),
        ("Approver", _names(team, Role.APPROVER)),
        ("Window", deployment.window.words if deployment.window else "none: emergency"),
        ("Migrations · maintenance", f"{_yes(release.migrations)} · {_yes(release.maintenance)}"),
    )


def progress(deployment: Deployment, checklist: Checklist) -> str:
    """One bar per part of the way that has begun."""
    pre = _settled(deployment, checklist, Phase.PRE)
    lines = [f"`{bar(*pre)}` {pre[0]}/{pre[1]} before"]
    for book, name in ((Book.DEPLOY, "during"), (Book.ROLLBACK, "rollback")):
        steps = deployment.steps_of(book)
        if steps:
            over = sum(step.is_over for step in steps)
            lines.append(f"`{bar(over, len(steps))}` {over}/{len(steps)} {name}")
    if deployment.deployed_at:
        post = _settled(deployment, checklist, Phase.POST)
        lines.append(f"`{bar(*post)}` {post[0]}/{post[1]} after")
    return "\n".join(lines)


def needed_next(deployment: Deployment, checklist: Checklist) -> str:
    """Who or what the deployment waits for, in a few words."""
    waiting = next((step for step in deployment.steps if step.state is StepState.WAITING), None)
    if waiting:
        return f"{waiting.role} attests {waiting.id}"
    words = {
        Status.AWAITING_APPROVAL: f"{_names(checklist.team, Role.APPROVER)} to approve",
        Status.HALTED: _after_a_halt(deployment, checklist),
        Status.ROLLING_BACK: "machines return to the previous version",
        Status.ROLLBACK_INCOMPLETE: "roll back again, undo, or act by hand",
        Status.COMPLETED: "nothing, it is done",
        Status.ROLLED_BACK: "nothing, the previous version runs",
        Status.ABANDONED: "nothing, production was not touched",
    }
    return words.get(deployment.status) or _items_next(deployment, checklist)


def _after_a_halt(deployment: Deployment, checklist: Checklist) -> str:
    skip = ", skip" if _may_be_skipped(deployment, checklist) else ""
    finish = " (after the window: finish)" if deployment.allows(Move.FINISH) else ""
    undo = ", undo" if _may_be_undone(deployment) else ""
    return f"retry{skip}{undo} or roll back{finish}"


def _items_next(deployment: Deployment, checklist: Checklist) -> str:
    if deployment.status is Status.DEPLOYING:
        step = deployment.next_step(Book.DEPLOY)
        return f"step {step.id}" if step else "verification begins"
    moments = {
        Status.PREPARING: (NeededFor.SUBMIT,),
        Status.APPROVED: (NeededFor.START,),
        Status.VERIFYING: (NeededFor.WITHIN_15_MINUTES, NeededFor.WITHIN_30_MINUTES, NeededFor.WITHIN_60_MINUTES),
    }
    left = deployment.open_items(checklist, *moments[deployment.status])
    checking = sum(mark.state is MarkState.CHECKING for _, mark in left)
    if checking:
        return f"{checking} checks are being read"
    roles = sorted({str(item.role) for item, _ in left if item.id != "window-confirmed"})
    if roles:
        return f"{len(left)} items, from {', '.join(roles)}"
    ends = {Status.PREPARING: "request approval", Status.APPROVED: "start inside the window"}
    return ends.get(deployment.status) or f"sign-offs: {', '.join(deployment.unsigned(checklist))}"


def buttons(deployment: Deployment, checklist: Checklist) -> list[ButtonElement]:
    """The moves that the domain allows now."""
    plan = deployment.plan.digest if deployment.plan else ""
    revision = str(deployment.revision)
    ready = not deployment.open_items(checklist, NeededFor.SUBMIT)
    unsigned, attempt = deployment.unsigned(checklist), str(deployment.runs)
    shown = [
        (Move.SUBMIT, ready, button("Request approval", "submit", revision, style="primary")),
        (Move.START, True, button("Start deployment", "start", plan, style="primary", ask=_start_question(deployment))),
        (Move.RETRY, True, button("Retry step", "retry", attempt, style="primary", ask=_retry_question(deployment))),
        (Move.SKIP, _may_be_skipped(deployment, checklist), button("Skip step", "skip", attempt)),
        (Move.UNDO, _may_be_undone(deployment), button("Undo", "undo", attempt, style="danger")),
        (Move.FINISH, True, button("Finish", "finish", attempt)),
        (Move.SIGN_OFF, bool(unsigned), button("Sign off", "signoff", next(iter(unsigned), ""))),
        (Move.ROLL_BACK, True, button("Roll back", "rollback", revision, style="danger")),
        (
            Move.ABANDON,
            True,
            button("Abandon", "abandon", revision, ask="Give up this deployment? Production was not touched."),
        ),
    ]
    allowed = [element for move, when, element in shown if when and deployment.allows(move)]
    return [*approval_buttons(deployment), *allowed]


def approval_buttons(deployment: Deployment) -> list[ButtonElement]:
    """What approvers may do with the plan: sign it, refuse it, and take the signature back."""
    if deployment.plan is None:
        return []
    version, digest = deployment.release.version, deployment.plan.digest
    question = f"Sign plan {digest[:8]}: v{version} to production?"
    shown = (
        (Move.APPROVE, button("Approve", "approve", digest, style="primary", ask=question)),
        (Move.REJECT, button("Reject", "reject", digest)),
        (Move.WITHDRAW, button("Withdraw", "withdraw", digest)),
    )
    return [element for move, element in shown if deployment.allows(move)]


def to_sign(deployment: Deployment, checklist: Checklist) -> list[Block]:
    """What an approver reads before signing, in the words that the record keeps with the signature."""
    shown = shown_for_approval(deployment, checklist)
    if deployment.plan is None:
        return [section(f"_{shown.question}_")]
    facts = "\n".join(f"*{name}:* {escape(value)}." for name, value in shown.facts)
    red = [f":red_circle: {escape(line, LINE)}" for line in shown.hard]
    hard = [section("\n".join(red[first : first + LINES])) for first in range(0, len(red), LINES)]
    soft = [section(f":warning: {escape(line, 1500)}") for line in shown.soft]
    how = f"{shown.plan}. Sign with the button, or `/drop approve {deployment.id} {deployment.plan.digest[:8]}`"
    return [
        section(f"*{escape(shown.question)}*\n{facts}"),
        fields(*((name, escape(value)) for name, value in shown.release)),
        *hard,
        *soft,
        context(how),
    ]


def signed(deployment: Deployment, team: Team) -> list[Block]:
    """By whom and when the plan was signed."""
    approval = deployment.approval
    if approval is None:
        return []
    ends = f", until {day_and_clock(approval.ends)}" if approval.ends else ""
    return [context(f"signed by {escape(team.name(approval.by))} {day_and_clock(approval.at)}{ends}")]


def reasons(deployment: Deployment) -> list[Block]:
    """Why it stands where it stands; of a plan that is shown again, why the last one did not hold."""
    again = "_Asked again, since the last time:_ " if deployment.status is Status.AWAITING_APPROVAL else ""
    return [section(f"> {again}{escape(deployment.reason)}")] if deployment.reason else []


def changed_outside(deployment: Deployment, drift: Drift | None) -> list[Block]:
    """What was changed in production outside of Drop, while the deployment is open."""
    return [section(f":warning: {drifted(drift)}")] if drift and deployment.status not in OVER else []


def what_runs(deployment: Deployment) -> list[Block]:
    """Where a run stopped: machine by machine what runs; and what the ways back leave, as far as it was read."""
    if deployment.status is Status.ROLLED_BACK and not_brought_back(deployment):
        return [section(f"*Not brought back:* {escape('; '.join(not_brought_back(deployment)), 1500)}")]
    if not _may_be_undone(deployment):
        return []
    return [*machines_now(deployment), section(ways_back(deployment))]


def footer(deployment: Deployment, *, clock_moved: bool) -> Block:
    moved = ":warning: CLOCK MOVED · " if clock_moved else ""
    return context(f"{moved}opened {day_and_clock(deployment.opened_at)} · revision {deployment.revision}")


def _may_be_undone(deployment: Deployment) -> bool:
    """Whether it stopped with production touched: elsewhere the kept configuration is a choice of Roll back."""
    return deployment.mutated and deployment.status in {Status.HALTED, Status.ROLLBACK_INCOMPLETE}


def _may_be_skipped(deployment: Deployment, checklist: Checklist) -> bool:
    item = checklist.item(deployment.broken.id) if deployment.broken else None
    return item is not None and item.waivable


def _settled(deployment: Deployment, checklist: Checklist, phase: Phase) -> tuple[int, int]:
    items = list(checklist.items(phase))
    return sum(deployment.mark(item.id).settles(item) for item in items), len(items)


def _start_question(deployment: Deployment) -> str:
    return f"Deploy v{deployment.release.version} to production now?"


def _retry_question(deployment: Deployment) -> str:
    """Of a step that may have changed the database, nobody is to press it lightly."""
    broken = deployment.broken
    if broken is None or broken.id != MIGRATED or broken.state is not StepState.UNKNOWN:
        return ""
    return "Nobody knows how the migration ended. Run it once more all the same?"


def _names(team: Team, role: Role) -> str:
    return ", ".join(escape(person.name) for person in team.holders(role))


def _yes(value: bool) -> str:
    return "yes" if value else "no"
