"""What an approver is shown before signing, in plain words. The card is drawn from it, and the record keeps it."""

from dataclasses import dataclass

from checklist.definition import Checklist, Item
from checklist.deployment import Deployment
from checklist.marks import Mark, MarkState
from checklist.not_brought_back import will_not_be_brought_back
from checklist.plan import Plan
from checklist.rollout import order_of
from checklist.words import MigrateWhen, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A question, the facts in pairs of what and how, what must be weighed, and how to sign."""

    question: str
    facts: tuple[tuple[str, str], ...]
    release: tuple[tuple[str, str], ...]  # what the requester wrote about it
    hard: tuple[str, ...]  # what stands on something weaker than the rules ask for
    soft: tuple[str, ...]
    plan: str

    @property
    def text(self) -> str:
        """All of it, line by line, as the record keeps it."""
        pairs = [f"{name}: {value}" for name, value in (*self.facts, *self.release)]
        return "\n".join((self.question, *pairs, *self.hard, *self.soft, self.plan))


def shown_for_approval(deployment: Deployment, checklist: Checklist) -> Shown:
    """What there is to sign now; of a deployment without a plan, that there is none."""
    plan, release = deployment.plan, deployment.release
    if plan is None:
        return Shown(question="There is no plan to sign now.", facts=(), release=(), hard=(), soft=(), plan="")
    who = checklist.team.name(deployment.requester)
    return Shown(
        question=f"{who} asks you to approve {checklist.product} v{release.version} for production.",
        facts=(
            ("When", _when(deployment)),
            ("What is done", _deed(plan, deployment)),
            ("If it goes wrong", f"back to {plan.rollback_version}, at any hour, at one person's word"),
            ("A rollback does not bring back", "; ".join(will_not_be_brought_back(deployment))),
        ),
        release=(
            ("What customers notice", release.customers),
            ("Risk", release.risk),
            ("Security impact", release.security),
            ("Expected outcome", release.outcome),
        ),
        hard=tuple(_hard(deployment, checklist)),
        soft=tuple(_soft(deployment, checklist)),
        plan=f"Plan {plan.digest[:8]}, image {plan.image[7:19]}",
    )


def _when(deployment: Deployment) -> str:
    if deployment.window is None:
        return "at once: this is an emergency"
    return f"{deployment.window.words}. Nothing begins outside it, and your approval ends with it"


def _deed(plan: Plan, deployment: Deployment) -> str:
    maintenance = "customers see maintenance mode meanwhile" if plan.maintenance else "customers go on using it"
    moment = "before any machine is moved" if plan.migrate is MigrateWhen.BEFORE else "when all machines are moved"
    migrations = (
        f"the database is migrated {moment}" if deployment.release.migrations else "the database is not migrated"
    )
    return f"{len(plan.machines)} machines of {plan.app}, {order_of(plan)}; {maintenance}; {migrations}"


def _hard(deployment: Deployment, checklist: Checklist) -> list[str]:
    """Waivers, and words where the rules forbid a waiver: each with its person."""
    name = checklist.team.name
    waived, attested = (_in(deployment, checklist, state) for state in (MarkState.WAIVED, MarkState.ATTESTED))
    waivers = [f"{item.id} is waived by {name(mark.by)}: {mark.note}" for item, mark in waived]
    words = [f"{item.id} rests on the word of {name(mark.by)} alone" for item, mark in attested if not item.waivable]
    return waivers + words


def _soft(deployment: Deployment, checklist: Checklist) -> list[str]:
    lines = []
    if not deployment.release.migrations:
        who = checklist.team.name(deployment.requester)
        lines.append(f"No database migrations: {who} says so; changed paths have not proved it.")
    lines.extend(_secrets(deployment.plan))
    attested = [item for item, _ in _in(deployment, checklist, MarkState.ATTESTED)]
    if attested:
        proved = len(_in(deployment, checklist, MarkState.PASSED))
        others = ", ".join(item.id for item in attested if item.waivable)
        words = f"{proved} items were proved. {len(attested)} items rest on a person's word"
        lines.append(f"{words}, among them {others}." if others else f"{words}.")
    return lines


def _secrets(plan: Plan | None) -> list[str]:
    """What was set and is on no machine yet, or not on all, begins to count with this deployment."""
    if plan is None or plan.staged == ():
        return []
    if plan.staged is None:
        return ["Nobody can tell whether secrets are staged: Fly did not list its releases."]
    return [f"Secrets that were set and not deployed yet go live with this: {', '.join(plan.staged)}."]


def _in(deployment: Deployment, checklist: Checklist, state: MarkState) -> list[tuple[Item, Mark]]:
    """The items before the deployment that are in this state."""
    marks = ((item, deployment.mark(item.id)) for item in checklist.items(Phase.PRE))
    return [(item, mark) for item, mark in marks if mark.state is state]
