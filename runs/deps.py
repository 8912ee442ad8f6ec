"""What a run may use."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar
from uuid import uuid4

import structlog

from checklist.calendar import Calendar
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.errors import RecordOutage
from checklist.kinds import Check, CheckKind, FlyRollout
from checklist.marks import Verdict
from checklist.ports import Announcer, Checker, Clock, Fleet, Jobs, PlanFile, Record, Registry, Releases, Volumes, Work
from checklist.record import Fact, Json
from checklist.redaction import Redactor
from checklist.rollout import Strategies, Strategy
from checklist.words import DeploymentId, ItemId, StrategyName
from commands.deps import exact
from runs.drain import Drain
from runs.notes import Note, Notes

T = TypeVar("T")


def fresh_id() -> str:
    return uuid4().hex[:16]


log = structlog.get_logger()
ROLLOUT = ItemId("deploy-trigger")


class Aside(Protocol):
    """Runs synchronous work on the record away from the event loop."""

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]: ...


class NotTheRunner(Exception):
    """This process lost the runner lock: another one acts now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDeps:
    """Everything a run may touch. It reaches the world through ports alone."""

    record: Record
    checklist: Checklist
    calendar: Calendar
    clock: Clock
    fleet: Fleet
    jobs: Jobs
    volumes: Volumes
    registry: Registry
    releases: Releases
    checkers: Mapping[CheckKind, Checker]
    unconnected: Checker
    announcer: Announcer
    aside: Aside
    is_runner: Callable[[], bool]
    owner: str  # names this installation in a lease's description
    agent: str  # the name and version of this program, as machines say what they were deployed with
    plan_file: PlanFile
    strategies: Strategies
    skew: Callable[[], timedelta | None] = exact
    waits: bool = True  # whether a record that cannot be written is waited for; in a shell it is told at once
    new_id: Callable[[], str] = fresh_id
    redactor: Redactor = field(default_factory=Redactor)
    drain: Drain = field(default_factory=Drain)
    notes: Notes = field(default_factory=Notes)
    monotonic: Callable[[], float] = time.monotonic  # seconds, for what is timed

    async def sleep(self, seconds: float) -> None:
        """Between two calls of a run. Raises CancelledError once the process stops."""
        await self.drain.sleep(seconds)

    def now(self) -> datetime:
        return self.clock.now()

    @property
    def pace(self) -> FlyRollout:
        """How patiently a rollout reads, as the checklist's rollout step says."""
        item = self.checklist.item(ROLLOUT)
        params = item.check.params if item and item.check else None
        return params if isinstance(params, FlyRollout) else FlyRollout(app="", digest="")

    def strategy(self, name: StrategyName, max_unavailable: float) -> Strategy:
        """Raises KeyError for one that is not built: the checklist names none such."""
        return self.strategies[name](max_unavailable)

    async def read(self, check: Check) -> Verdict:
        """The verdict of the check, whatever its kind. What it read may hold a secret: the verdict does not."""
        return self.safe(await self.checkers.get(check.kind, self.unconnected)(check))

    def safe(self, verdict: Verdict) -> Verdict:
        """The verdict without anything secret in it."""
        hidden = self.redactor
        return replace(verdict, reason=hidden.text(verdict.reason), evidence=hidden.body(verdict.evidence))

    async def get(self, id: DeploymentId) -> Deployment:
        def look() -> Deployment:
            with self.record.look() as work:
                return work.deployments.get(id)

        return await self.aside(look)

    async def change(self, id: DeploymentId, deed: Callable[[Deployment, Work], Deployment]) -> Deployment:
        """Read the deployment, do the deed, save and commit, all in one transaction."""

        def write() -> Deployment:
            with self.record.work() as work:
                self.mutating()
                before = work.deployments.get(id)
                after = deed(before, work)
                saved = work.deployments.save(after) if after is not before else before
                work.commit()
                return saved

        return await self._kept(write)

    async def note(self, *facts: Fact) -> None:
        """Append to the record and commit: one commit for all that waits when its turn has come.

        Half of a large fleet asks at once, and each commit is a write to the disk that the others wait for.
        """
        with self.notes.waiting(*facts) as note:
            await self._kept(partial(self._write, note))

    def _write(self, note: Note) -> None:
        notes = self.notes.with_(note)
        if not notes:
            return
        with self.record.work() as work:
            self.mutating()
            work.journal.append(*(fact for one in notes for fact in one.facts))
            work.commit()
        self.notes.over(notes)

    async def _kept(self, write: Callable[[], T]) -> T:
        """The run stands still until the record takes it: nothing is sent that was not written down before."""
        while True:
            try:
                return await self.aside(write)
            except RecordOutage as outage:
                if not self.waits:
                    raise
                log.warning("the run waits for the record", advice=outage.advice)
            await self.sleep(1.0)

    def fact(self, kind: str, deployment: DeploymentId, **body: Json) -> Fact:
        return Fact(kind=kind, at=self.now(), by="bot", deployment=deployment, body=self.redactor.body(body))

    def mutating(self) -> None:
        """To be called before each mutation. Raises NotTheRunner when the lock is gone.

        A run's writes to the record ask it inside their transaction: a process that is stopped there has lost the
        transaction before it has lost the lock, so nothing is committed by one that lost it.
        """
        if not self.is_runner():
            raise NotTheRunner


def seconds(duration: timedelta) -> float:
    return duration.total_seconds()
