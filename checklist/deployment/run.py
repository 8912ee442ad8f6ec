"""The run of a deployment: started, stopped, gone on with, and answered by people where a step waits for one."""

from dataclasses import replace
from datetime import datetime
from typing import Self

from checklist.books import deploy_book
from checklist.calendar import Explanation
from checklist.definition import Checklist
from checklist.deployment.approval import Approving
from checklist.errors import AlreadyDone, NotNow, NotWaivable, WindowOpen
from checklist.moves import Move, Status
from checklist.people import Person, Team
from checklist.standings import Standings
from checklist.steps import Book, Step, StepState
from checklist.words import NeededFor, Phase

UNDER_WAY = {Book.DEPLOY: Status.DEPLOYING, Book.ROLLBACK: Status.ROLLING_BACK}
FINISH = "finish"  # the run that goes on though the window has closed


class Running(Approving):
    """The chapter of the run."""

    __slots__ = ()

    def started(self, *, by: Person, at: datetime, checklist: Checklist, window: Explanation) -> Self:
        """Let the run begin: approved, everything needed for the start, and the window open now."""
        self.permit(Move.START, by, checklist.team)
        if self.status in {Status.DEPLOYING, Status.HALTED, Status.VERIFYING}:
            raise AlreadyDone(Move.START, self)
        self.may(Move.START)
        self._signed(at, checklist)
        self._by_the_same_rules(checklist)
        self._in_window(at, window)
        self._settled(Move.START, checklist, NeededFor.SUBMIT, NeededFor.START)
        steps = deploy_book(self.release, checklist)
        return replace(self._toward(Move.START), steps=steps, reason="").queued(Book.DEPLOY)

    def with_step(self, step: Step) -> Self:
        """The same deployment with this step in the place of its earlier state."""
        return replace(self, steps=tuple(step if old.id == step.id else old for old in self.steps))

    def touched(self) -> Self:
        """From now on production may have been changed: the point after which nothing is voided or abandoned."""
        return replace(self, mutated=True)

    def halted(self, reason: str) -> Self:
        return replace(self._toward(Move.HALT), reason=reason)

    def seen(self, standings: Standings | None) -> Self:
        """With what was read of the machines."""
        return replace(self, standings=standings)

    def retried(self, *, by: Person, at: datetime, checklist: Checklist, window: Explanation) -> Self:
        """Go on from the step that broke. With machines left to move, approval and window must still hold."""
        self.permit(Move.RETRY, by, checklist.team)
        self.may(Move.RETRY)
        self._forward(at, checklist, window)
        return self._again(Move.RETRY).queued(Book.DEPLOY)

    def skipped(self, *, by: Person, at: datetime, reason: str, checklist: Checklist, window: Explanation) -> Self:
        """Waive the step that broke, and go on with the next as a retry does."""
        self.permit(Move.SKIP, by, checklist.team)
        self.may(Move.SKIP)
        broken = self.skippable(checklist)
        self._forward(at, checklist, window)
        waived = broken.ended(StepState.SKIPPED, at=at, note=f"skipped: {reason}", actor=by.id)
        return self._again(Move.SKIP).with_step(waived).queued(Book.DEPLOY)

    def skippable(self, checklist: Checklist) -> Step:
        """The step that broke. Raises NotWaivable when the checklist says so, NotNow when none broke."""
        if self.broken is None:
            raise NotNow(Move.SKIP, self)
        item = checklist.item(self.broken.id)
        if item is None or not item.waivable:
            raise NotWaivable(self.broken.id)
        return self.broken

    def finished(self, *, by: Person, at: datetime, checklist: Checklist, window: Explanation) -> Self:
        """Move the machines that are left though the window has closed. Nothing else is let off."""
        self.permit(Move.FINISH, by, checklist.team)
        self.may(Move.FINISH)
        if window.open and (self.window is None or self.window.contains(at)):
            raise WindowOpen(self.id, window.window.closes if window.window else None)
        self._signed(at, checklist, outlived=True)
        return self._again(Move.FINISH).queued(FINISH)

    def step_attested(self, step: Step, *, by: Person, at: datetime, words: str, team: Team) -> Self:
        """A person settles the step that waits for one; the next run goes on from there."""
        self._answerable(step, by, team)
        done = step.ended(StepState.DONE, at=at, note=words, actor=by.id)
        return self.with_step(done).queued(step.book)

    def step_confirmed(self, step: Step, *, by: Person, team: Team) -> Self:
        """A person has the bot do what the step waited for; the next run does it."""
        self._answerable(step, by, team)
        return self.with_step(step.again()).queued(step.book)

    def step_failed(self, step: Step, *, by: Person, at: datetime, words: str, team: Team) -> Self:
        """A person says that the step which waits for one did not go well: the run stops there."""
        self._answerable(step, by, team)
        reason = f"{step.id}: {words}"
        stopped = self.with_step(step.ended(StepState.FAILED, at=at, note=words, actor=by.id))
        move = Move.HALT if step.book is Book.DEPLOY else Move.ROLLBACK_FAILED
        return replace(stopped._toward(move), reason=reason)

    def proceeded(self, checklist: Checklist, *, at: datetime) -> Self:
        """Production runs the new version: the post-deployment items open, each with its deadline."""
        marks = {item.id: self._first_mark(item) for item in checklist.items(Phase.POST)}
        return replace(self._toward(Move.PROCEED), marks={**self.marks, **marks}, deployed_at=at)

    def queued(self, kind: str) -> Self:
        """Count one more run of this kind; its id is made from the count."""
        return replace(self, attempts={**self.attempts, kind: self.attempts.get(kind, 0) + 1})

    def _forward(self, at: datetime, checklist: Checklist, window: Explanation) -> None:
        if self.rolls_on:
            self._signed(at, checklist)
            self._in_window(at, window)

    def _again(self, move: Move) -> Self:
        steps = tuple(step.again() if step.broke else step for step in self.steps)
        return replace(self._toward(move), steps=steps, reason="", standings=None)

    def _answerable(self, step: Step, by: Person, team: Team) -> None:
        self.permit(Move.ANSWER, by, team, item=step.id, owners=(step.role,))
        if step.state is not StepState.WAITING or self.status is not UNDER_WAY[step.book]:
            raise NotNow(Move.ANSWER, self)
