"""The root card of a deployment, and the approver's direct message."""

from dataclasses import dataclass

from slack_sdk.models.blocks import Block, ButtonElement, DividerBlock

from bot.views.blocks import actions, button, context, fields, header, section
from bot.views.text import STATUS_WORDS, bar, day_and_clock, escape
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.marks import MarkState
from checklist.moves import Move, Status
from checklist.people import Team
from checklist.steps import Book, StepState
from checklist.words import NeededFor, Phase, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A message as Slack wants it: the text of notifications, and the blocks."""

    text: str
    blocks: list[Block]


def deployment_card(deployment: Deployment, checklist: Checklist, *, clock_moved: bool) -> Card:
    """Everything about one deployment that a person needs at a glance, and the moves that are allowed now."""
    return Card(
        text=headline(deployment, checklist),
        blocks=[
            header(f"{checklist.product} v{deployment.release.version} · {deployment.id}"),
            section(f"*{STATUS_WORDS[deployment.status].capitalize()}* — {needed_next(deployment, checklist)}"),
            metadata(deployment, checklist.team),
            section(progress(deployment, checklist)),
            *reasons(deployment),
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
            *what_is_signed(deployment, checklist),
            *by_word(deployment, checklist),
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
        ("Approver", ", ".join(escape(person.name) for person in team.holders(Role.APPROVER))),
        ("Window", deployment.window.label if deployment.window else "none: emergency"),
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
        Status.HALTED: "retry or roll back",
        Status.ROLLING_BACK: "machines return to the previous version",
        Status.ROLLBACK_INCOMPLETE: "roll back again, or act by hand",
        Status.COMPLETED: "nothing, it is done",
        Status.ROLLED_BACK: "nothing, the previous version runs",
        Status.ABANDONED: "nothing, production was not touched",
    }
    return words.get(deployment.status) or _items_next(deployment, checklist)


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
    unsigned, attempt = deployment.unsigned(checklist), str(deployment.attempts.get(Book.DEPLOY, 0))
    shown = [
        (Move.SUBMIT, ready, button("Request approval", "submit", revision, style="primary")),
        (Move.START, True, button("Start deployment", "start", plan, style="primary", ask=_start_question(deployment))),
        (Move.RETRY, True, button("Retry step", "retry", attempt, style="primary")),
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
    if deployment.plan is None or not deployment.allows(Move.APPROVE):
        return []
    version, digest = deployment.release.version, deployment.plan.digest
    question = f"Sign plan {digest[:8]}: v{version} to production?"
    return [
        button("Approve", "approve", digest, style="primary", ask=question),
        button("Reject", "reject", digest),
    ]


def what_is_signed(deployment: Deployment, checklist: Checklist) -> list[Block]:
    """The plan in plain words."""
    plan, release = deployment.plan, deployment.release
    if plan is None:
        return [section("_There is no plan to sign now._")]
    migrations = "Database migrations run" if release.migrations else "No database migrations"
    word = f"_{escape(checklist.team.name(deployment.requester))} says so; changed paths have not proved it._"
    return [
        section(
            f"*v{release.version}* goes to {len(plan.machines)} machines of `{plan.app}`, one after another, by digest "
            f"`{plan.image[7:19]}`. If it must come back: *{escape(plan.rollback_version)}* `{plan.rollback[7:19]}`."
        ),
        section(f"{migrations}. {word}"),
        fields(
            ("What customers notice", escape(release.customers)),
            ("Risk", escape(release.risk)),
            ("Security impact", escape(release.security)),
            ("Expected outcome", escape(release.outcome)),
            ("Window", deployment.window.label if deployment.window else "none: emergency"),
            ("Plan", f"`{plan.digest[:8]}` — sign by button, or `/drop approve {deployment.id} {plan.digest[:8]}`"),
        ),
    ]


def by_word(deployment: Deployment, checklist: Checklist) -> list[Block]:
    """What rests on a person's word; in red where it may not be waived."""
    items = [item for item in checklist.items(Phase.PRE) if deployment.mark(item.id).state is MarkState.ATTESTED]
    if deployment.plan is None or not items:
        return []
    hard = [f":red_circle: {item.id}" for item in items if not item.waivable]
    soft = [item.id for item in items if item.waivable]
    words = f"*{len(items)} items rest on a person's word.* {', '.join(hard)}" + (
        "\n" + ", ".join(soft) if soft else ""
    )
    return [DividerBlock(), section(words)]


def reasons(deployment: Deployment) -> list[Block]:
    return [section(f"> {escape(deployment.reason)}")] if deployment.reason else []


def footer(deployment: Deployment, *, clock_moved: bool) -> Block:
    moved = ":warning: CLOCK MOVED · " if clock_moved else ""
    return context(f"{moved}opened {day_and_clock(deployment.opened_at)} · revision {deployment.revision}")


def _settled(deployment: Deployment, checklist: Checklist, phase: Phase) -> tuple[int, int]:
    items = list(checklist.items(phase))
    return sum(deployment.mark(item.id).settles(item) for item in items), len(items)


def _start_question(deployment: Deployment) -> str:
    return f"Deploy v{deployment.release.version} to production now?"


def _names(team: Team, role: Role) -> str:
    return ", ".join(escape(person.name) for person in team.holders(role))


def _yes(value: bool) -> str:
    return "yes" if value else "no"
