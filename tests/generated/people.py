"""People who press things: mostly what comes next, often enough anything else."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from bot.asks import Body
from checklist.definition import Checklist, Item
from checklist.deployment import Deployment
from checklist.marks import MarkState
from checklist.moves import OVER, Status
from checklist.people import Person
from checklist.rollout import FORWARD
from checklist.steps import Book, StepState
from checklist.words import DeploymentId, NeededFor, Phase, Role
from commands.usage import USAGE
from tests.generated import payloads
from tests.generated.workplace import STRANGERS

BRING_BACK = (Role.DEPLOY_ENGINEER, Role.ROLLBACK_OWNER, Role.ON_CALL, Role.APPROVER)
WORDS = "I looked at this with care, and it is as it should be"
RELEASE = {
    "image": "",
    "commit": "abcdef1",
    "customers": "none",
    "risk": "low",
    "security": "none",
    "outcome": "faster",
}
Payload = tuple[str, Body]


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everyone who could press something; chance decides who does."""

    chance: Random
    checklist: Checklist
    next_n: Callable[[], int]
    windows: Callable[[], list[datetime]]  # when the windows open that the modal offers now
    version: str  # of the release that is ready
    surveyed: Callable[[DeploymentId], bool]  # production was surveyed a short while ago
    wishes: Mapping[str, str] = field(default_factory=dict)  # what they choose in the form, whatever chance says
    has_it_run: Callable[[], bool] | None = None  # what the rollback may take back: they look; else chance decides

    def presses_next(self, found: Deployment | None) -> Payload | None:
        """What a sensible person would do now; None when only the bot can go on."""
        if found is None or found.status in OVER:
            return self._opens()
        wait = self._waiting(found)
        return wait or _NEXT[found.status](self, found)

    def presses_anything(self, found: Deployment | None) -> Payload:
        """Any verb by anybody, about the deployment or about another one, typed or clicked."""
        user, verb = self.chance.choice(self._users()), self.chance.choice([*USAGE, "explode"])
        about = self.chance.choice(["", found.id if found else "CR-001", found.id if found else "", "CR-999"])
        target = self.chance.choice([*(item.id for item in self.checklist.items()), "signoff-pre", "nothing"])
        digest = found.plan.digest if found and found.plan else "0" * 64
        if verb == "deploy":
            return self._opens(user)
        if self.chance.random() < 0.4:
            value = self.chance.choice([digest, "", "f" * 64])
            return payloads.clicked(user, verb, f"{about or 'CR-001'}/{target}/1", value, self.next_n())
        words = self.chance.choice(["", WORDS, "no", digest[:8]])
        return payloads.typed(user, f"{verb} {about} {self._target(verb, target)} {words}", self.next_n())

    def presses_rarely(self, found: Deployment) -> Payload:
        """What a deployment needs on a bad day: a waiver, a "not OK", a signature taken back, a step skipped."""
        if found.status is Status.HALTED:
            return self._overrides(found)
        if found.approval and found.status is Status.APPROVED:
            signer = self.checklist.team.people[found.approval.by].slack[0]
            return self._typed_by(signer, f"withdraw {found.id} I have second thoughts")
        phase = Phase.POST if found.deployed_at else Phase.PRE
        item = self.chance.choice(list(self.checklist.items(phase)))
        if self.chance.random() < 0.5:
            return self._typed_for(found, item, f"fail {found.id} {item.id} it is not as it should be")
        return self._typed_by(self._approver(found), f"waive {found.id} {item.id} {WORDS}")

    def _overrides(self, found: Deployment) -> Payload:
        """The step that broke is skipped, or the window that closed is let be."""
        step = next((step.id for step in found.steps if step.broke), "")
        text = f"skip {found.id} {step} {WORDS}" if self.chance.random() < 0.5 else f"finish {found.id} {WORDS}"
        return self._typed_by(self._approver(found), text)

    def _approver(self, found: Deployment) -> str:
        """A human approver without another part in it, if there is one."""
        parties = {found.requester, found.engineer}
        signers = [p for p in self.checklist.team.holders(Role.APPROVER) if p.is_human and p.id not in parties]
        return self.chance.choice(signers).slack[0] if signers else self._user(Role.APPROVER)

    def rolls_back(self, found: Deployment) -> Payload:
        """Whoever may, at any hour: the image alone, or with the configuration that was kept."""
        if self.chance.random() < 0.4:
            return self.undoes(found)
        return self._typed(self.chance.choice(BRING_BACK), f"rollback {found.id} it looks bad")

    def undoes(self, found: Deployment) -> Payload:
        return self._typed(self.chance.choice(BRING_BACK), f"undo {found.id} it looks bad")

    def gives_up(self, found: Deployment) -> Payload:
        """Roll it back if production was touched, else abandon it."""
        if found.mutated:
            return self.rolls_back(found)
        return self._typed(Role.DEPLOY_ENGINEER, f"abandon {found.id} not today")

    def acknowledges(self) -> Payload:
        """An engineer says who changed production."""
        return self._typed(Role.DEPLOY_ENGINEER, f"acknowledge {WORDS}")

    # One for each status

    def _prepares(self, found: Deployment) -> Payload | None:
        unsettled = found.open_items(self.checklist, NeededFor.SUBMIT)
        acts = [act for item, _ in unsettled if (act := self._settles(found, item))]
        if unsettled:
            return self.chance.choice(acts) if acts else None
        if found.window and found.window.opens < self.windows()[0]:
            return self.gives_up(found)
        return self._typed(Role.DEPLOY_ENGINEER, f"{'submit' if self.surveyed(found.id) else 'check'} {found.id}")

    def _decides(self, found: Deployment) -> Payload:
        digest = found.plan.digest if found.plan else ""
        if self.chance.random() < 0.08:
            return self._typed(Role.APPROVER, f"reject {found.id} I do not like it")
        user = self._approver(found)
        if self.chance.random() < 0.5:
            return payloads.clicked(user, "approve", f"{found.id}/-/{found.revision}", digest, self.next_n())
        return payloads.typed(user, f"approve {found.id} {digest[:8]}", self.next_n())

    def _starts(self, found: Deployment) -> Payload:
        unsettled = found.open_items(self.checklist, NeededFor.SUBMIT, NeededFor.START)
        acts = [act for item, _ in unsettled if (act := self._settles(found, item))]
        return self.chance.choice(acts) if acts else self._typed(Role.DEPLOY_ENGINEER, f"start {found.id}")

    def _mends(self, found: Deployment) -> Payload:
        if self.chance.random() < 0.4:
            return self.gives_up(found)
        return self._typed(Role.DEPLOY_ENGINEER, f"retry {found.id}")

    def _verifies(self, found: Deployment) -> Payload | None:
        if self.chance.random() < 0.05:
            return self.rolls_back(found)
        unsettled = [item for item in self.checklist.items(Phase.POST) if not found.mark(item.id).settles(item)]
        acts = [act for item in unsettled if (act := self._settles(found, item))]
        lacking = self._lacking(found)
        acts += [self._typed_by(person.slack[0], f"signoff {found.id} {name}") for name, person in lacking]
        return self.chance.choice(acts) if acts else None

    def _lacking(self, found: Deployment) -> Iterator[tuple[str, Person]]:
        """Each sign-off that lacks someone's signature, and whose."""
        for each in self.checklist.sign_offs:
            signed = {signature.by for signature in found.signatures if signature.sign_off == each.id}
            people = (person for role in each.roles for person in self.checklist.team.holders(role))
            yield from ((each.id, person) for person in people if person.id not in signed)

    def _again(self, found: Deployment) -> Payload:
        return self.rolls_back(found)

    def _bot(self, found: Deployment) -> Payload | None:
        return None

    # How it is pressed

    def _opens(self, user: str = "") -> Payload:
        engineers = self.checklist.team.holders(Role.DEPLOY_ENGINEER)
        by = user or self.chance.choice(engineers).slack[0]
        engineer = self.chance.choice(engineers).id
        chosen = self.windows()[self.chance.random() < 0.3]
        fields = {**RELEASE, "version": self.version, "window": chosen.isoformat(), "engineer": engineer}
        fields["maintenance"] = self.chance.choice(["yes", "no", "no"])
        fields["strategy"] = self.chance.choice(("", *FORWARD))
        fields["migrations"] = self.chance.choice(("no", "no", "yes"))
        fields["image"] = f"registry.fly.io/drop-app:v{self.version}"
        fields |= self.wishes
        return payloads.submitted(by, "deploy", {}, fields, self.next_n())

    def _settles(self, found: Deployment, item: Item) -> Payload | None:
        mark = found.mark(item.id)
        if item.acts:
            done = mark.settles(item) or mark.state is MarkState.CHECKING
            return None if done else self._typed(Role.DEPLOY_ENGINEER, f"check {found.id} {item.id}")
        if mark.awaits_statement(item):
            return self._typed_for(found, item, f"attest {found.id} {item.id} {WORDS}")
        if mark.awaits_confirmation(item) and item.id != "change-approved":
            return self._typed_for(found, item, f"confirm {found.id} {item.id}")
        if mark.state is MarkState.FAILED:
            return self._typed(Role.DEPLOY_ENGINEER, f"check {found.id}")
        return None

    def _waiting(self, found: Deployment) -> Payload | None:
        """The step that waits for a person."""
        book = Book.ROLLBACK if found.status is Status.ROLLING_BACK else Book.DEPLOY
        step = found.next_step(book) if found.status in {Status.DEPLOYING, Status.ROLLING_BACK} else None
        if step is None or step.state is not StepState.WAITING:
            return None
        done = self.has_it_run() if self.has_it_run else self.chance.random() < 0.8
        runs = self.checklist.may_be_run(step.id) and done  # else it was done by hand, or is not needed
        return self._typed(step.role, f"{'confirm' if runs else 'attest'} {found.id} {step.id} {WORDS}")

    def _typed_for(self, found: Deployment, item: Item, text: str) -> Payload:
        """By someone who holds the item's role, and no part that forbids it."""
        holders = self.checklist.team.holders(item.role)
        free = [p for p in holders if not item.distinct_from or p.id != found.requester]
        return self._typed_by(self.chance.choice(free or list(holders)).slack[0], text)

    def _typed(self, role: Role, text: str) -> Payload:
        return self._typed_by(self._user(role), text)

    def _typed_by(self, user: str, text: str) -> Payload:
        return payloads.typed(user, text, self.next_n())

    def _user(self, role: Role) -> str:
        return self.chance.choice(self.checklist.team.holders(role)).slack[0]

    def _users(self) -> list[str]:
        return [*STRANGERS, *(user for person in self.checklist.team.people.values() for user in person.slack)]

    def _target(self, verb: str, target: str) -> str:
        known = USAGE.get(verb)
        return target if known and any(word in known.takes for word in ("ITEM", "STEP", "SIGN-OFF")) else ""


_NEXT: Mapping[Status, Callable[[People, Deployment], Payload | None]] = {
    Status.PREPARING: People._prepares,
    Status.AWAITING_APPROVAL: People._decides,
    Status.APPROVED: People._starts,
    Status.DEPLOYING: People._bot,
    Status.HALTED: People._mends,
    Status.VERIFYING: People._verifies,
    Status.ROLLING_BACK: People._bot,
    Status.ROLLBACK_INCOMPLETE: People._again,
}
