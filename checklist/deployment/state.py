"""What a deployment is, what may be asked of it, and the guards that every move passes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from checklist.calendar import Window
from checklist.definition import Checklist, Item
from checklist.errors import NotNow
from checklist.marks import BOT, Mark, MarkState
from checklist.moves import MOVES, Move, Status
from checklist.people import Person, Team
from checklist.plan import Plan
from checklist.policy import Part, Stake, permit
from checklist.release import Release
from checklist.standings import Standings
from checklist.steps import Book, Step, applies, next_step
from checklist.words import DeploymentId, ItemId, NeededFor, PersonId, PlanDigest, Restores, Role

CHANGE_APPROVED = ItemId("change-approved")
ROLLOUT = ItemId("deploy-trigger")
BEFORE_DEPLOYMENT = ItemId("signoff-pre")  # the one sign-off that does not speak of what was deployed
BEFORE_THE_FIRST_MUTATION = {Move.WITHDRAW, Move.VOID, Move.ABANDON}


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A person's signature on one plan digest. It ends with its window."""

    by: PersonId
    plan: PlanDigest
    at: datetime
    ends: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One role's signature under one of the sign-offs."""

    sign_off: ItemId
    by: PersonId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything that is known of a deployment. `revision` counts its changes; every save compares and sets it."""

    id: DeploymentId
    app: str
    release: Release
    requester: PersonId
    engineer: PersonId
    window: Window | None
    checklist: str
    opened_at: datetime
    status: Status = Status.PREPARING
    revision: int = 0
    marks: Mapping[ItemId, Mark] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    plan: Plan | None = None
    approval: Approval | None = None
    signatures: tuple[Signature, ...] = ()
    attempts: Mapping[str, int] = field(default_factory=dict)  # how many runs of each kind were queued
    mutated: bool = False  # production was touched, or may have been
    restores: Restores = Restores.IMAGE  # what the rollback that was asked for last restores
    standings: Standings | None = None  # what ran where when the run stopped or ended last
    deployed_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""  # why it was halted, rejected, withdrawn, voided, rolled back or abandoned

    # What may be asked

    def allows(self, move: Move) -> bool:
        """Whether the table has the move here, and what was done to production so far does not forbid it."""
        if self.status not in MOVES[move] or (move in BEFORE_THE_FIRST_MUTATION and self.mutated):
            return False
        if move is Move.FINISH:
            return self.mutated and self.rolls_on
        return move is not Move.SKIP or self.broken is not None

    def mark(self, item: ItemId) -> Mark:
        return self.marks.get(item) or Mark()

    def open_items(self, checklist: Checklist, *moments: NeededFor) -> tuple[tuple[Item, Mark], ...]:
        """The items needed for these moments that are not settled, with their marks."""
        needed = ((item, self.mark(item.id)) for item in checklist.items() if item.needed_for in moments)
        return tuple((item, mark) for item, mark in needed if not mark.settles(item))

    def steps_of(self, book: Book) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.book is book)

    def step(self, id: ItemId) -> Step | None:
        return next((step for step in self.steps if step.id == id), None)

    def next_step(self, book: Book) -> Step | None:
        return next_step(self.steps, book)

    @property
    def is_running(self) -> bool:
        """A run goes through a run-book, and looks for itself whether it still may."""
        return self.status in {Status.DEPLOYING, Status.ROLLING_BACK}

    @property
    def runs(self) -> int:
        """How often it was set going forward: what was drawn at one halt is not taken for a later one."""
        return self.attempts.get("deploy", 0) + self.attempts.get("finish", 0)

    @property
    def broken(self) -> Step | None:
        """The step at which the deploy run halted, if one broke."""
        return next((step for step in self.steps_of(Book.DEPLOY) if step.broke), None)

    @property
    def rolls_on(self) -> bool:
        """Whether machines are still to be moved forward: verification and announcements need no window."""
        rollout = self.step(ROLLOUT)
        return rollout is not None and not rollout.is_over

    def applies(self, item: Item) -> bool:
        return applies(item.when, migrations=self.release.migrations, maintenance=self.release.maintenance)

    def permit(
        self, move: Move, by: Person, team: Team, *, item: ItemId | None = None, owners: tuple[Role, ...] = ()
    ) -> None:
        """Ask the policy, with the parts that this person has here; `owners` are the roles to which `item` belongs.

        Raises NotAllowed, WrongRole, AgentsMayNot, NotIndependent.
        """
        parts = {part for part, holder in self._parts().items() if holder == by.id}
        if team.holds_any(by.id, owners):
            parts.add(Part.OWNER)
        permit(move, by, team, stake=Stake(deployment=self.id, parts=frozenset(parts), item=item, owners=owners))

    def _parts(self) -> Mapping[Part, PersonId | None]:
        signer = self.approval.by if self.approval else None
        return {Part.REQUESTER: self.requester, Part.ENGINEER: self.engineer, Part.SIGNER: signer}

    # Guards and small deeds

    def may(self, move: Move) -> None:
        """Raises NotNow unless the deployment allows the move."""
        if not self.allows(move):
            raise NotNow(move, self)

    def _toward(self, move: Move) -> Self:
        self.may(move)
        return replace(self, status=MOVES[move][self.status])

    def _marked(self, item: ItemId, mark: Mark) -> Self:
        return replace(self, marks={**self.marks, item: mark})

    def _first_mark(self, item: Item) -> Mark:
        if self.applies(item):
            return Mark()
        return Mark(state=MarkState.NOT_APPLICABLE, by=BOT, note=f"no {item.when} in this release")

    def _unsigned(self, move: Move, reason: str) -> Self:
        """Back to preparation: the plan must be assembled and signed anew."""
        marks = {**self.marks, CHANGE_APPROVED: Mark()}
        return replace(self._toward(move), plan=None, approval=None, marks=marks, steps=(), reason=reason)
