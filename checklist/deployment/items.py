"""The items of a deployment: judged by checks, confirmed, attested, failed or waived by people."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Self

from checklist.definition import Checklist, Item
from checklist.deployment.state import CHANGE_APPROVED, State
from checklist.errors import AlreadySettled, NotForHand, NotIndependent, NotWaivable
from checklist.marks import BOT, Mark, MarkState, Verdict
from checklist.moves import BEFORE_START, Move
from checklist.people import Person, Team
from checklist.words import NeededFor, PersonId, Phase, Proof, Tie

BY_WORD = {MarkState.ATTESTED, MarkState.WAIVED, MarkState.NOT_APPLICABLE}
CHECKED_AGAIN = {MarkState.OPEN, MarkState.FAILED, MarkState.INCONCLUSIVE}


class Items(State):
    """The chapter of the items."""

    __slots__ = ()

    def prepared(self, checklist: Checklist) -> Self:
        """Open the items that apply; the others are not applicable, and say why."""
        marks = {item.id: self._first_mark(item) for item in checklist.items(Phase.PRE)}
        return replace(self, marks={**marks, **self.marks})

    def judged(self, item: Item, verdict: Verdict, *, at: datetime) -> Self:
        """A check's verdict. What a person settled by word stays: only a check undoes a check."""
        self.may(Move.SETTLE)
        mark = self.mark(item.id)
        if not item.is_read or mark.state in BY_WORD:
            return self
        return self._marked(item.id, mark.judged(verdict, at))

    def checking(self, items: Iterable[Item], *, at: datetime, asked: str = "") -> Self:
        """The items whose checks were queued again; only those that a check can still settle.

        What acts is carried out only when it was asked for, by its own id or its section's, and before the start.
        """
        self.may(Move.CHECK)
        chosen = (item for item in items if item.is_read and self._checked_again(item, asked))
        marks = {item.id: Mark(state=MarkState.CHECKING, by=BOT, at=at) for item in chosen}
        return replace(self, marks={**self.marks, **marks})

    def _checked_again(self, item: Item, asked: str) -> bool:
        state = self.mark(item.id).state
        if not item.acts:
            return state in CHECKED_AGAIN
        wanted = state in CHECKED_AGAIN or (asked == item.id and state is MarkState.PASSED)
        return wanted and asked in {item.id, item.section} and self.status in BEFORE_START

    def confirmed(self, item: Item, *, by: Person, at: datetime, note: str, team: Team) -> Self:
        """The item's role presses its button."""
        mark = self._for_hand(item, by, team)
        if not mark.awaits_confirmation(item):
            raise NotForHand(item, mark)
        return self._marked(item.id, mark.confirmed(item, by=by.id, at=at, note=note))

    def attested(self, item: Item, *, by: Person, at: datetime, words: str, link: str, team: Team) -> Self:
        """The item's role speaks for what no check could tell."""
        mark = self._for_hand(item, by, team)
        if not mark.awaits_statement(item):
            raise NotForHand(item, mark)
        return self._marked(item.id, mark.attested(by=by.id, at=at, words=words, link=link))

    def failed(self, item: Item, *, by: Person, at: datetime, words: str, team: Team) -> Self:
        """The item's role says that it is not OK. A plan that rests on the item is void."""
        self.permit(Move.FAIL, by, team, item=item.id, owners=(item.role,))
        self.may(Move.FAIL)
        mark = self.mark(item.id)
        if item.id == CHANGE_APPROVED or not mark.may_be_failed(item):
            raise NotForHand(item, mark)
        after = self._marked(item.id, mark.failed(by=by.id, at=at, words=words))
        return after._planned_no_more(item, f"{item.id} is not OK: {words}")

    def waived(self, item: Item, *, by: Person, at: datetime, reason: str, team: Team) -> Self:
        """An approver lets the deployment go on without the item."""
        self.permit(Move.WAIVE, by, team)
        self.may(Move.WAIVE)
        mark = self.mark(item.id)
        if mark.settles(item):
            raise AlreadySettled(item, mark)
        if item.id == CHANGE_APPROVED or not item.waivable:
            raise NotWaivable(item.id)
        after = self._marked(item.id, mark.waived(by=by.id, at=at, reason=reason))
        return after._planned_no_more(item, f"{item.id} was waived: {reason}")

    def unacknowledged(self, checklist: Checklist) -> Self:
        """Whoever said to be there in one window has not said so of another."""
        asked = (
            i for i in checklist.items(Phase.PRE) if i.proof is Proof.ACKNOWLEDGE and i.needed_for is NeededFor.START
        )
        return replace(self, marks={**self.marks, **{item.id: self._first_mark(item) for item in asked}})

    def _for_hand(self, item: Item, by: Person, team: Team) -> Mark:
        """The item's mark, if this person may settle it and it is not settled."""
        self.permit(Move.SETTLE, by, team, item=item.id, owners=(item.role,))
        self.may(Move.SETTLE)
        mark = self.mark(item.id)
        if mark.settles(item):
            raise AlreadySettled(item, mark)
        if item.id == CHANGE_APPROVED:
            raise NotForHand(item, mark)
        part = next((str(tie) for tie in item.distinct_from if self._tied(tie) == by.id), None)
        if part:
            raise NotIndependent(by.id, part, self.id)
        return mark

    def _tied(self, tie: Tie) -> PersonId | None:
        return {Tie.REQUESTER: self.requester, Tie.ENGINEER: self.engineer}.get(tie)

    def _planned_no_more(self, item: Item, reason: str) -> Self:
        """A plan says of each item that the approval rests on how it was settled."""
        if self.plan is None or item.needed_for is not NeededFor.SUBMIT or not self.allows(Move.VOID):
            return self
        return self._unsigned(Move.VOID, f"the plan changed: {reason}")
