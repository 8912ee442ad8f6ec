"""How a deployment ends: completed, abandoned, or rolled back."""

from dataclasses import replace
from datetime import datetime
from typing import Self

from checklist.books import rollback_book
from checklist.definition import Checklist, SignOff
from checklist.deployment.run import Running
from checklist.deployment.state import BEFORE_DEPLOYMENT, Signature
from checklist.errors import AlreadyDone, NotNow
from checklist.moves import Move, Status
from checklist.people import Person, Team
from checklist.steps import Book, StepState
from checklist.words import ItemId, PersonId, Phase, Restores

BRINGS_BACK = {Restores.IMAGE: Move.ROLL_BACK, Restores.CONFIG: Move.UNDO}


class Deployment(Running):
    """The whole aggregate."""

    __slots__ = ()

    def signed_off(self, sign_off: SignOff, *, by: Person, at: datetime, team: Team) -> Self:
        """Put one's name under a sign-off. All but the first speak of what was deployed."""
        self.permit(Move.SIGN_OFF, by, team, item=sign_off.id, owners=sign_off.roles)
        self.may(Move.SIGN_OFF)
        if sign_off.id != BEFORE_DEPLOYMENT and self.status is not Status.VERIFYING:
            raise NotNow(Move.SIGN_OFF, self)
        if self._has_signed(sign_off.id, by.id):
            raise AlreadyDone(Move.SIGN_OFF, self)
        return replace(self, signatures=(*self.signatures, Signature(sign_off=sign_off.id, by=by.id, at=at)))

    def completed_if_settled(self, checklist: Checklist, *, at: datetime) -> Self:
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

    def abandoned(self, *, by: Person, at: datetime, reason: str, team: Team) -> Self:
        """Give up before production was touched."""
        self.permit(Move.ABANDON, by, team)
        return replace(self._toward(Move.ABANDON), reason=reason, ended_at=at)

    def rolling_back(
        self,
        *,
        by: Person,
        at: datetime,
        reason: str,
        checklist: Checklist,
        restores: Restores = Restores.IMAGE,
    ) -> Self:
        """Bring the previous version back. One person of a named role, at any hour."""
        move = BRINGS_BACK[restores]
        self.permit(move, by, checklist.team)
        if self.status is Status.ROLLING_BACK:
            raise AlreadyDone(move, self)
        self.may(move)
        left = (s.broken_off(at) if s.state is StepState.RUNNING else s for s in self.steps_of(Book.DEPLOY))
        steps = (*left, *rollback_book(self.release, checklist))
        back = replace(self._toward(move), steps=steps, reason=reason, restores=restores, standings=None, ended_at=None)
        return back.queued(Book.ROLLBACK)

    def rolled_back(self, *, at: datetime) -> Self:
        return replace(self._toward(Move.ROLLED_BACK), ended_at=at)

    def rollback_failed(self, reason: str) -> Self:
        return replace(self._toward(Move.ROLLBACK_FAILED), reason=reason)

    def _has_signed(self, sign_off: ItemId, person: PersonId) -> bool:
        return any(s.sign_off == sign_off and s.by == person for s in self.signatures)
