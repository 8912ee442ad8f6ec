"""Refusals: a "no" with the objects that explain it. Outages: an outside system that failed.

A refusal holds no prose; bot/refusals.py puts each one into words and says what to do next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from checklist.people import Standing
from checklist.words import DeploymentId, ItemId, PersonId, PlanDigest, Role

if TYPE_CHECKING:
    from checklist.calendar import Explanation
    from checklist.definition import Item
    from checklist.deployment.state import State as Deployment
    from checklist.drift import Drift
    from checklist.marks import Mark
    from checklist.moves import Move


class Refusal(Exception):
    """A "no" with a reason. Nothing has changed."""


class Outage(Exception):
    """An outside system did not do what was asked. `retry` says whether asking again may help."""

    def __init__(self, system: str, advice: str, *, retry: bool = False) -> None:
        super().__init__(f"{system}: {advice}")
        self.system = system
        self.advice = advice
        self.retry = retry


class Ambiguous(Outage):
    """The request may or may not have been carried out: read the world before anything else."""


class Conflict(Outage):
    """The outside system holds something else than we knew: a lease, a version, a concurrent change."""


class Gone(Outage):
    """The outside system does not have what was asked for, or has it no more."""


class RecordOutage(Outage):
    """The record could not be read or written. What cannot be recorded is not done."""


class RecordFull(RecordOutage):
    """Nothing more can be written: the disk of the record is full, or refuses."""


class RecordDamaged(RecordOutage):
    """The file of the record is not what was written to it."""


@dataclass(eq=False)
class Stranger(Refusal):
    user: str
    team: str


@dataclass(eq=False)
class WrongTeam(Refusal):
    """The payload comes from another workspace, or on behalf of somebody of one."""

    user: str
    team: str


@dataclass(eq=False)
class NotAMember(Refusal):
    """A guest, a bot, somebody who left: no full member of the workspace."""

    user: str
    standing: Standing


@dataclass(eq=False)
class MembersStale(Refusal):
    """For too long Slack has not said whether this person is still a full member, so nothing may go forward."""

    user: str
    seen_at: datetime | None


@dataclass(eq=False)
class SharedChannel(Refusal):
    """People outside the team read the deploy channel."""

    channel: str


@dataclass(eq=False)
class TooFast(Refusal):
    """One person asks for more than anybody can read. Stopping, rolling back and approving are never limited."""

    user: str
    wait: int  # seconds


@dataclass(eq=False)
class UnknownVerb(Refusal):
    typed: str
    near: tuple[str, ...] = ()


@dataclass(eq=False)
class MissingWords(Refusal):
    verb: str
    what: str


@dataclass(eq=False)
class BadField(Refusal):
    """A field of a modal, or a word of a typed command, is wrong. `instead` says what to write."""

    field: str
    problem: str
    instead: str


@dataclass(eq=False)
class BadFields(Refusal):
    fields: tuple[BadField, ...]


@dataclass(eq=False)
class NoSuchDeployment(Refusal):
    asked: str


@dataclass(eq=False)
class NothingOpen(Refusal):
    pass


@dataclass(eq=False)
class AlreadyOpen(Refusal):
    open: DeploymentId


@dataclass(eq=False)
class NotAllowed(Refusal):
    """The person holds none of the roles that may make this move, and has none of the parts that may."""

    move: Move
    by: PersonId
    roles: tuple[Role, ...]
    parts: tuple[str, ...] = ()


@dataclass(eq=False)
class AgentsMayNot(Refusal):
    move: Move
    by: PersonId


@dataclass(eq=False)
class NotIndependent(Refusal):
    """The person has another part in this deployment that forbids the move."""

    by: PersonId
    part: str
    deployment: DeploymentId


@dataclass(eq=False)
class NotNow(Refusal):
    """The move does not exist in the deployment's present state."""

    move: Move
    deployment: Deployment


@dataclass(eq=False)
class AlreadyDone(Refusal):
    """The click came twice, or late: what it asked for is already so."""

    move: Move
    deployment: Deployment


@dataclass(eq=False)
class MovedOn(Refusal):
    """Somebody else was quicker; the deployment is no longer what it was when the request was made."""

    deployment: DeploymentId


@dataclass(eq=False)
class NoSuchItem(Refusal):
    asked: str
    near: tuple[str, ...]


@dataclass(eq=False)
class NotForHand(Refusal):
    """A person may not speak for the item now: a check proves it, or it waits for nobody."""

    item: Item
    mark: Mark


@dataclass(eq=False)
class WrongRole(Refusal):
    """The item, step or sign-off belongs to roles of which the person holds none."""

    item: ItemId
    roles: tuple[Role, ...]
    by: PersonId


@dataclass(eq=False)
class NotWaivable(Refusal):
    """The checklist says that this item or step is never waived and never skipped."""

    item: ItemId


@dataclass(eq=False)
class AlreadySettled(Refusal):
    item: Item
    mark: Mark


@dataclass(eq=False)
class ItemsOpen(Refusal):
    """These items must be settled before the move."""

    move: Move
    deployment: DeploymentId
    items: tuple[tuple[Item, Mark], ...]


@dataclass(eq=False)
class SurveyMissing(Refusal):
    deployment: DeploymentId
    taken_at: datetime | None


@dataclass(eq=False)
class MaintenanceHidden(Refusal):
    deployment: DeploymentId
    app: str


@dataclass(eq=False)
class PlanChanged(Refusal):
    shown: str
    current: PlanDigest | None
    changes: tuple[str, ...] = ()


@dataclass(eq=False)
class WindowClosed(Refusal):
    explanation: Explanation


@dataclass(eq=False)
class WindowOpen(Refusal):
    """What is asked for is only for machines that are left when the window has closed."""

    deployment: DeploymentId
    closes: datetime | None


@dataclass(eq=False)
class SignerMayNot(Refusal):
    """Whoever signed may no longer approve, so the signature no longer counts."""

    deployment: DeploymentId
    signer: PersonId


@dataclass(eq=False)
class ClockWrong(Refusal):
    """Nobody can tell by this machine's clock whether the window is open. `skew` is None while it was not compared."""

    skew: timedelta | None


@dataclass(eq=False)
class ApprovalEnded(Refusal):
    """The window is over, and the approval with it. `touched`: production was changed by then."""

    deployment: DeploymentId
    ended_at: datetime
    touched: bool = False


@dataclass(eq=False)
class CountedAlready(Refusal):
    """The same Slack payload came again: it was counted the first time."""

    verb: str


@dataclass(eq=False)
class NoImage(Refusal):
    """The registry does not have the image."""

    image: str


@dataclass(eq=False)
class Drifted(Refusal):
    """Production was changed outside of Drop, and nobody has said yet who did it and why."""

    drift: Drift


@dataclass(eq=False)
class NothingDrifted(Refusal):
    """Production is as it is known, or what differed was acknowledged."""


@dataclass(eq=False)
class DriftedOn(Refusal):
    """Production was changed again after the button was drawn."""

    drift: Drift


@dataclass(eq=False)
class NoSuchSignOff(Refusal):
    asked: str
    known: tuple[ItemId, ...]
