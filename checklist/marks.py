"""Marks: the state of each item in one deployment, and what a check's verdict or a person's word makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from checklist.definition import Item
from checklist.record import Json
from checklist.words import PersonId, Proof

BOT = "bot"


class MarkState(StrEnum):
    OPEN = "open"
    CHECKING = "checking"
    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    ATTESTED = "attested"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"


class Outcome(StrEnum):
    """What a check found. No data is never a pass."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A check's outcome, one line that says why, and the evidence: what was read, from where."""

    outcome: Outcome
    reason: str
    evidence: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The state of one item, with who, when and why."""

    state: MarkState = MarkState.OPEN
    by: str = ""
    at: datetime | None = None
    note: str = ""
    link: str = ""
    evidence: Mapping[str, Json] = field(default_factory=dict)
    confirmed_by: PersonId | None = None

    def settles(self, item: Item) -> bool:
        """Whether nothing more is needed for the item."""
        if self.state in {MarkState.ATTESTED, MarkState.WAIVED, MarkState.NOT_APPLICABLE}:
            return True
        return self.state is MarkState.PASSED and (
            item.proof is not Proof.AUTO_CONFIRM or self.confirmed_by is not None
        )

    def awaits_confirmation(self, item: Item) -> bool:
        """A person's button would settle it: the check passed and wants a confirmation, or only a button is needed."""
        if item.proof is Proof.ACKNOWLEDGE:
            return self.state is MarkState.OPEN or self.failed_by_hand
        return self.state is MarkState.PASSED and not self.settles(item)

    def awaits_statement(self, item: Item) -> bool:
        """A person may attest: no check exists, the check could not tell, or a person had said that it is not OK.

        A failed check cannot be attested away.
        """
        if item.proof is Proof.ACKNOWLEDGE:
            return self.state is MarkState.INCONCLUSIVE
        if item.proof is Proof.ATTEST and self.state is MarkState.OPEN:
            return True
        return self.state is MarkState.INCONCLUSIVE or self.failed_by_hand

    @property
    def failed_by_hand(self) -> bool:
        """A person said that it is not OK. Whoever may settle the item sets it right again, in the same way."""
        return self.state is MarkState.FAILED and self.by != BOT

    def may_be_failed(self, item: Item) -> bool:
        """A person's word counts against the item where it counts for it; a check's own verdict stands."""
        spoken = self.state is MarkState.ATTESTED or (self.state is MarkState.PASSED and self.confirmed_by is not None)
        waits = self.awaits_confirmation(item) or self.awaits_statement(item)
        return spoken or (waits and not self.failed_by_hand)

    def stale(self, item: Item, at: datetime) -> bool:
        """Read longer ago than the item's time to live, or not waivable: read again before the first mutation.

        What acts is looked up each time: its time to live counts from the deed, not from the last look at it.
        """
        if self.at is None or self.by != BOT:
            return False
        return item.acts or not item.waivable or (item.ttl is not None and at - self.at > item.ttl)

    def judged(self, verdict: Verdict, at: datetime) -> "Mark":
        """What a check's verdict makes of it. A confirmation stands only while the check passes."""
        passed = verdict.outcome is Outcome.PASSED
        return Mark(
            state=MarkState(verdict.outcome),
            by=BOT,
            at=at,
            note=verdict.reason,
            evidence=verdict.evidence,
            confirmed_by=self.confirmed_by if passed else None,
        )

    def confirmed(self, item: Item, *, by: PersonId, at: datetime, note: str) -> "Mark":
        if item.proof is Proof.ACKNOWLEDGE:
            return Mark(state=MarkState.PASSED, by=by, at=at, note=note, confirmed_by=by)
        return replace(self, confirmed_by=by, note=note or self.note)

    def attested(self, *, by: PersonId, at: datetime, words: str, link: str) -> "Mark":
        """A person's statement. What the check had read stays beside it."""
        return replace(self, state=MarkState.ATTESTED, by=by, at=at, note=words, link=link)

    def failed(self, *, by: PersonId, at: datetime, words: str) -> "Mark":
        """A person's "not OK". It undoes a confirmation; what the check had read stays beside it."""
        return replace(self, state=MarkState.FAILED, by=by, at=at, note=words, link="", confirmed_by=None)

    def waived(self, *, by: PersonId, at: datetime, reason: str) -> "Mark":
        return replace(self, state=MarkState.WAIVED, by=by, at=at, note=reason, link="", confirmed_by=None)
