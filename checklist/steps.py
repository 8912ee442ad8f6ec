"""Steps: the lines of a run-book as they go, for the deploy run and for the rollback run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from checklist.record import Json
from checklist.words import Condition, ItemId, Role


class Book(StrEnum):
    """Which run-book a step belongs to."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"


class StepState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"  # for a person
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"  # it may or may not have taken effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a run-book with its time, actor, status and notes."""

    id: ItemId
    book: Book
    text: str
    role: Role
    state: StepState = StepState.PENDING
    actor: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    note: str = ""
    evidence: Mapping[str, Json] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        return self.state in {StepState.DONE, StepState.SKIPPED}

    @property
    def broke(self) -> bool:
        return self.state in {StepState.FAILED, StepState.UNKNOWN}

    def running(self, at: datetime) -> "Step":
        return replace(self, state=StepState.RUNNING, actor="bot", started_at=self.started_at or at, ended_at=None)

    def waiting(self, note: str) -> "Step":
        return replace(self, state=StepState.WAITING, note=note)

    def ended(self, state: StepState, *, at: datetime, note: str, actor: str = "bot") -> "Step":
        return replace(self, state=state, actor=actor, started_at=self.started_at or at, ended_at=at, note=note)

    def broken_off(self, at: datetime) -> "Step":
        """Stopped in the middle for a rollback: what it had done by then is for the rollback to read."""
        return self.ended(StepState.UNKNOWN, at=at, note="broken off for the rollback")

    def again(self) -> "Step":
        """Pending once more; what was noted stays readable until the next attempt writes over it."""
        return replace(self, state=StepState.PENDING, ended_at=None)


def next_step(steps: Iterable[Step], book: Book) -> Step | None:
    """The first step of the book that is not over; None when all are."""
    return next((step for step in steps if step.book is book and not step.is_over), None)


def applies(condition: Condition | None, *, migrations: bool, maintenance: bool) -> bool:
    return condition is None or {Condition.MIGRATIONS: migrations, Condition.MAINTENANCE: maintenance}[condition]
