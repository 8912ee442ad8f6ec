"""The approval of a deployment: asked for, given, refused, taken back, and ended when the plan is no longer that."""

from dataclasses import replace
from datetime import datetime
from typing import Self

from checklist.calendar import Explanation, Window
from checklist.changes import changes
from checklist.definition import Checklist
from checklist.deployment.items import Items
from checklist.deployment.state import CHANGE_APPROVED, Approval
from checklist.errors import (
    AlreadyDone,
    ApprovalEnded,
    ItemsOpen,
    NotNow,
    PlanChanged,
    Refusal,
    SignerMayNot,
    WindowClosed,
)
from checklist.marks import Mark, MarkState
from checklist.moves import Move, Status
from checklist.people import Person, Team
from checklist.plan import Plan
from checklist.words import NeededFor

LEAST_DIGITS = 8  # of a digest that is typed


class Approving(Items):
    """The chapter of the approval."""

    __slots__ = ()

    def moved_to(self, window: Window, checklist: Checklist) -> Self:
        """Plan for another window; those who said to be there in the old one are asked again."""
        self.may(Move.SUBMIT)
        return self if window == self.window else replace(self, window=window).unacknowledged(checklist)

    def submitted(self, plan: Plan, *, by: Person, checklist: Checklist) -> Self:
        """Ask for approval of exactly this plan. Why the last one did not hold stays to be read."""
        self.permit(Move.SUBMIT, by, checklist.team)
        self.may(Move.SUBMIT)
        self._settled(Move.SUBMIT, checklist, NeededFor.SUBMIT)
        return replace(self._toward(Move.SUBMIT), plan=plan, approval=None)

    def approved(self, *, by: Person, plan: str, at: datetime, team: Team) -> Self:
        """Sign the plan that was on the screen. `plan` is its digest, or at least the first 8 digits of it."""
        self.permit(Move.APPROVE, by, team)
        if self.status is not Status.AWAITING_APPROVAL and self.approval and self.approval.plan.startswith(plan):
            raise AlreadyDone(Move.APPROVE, self)
        self.may(Move.APPROVE)
        if self.plan is None or len(plan) < LEAST_DIGITS or not self.plan.digest.startswith(plan):
            raise PlanChanged(plan, self.plan.digest if self.plan else None)
        self._before_its_end(at)
        approval = Approval(by=by.id, plan=self.plan.digest, at=at, ends=self.window.closes if self.window else None)
        mark = Mark(state=MarkState.PASSED, by=by.id, at=at, note=f"plan {self.plan.digest[:8]}", confirmed_by=by.id)
        return replace(self._toward(Move.APPROVE), approval=approval, reason="")._marked(CHANGE_APPROVED, mark)

    def rejected(self, *, by: Person, reason: str, team: Team) -> Self:
        """Send it back to preparation."""
        self.permit(Move.REJECT, by, team)
        return self._unsigned(Move.REJECT, reason)

    def withdrawn(self, *, by: Person, reason: str, team: Team) -> Self:
        """The signer takes the approval back, before production was touched."""
        if self.approval is None:
            raise NotNow(Move.WITHDRAW, self)
        self.permit(Move.WITHDRAW, by, team)
        return self._unsigned(Move.WITHDRAW, reason)

    def voided(self, reason: str) -> Self:
        """The plan is no longer what was approved, or the approval ended: nothing was done, back to preparation."""
        return self._unsigned(Move.VOID, reason)

    def void_because(self, checklist: Checklist, *, at: datetime) -> Refusal | None:
        """Why the plan can no longer be signed, or its signature no longer counts, by the people and rules of now."""
        if self.plan is None or not self.allows(Move.VOID):
            return None
        try:
            self._before_its_end(at)
            self._by_the_same_rules(checklist)
            self._by_somebody_who_may(checklist.team)
        except Refusal as refusal:
            return refusal
        return None

    def _signed(self, at: datetime, checklist: Checklist, *, outlived: bool = False) -> None:
        """The approval stands: it is of this plan, has not ended, and its signer may still approve.

        `outlived`: that it ended with its window is no reason, since an approver has decided so.
        """
        if self.approval is None or self.plan is None or self.approval.plan != self.plan.digest:
            raise PlanChanged(self.approval.plan if self.approval else "", self.plan.digest if self.plan else None)
        if not outlived:
            self._before_its_end(at)
        self._by_somebody_who_may(checklist.team)

    def _before_its_end(self, at: datetime) -> None:
        if self.window and at >= self.window.closes:
            raise ApprovalEnded(self.id, self.window.closes, self.mutated)

    def _by_somebody_who_may(self, team: Team) -> None:
        """Whoever signed must be somebody who still may."""
        if self.approval is None:
            return
        signer = team.people.get(self.approval.by)
        if signer is None:
            raise SignerMayNot(self.id, self.approval.by)
        try:
            self.permit(Move.APPROVE, signer, team)
        except Refusal as refusal:
            raise SignerMayNot(self.id, signer.id) from refusal

    def _by_the_same_rules(self, checklist: Checklist) -> None:
        """What was planned under another checklist is planned, and signed, again."""
        if self.plan and self.plan.checklist != checklist.revision:
            now = replace(self.plan, checklist=checklist.revision)
            raise PlanChanged(self.plan.digest, None, changes(self.plan, now))

    def _settled(self, move: Move, checklist: Checklist, *moments: NeededFor) -> None:
        still_open = self.open_items(checklist, *moments)
        if still_open:
            raise ItemsOpen(move, self.id, still_open)

    def _in_window(self, at: datetime, window: Explanation) -> None:
        if not window.open or (self.window and not self.window.contains(at)):
            raise WindowClosed(window)
