"""A deployment: one passage of one version through the checklist. Frozen; a move returns the next value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from checklist.books import deploy_book, rollback_book
from checklist.calendar import Explanation, Window
from checklist.definition import Checklist, Item
from checklist.errors import (
    AlreadyDone,
    AlreadySettled,
    ApprovalEnded,
    ItemsOpen,
    NotAllowed,
    NotForHand,
    NotIndependent,
    NotNow,
    PlanChanged,
    WindowClosed,
    WrongRole,
)
from checklist.marks import BOT, Mark, MarkState, Verdict
from checklist.moves import MOVES, Move, Status
from checklist.people import Person, Team
from checklist.plan import Plan
from checklist.policy import WHO_MAY, permit
from checklist.release import Release
from checklist.steps import Book, Step, StepState, applies, next_step
from checklist.words import DeploymentId, ItemId, NeededFor, PersonId, Phase, PlanDigest, Tie

CHANGE_APPROVED = ItemId("change-approved")
ROLLOUT = ItemId("deploy-trigger")
BEFORE_DEPLOYMENT = ItemId("signoff-pre")  # the one sign-off that does not speak of what was deployed
UNDER_WAY = {Book.DEPLOY: Status.DEPLOYING, Book.ROLLBACK: Status.ROLLING_BACK}


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
class Deployment:
    """The aggregate. `revision` counts its changes; every save compares and sets it."""

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
    deployed_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""  # why it was halted, rejected, voided, rolled back or abandoned

    # What may be asked

    def allows(self, move: Move) -> bool:
        """Whether the table has the move here, and the point of no return does not forbid it."""
        if move in {Move.VOID, Move.ABANDON} and self.mutated:
            return False
        return self.status in MOVES[move]

    def mark(self, item: ItemId) -> Mark:
        return self.marks.get(item, Mark())

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

    def applies(self, item: Item) -> bool:
        return applies(item.when, migrations=self.release.migrations, maintenance=self.release.maintenance)

    @property
    def parties(self) -> Mapping[PersonId, str]:
        """Who has a part that forbids approving."""
        return {self.engineer: "deploy engineer", self.requester: "requester"}

    # Marks

    def prepared(self, checklist: Checklist) -> "Deployment":
        """Open the items that apply; the others are not applicable, and say why."""
        marks = {item.id: self._first_mark(item) for item in checklist.items(Phase.PRE)}
        return replace(self, marks={**marks, **self.marks})

    def judged(self, item: Item, verdict: Verdict, *, at: datetime) -> "Deployment":
        """A check's verdict. What a person settled by word stays: only a check undoes a check."""
        self._may(Move.SETTLE)
        mark = self.mark(item.id)
        if not item.is_read or mark.state in {MarkState.ATTESTED, MarkState.WAIVED, MarkState.NOT_APPLICABLE}:
            return self
        return self._marked(item.id, mark.judged(verdict, at))

    def checking(self, items: Iterable[Item], *, at: datetime) -> "Deployment":
        """The items whose checks were queued again; only those that a check can still settle."""
        self._may(Move.SETTLE)
        again = {MarkState.OPEN, MarkState.FAILED, MarkState.INCONCLUSIVE}
        chosen = (item for item in items if item.is_read and self.mark(item.id).state in again)
        marks = {item.id: Mark(state=MarkState.CHECKING, by=BOT, at=at) for item in chosen}
        return replace(self, marks={**self.marks, **marks})

    def confirmed(self, item: Item, *, by: Person, at: datetime, note: str, team: Team) -> "Deployment":
        """The item's role presses its button."""
        mark = self._for_hand(item, by, team)
        if not mark.awaits_confirmation(item):
            raise NotForHand(item, mark)
        return self._marked(item.id, mark.confirmed(item, by=by.id, at=at, note=note))

    def attested(self, item: Item, *, by: Person, at: datetime, words: str, link: str, team: Team) -> "Deployment":
        """The item's role speaks for what no check could tell."""
        mark = self._for_hand(item, by, team)
        if not mark.awaits_statement(item):
            raise NotForHand(item, mark)
        return self._marked(item.id, mark.attested(by=by.id, at=at, words=words, link=link))

    # Towards the start

    def submitted(self, plan: Plan, *, by: Person, checklist: Checklist) -> "Deployment":
        """Ask for approval of exactly this plan."""
        permit(Move.SUBMIT, by, checklist.team)
        self._may(Move.SUBMIT)
        self._settled(Move.SUBMIT, checklist, NeededFor.SUBMIT)
        return replace(self._toward(Move.SUBMIT), plan=plan, approval=None, reason="")

    def approved(self, *, by: Person, plan: str, at: datetime, team: Team) -> "Deployment":
        """Sign the plan that was on the screen. `plan` is its digest, or at least the first 8 digits of it."""
        permit(Move.APPROVE, by, team)
        if self.status is not Status.AWAITING_APPROVAL and self.approval and self.approval.plan.startswith(plan):
            raise AlreadyDone(Move.APPROVE, self)
        self._may(Move.APPROVE)
        if self.plan is None or len(plan) < 8 or not self.plan.digest.startswith(plan):
            raise PlanChanged(plan, self.plan.digest if self.plan else None)
        if by.id in self.parties:
            raise NotIndependent(by.id, self.parties[by.id], self.id)
        if self.window and at >= self.window.closes:
            raise ApprovalEnded(self.id, self.window.closes)
        approval = Approval(by=by.id, plan=self.plan.digest, at=at, ends=self.window.closes if self.window else None)
        mark = Mark(state=MarkState.PASSED, by=by.id, at=at, note=f"plan {self.plan.digest[:8]}", confirmed_by=by.id)
        return replace(self._toward(Move.APPROVE), approval=approval)._marked(CHANGE_APPROVED, mark)

    def rejected(self, *, by: Person, reason: str, team: Team) -> "Deployment":
        """Send it back to preparation. The plan must be assembled and signed anew."""
        permit(Move.REJECT, by, team)
        self._may(Move.REJECT)
        if by.id in self.parties:
            raise NotIndependent(by.id, self.parties[by.id], self.id)
        return self._unsigned(Move.REJECT, reason)

    def voided(self, reason: str) -> "Deployment":
        """The plan is no longer what was approved, or the approval ended: nothing was done, back to preparation."""
        self._may(Move.VOID)
        return replace(self._unsigned(Move.VOID, reason), steps=())

    def started(self, *, by: Person, at: datetime, checklist: Checklist, window: Explanation) -> "Deployment":
        """Let the run begin: approved, everything needed for the start, and the window open now."""
        permit(Move.START, by, checklist.team)
        if self.status in {Status.DEPLOYING, Status.HALTED, Status.VERIFYING}:
            raise AlreadyDone(Move.START, self)
        self._may(Move.START)
        self._signed(at, checklist.team)
        self._in_window(at, window)
        self._settled(Move.START, checklist, NeededFor.SUBMIT, NeededFor.START)
        return replace(self._toward(Move.START), steps=deploy_book(self.release, checklist), reason="").queued(
            Book.DEPLOY
        )

    # The run

    def with_step(self, step: Step) -> "Deployment":
        """The same deployment with this step in the place of its earlier state."""
        return replace(self, steps=tuple(step if old.id == step.id else old for old in self.steps))

    def touched(self) -> "Deployment":
        """From now on production may have been changed: the point after which nothing is voided or abandoned."""
        return replace(self, mutated=True)

    def halted(self, reason: str) -> "Deployment":
        return replace(self._toward(Move.HALT), reason=reason)

    def retried(self, *, by: Person, at: datetime, team: Team, window: Explanation) -> "Deployment":
        """Go on from the step that broke. With machines left to move, approval and window must still hold."""
        permit(Move.RETRY, by, team)
        self._may(Move.RETRY)
        if self._rolls_on:
            self._signed(at, team)
            self._in_window(at, window)
        steps = tuple(step.again() if step.broke else step for step in self.steps)
        return replace(self._toward(Move.RETRY), steps=steps, reason="").queued(Book.DEPLOY)

    def step_attested(self, step: Step, *, by: Person, at: datetime, words: str, team: Team) -> "Deployment":
        """A person settles the step that waits for one; the next run goes on from there."""
        if step.state is not StepState.WAITING or self.status is not UNDER_WAY[step.book]:
            raise NotNow(Move.SETTLE, self)
        if not team.holds(by.id, step.role):
            raise WrongRole(step.id, step.role, by.id)
        done = step.ended(StepState.DONE, at=at, note=words, actor=by.id)
        return self.with_step(done).queued(step.book)

    def proceeded(self, checklist: Checklist, *, at: datetime) -> "Deployment":
        """Production runs the new version: the post-deployment items open, each with its deadline."""
        marks = {item.id: self._first_mark(item) for item in checklist.items(Phase.POST)}
        return replace(self._toward(Move.PROCEED), marks={**self.marks, **marks}, deployed_at=at)

    def queued(self, kind: str) -> "Deployment":
        """Count one more run of this kind; its id is made from the count."""
        return replace(self, attempts={**self.attempts, kind: self.attempts.get(kind, 0) + 1})

    # The end

    def signed_off(self, sign_off: ItemId, *, by: Person, at: datetime) -> "Deployment":
        self._may(Move.SIGN_OFF)
        if sign_off != BEFORE_DEPLOYMENT and self.status is not Status.VERIFYING:
            raise NotNow(Move.SIGN_OFF, self)
        if any(s.sign_off == sign_off and s.by == by.id for s in self.signatures):
            raise AlreadyDone(Move.SIGN_OFF, self)
        return replace(self, signatures=(*self.signatures, Signature(sign_off=sign_off, by=by.id, at=at)))

    def completed_if_settled(self, checklist: Checklist, *, at: datetime) -> "Deployment":
        """Completed once every post-deployment item is settled and every sign-off is signed; else unchanged."""
        if self.status is not Status.VERIFYING or self.unsigned(checklist):
            return self
        if any(not self.mark(item.id).settles(item) for item in checklist.items(Phase.POST)):
            return self
        return replace(self._toward(Move.COMPLETE), ended_at=at)

    def unsigned(self, checklist: Checklist) -> tuple[ItemId, ...]:
        """The sign-offs that still lack the signature of one of their roles."""
        return tuple(
            s.id
            for s in checklist.sign_offs
            if not all(any(self._has_signed(s.id, p.id) for p in checklist.team.holders(r)) for r in s.roles)
        )

    def abandoned(self, *, by: Person, at: datetime, reason: str, team: Team) -> "Deployment":
        """Give up before production was touched."""
        if by.id not in self.parties:
            permit(Move.ABANDON, by, team)
        self._may(Move.ABANDON)
        return replace(self._toward(Move.ABANDON), reason=reason, ended_at=at)

    def rolling_back(self, *, by: Person, at: datetime, reason: str, checklist: Checklist) -> "Deployment":
        """Bring the previous version back. One person of a named role, at any hour."""
        permit(Move.ROLL_BACK, by, checklist.team)
        if self.status is Status.ROLLING_BACK:
            raise AlreadyDone(Move.ROLL_BACK, self)
        self._may(Move.ROLL_BACK)
        left = (s.broken_off(at) if s.state is StepState.RUNNING else s for s in self.steps_of(Book.DEPLOY))
        steps = (*left, *rollback_book(self.release, checklist))
        return replace(self._toward(Move.ROLL_BACK), steps=steps, reason=reason, ended_at=None).queued(Book.ROLLBACK)

    def rolled_back(self, *, at: datetime) -> "Deployment":
        return replace(self._toward(Move.ROLLED_BACK), ended_at=at)

    def rollback_failed(self, reason: str) -> "Deployment":
        return replace(self._toward(Move.ROLLBACK_FAILED), reason=reason)

    # Guards and small deeds

    def _may(self, move: Move) -> None:
        if not self.allows(move):
            raise NotNow(move, self)

    def _toward(self, move: Move) -> "Deployment":
        self._may(move)
        return replace(self, status=MOVES[move][self.status])

    def _marked(self, item: ItemId, mark: Mark) -> "Deployment":
        return replace(self, marks={**self.marks, item: mark})

    def _first_mark(self, item: Item) -> Mark:
        if self.applies(item):
            return Mark()
        return Mark(state=MarkState.NOT_APPLICABLE, by=BOT, note=f"no {item.when} in this release")

    def _for_hand(self, item: Item, by: Person, team: Team) -> Mark:
        """The item's mark, if this person may settle it and it is not settled."""
        self._may(Move.SETTLE)
        mark = self.mark(item.id)
        if not team.holds(by.id, item.role):
            raise WrongRole(item.id, item.role, by.id)
        if mark.settles(item):
            raise AlreadySettled(item, mark)
        if item.id == CHANGE_APPROVED:
            raise NotForHand(item, mark)
        part = next((str(tie) for tie in item.distinct_from if self._party(tie) == by.id), None)
        if part:
            raise NotIndependent(by.id, part, self.id)
        return mark

    def _party(self, tie: Tie) -> PersonId | None:
        return {Tie.REQUESTER: self.requester, Tie.ENGINEER: self.engineer}.get(tie)

    def _settled(self, move: Move, checklist: Checklist, *moments: NeededFor) -> None:
        still_open = self.open_items(checklist, *moments)
        if still_open:
            raise ItemsOpen(move, self.id, still_open)

    def _signed(self, at: datetime, team: Team) -> None:
        """The approval stands: it is of this plan, has not ended, and its signer may still approve."""
        if self.approval is None or self.plan is None or self.approval.plan != self.plan.digest:
            raise PlanChanged(self.approval.plan if self.approval else "", self.plan.digest if self.plan else None)
        if self.approval.ends and at >= self.approval.ends:
            raise ApprovalEnded(self.id, self.approval.ends)
        signer = team.people.get(self.approval.by)
        if signer is None:
            raise NotAllowed(Move.APPROVE, self.approval.by, WHO_MAY[Move.APPROVE])
        permit(Move.APPROVE, signer, team)

    def _in_window(self, at: datetime, window: Explanation) -> None:
        if not window.open or (self.window and not self.window.contains(at)):
            raise WindowClosed(window)

    def _unsigned(self, move: Move, reason: str) -> "Deployment":
        marks = {**self.marks, CHANGE_APPROVED: Mark()}
        return replace(self._toward(move), plan=None, approval=None, marks=marks, reason=reason)

    def _has_signed(self, sign_off: ItemId, person: PersonId) -> bool:
        return any(s.sign_off == sign_off and s.by == person for s in self.signatures)

    @property
    def _rolls_on(self) -> bool:
        """Whether machines are still to be moved forward: verification and announcements need no window."""
        rollout = self.step(ROLLOUT)
        return rollout is not None and not rollout.is_over
