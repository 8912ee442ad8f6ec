"""Seeing that a machine is what was sent: the answer to an update comes before the swap, and proves nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from checklist.errors import Gone
from checklist.plan import Machine
from checklist.words import ImageDigest, MachineId
from runs.deps import RunDeps, seconds
from runs.mutation import StepFailed
from runs.prospect import HASTE, MORE_HASTE, Prospect
from runs.reading import read

MOST_CRASHES = 2  # after which a machine is not waited for: it starts, ends, and starts again (flyctl's smoke check)
BEHIND = timedelta(seconds=5)  # for so long not every node of Fly's need have heard of what was done (flyctl #4618)


class Replaced(StepFailed):
    """The machine runs a version that we did not send: that it is healthy is no success (flyctl #4878)."""

    def __init__(self, seen: Machine) -> None:
        super().__init__(
            f"machine {seen.id} went to {seen.instance_id}, not to the version we sent (digest {seen.digest})"
        )
        self.seen = seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What must be seen of one machine."""

    id: MachineId
    instance_id: str
    digest: ImageDigest
    runs: bool = True  # False: it stands still, and is to go on standing still
    crashes: int = 0  # the unasked exits that it had before; an update forgets them all
    just_sent: bool = False  # Fly has only now taken the update: how long it takes is how long the others will


@dataclass(slots=True)
class _Reading:
    """What the reads so far amount to."""

    began: datetime
    passing: int = 0
    up_since: datetime | None = None  # the version that we sent is seen to have started
    failing_since: datetime | None = None
    another_since: datetime | None = None  # a version that we did not send is seen
    crashes: int = 0  # unasked exits of the version that we sent, by now

    def counts(self, seen: Machine, *, well: bool) -> None:
        """One read more on which it is well, or the first again: after an exit, what was seen before counts no more."""
        so_far = 0 if seen.crashes > self.crashes else self.passing
        self.passing, self.crashes = so_far + 1 if well else 0, seen.crashes


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Reads one machine until it was well several times in a row, or will not be."""

    deps: RunDeps
    app: str
    still_wanted: Callable[[], Awaitable[None]] = field(repr=False)
    prospects: dict[str, Prospect] = field(default_factory=dict)  # by process group; added to by what is seen

    async def sees(self, wanted: Wanted) -> Machine:
        """The machine, well on all reads. Raises StepFailed when it will not be, Outage when Fly does not say."""
        pace, reading = self.deps.pace, _Reading(self.deps.now(), crashes=wanted.crashes)
        while True:
            await self.still_wanted()
            seen = await self._read(wanted, since=reading.began)
            self._refuse_another(seen, wanted, reading)
            reading.counts(seen, well=_well(seen, wanted))
            if reading.passing == 1:
                self._learn(seen, wanted, reading)
            if reading.passing >= pace.reads:
                return seen
            self._give_up(seen, wanted, reading)
            await self.deps.sleep(seconds(self._pause(seen, wanted, reading)))

    async def _read(self, wanted: Wanted, *, since: datetime) -> Machine:
        while True:
            try:
                return await read(self.deps, self.app, wanted.id, since=since)
            except Gone as gone:
                if self.deps.now() - since > BEHIND:
                    raise StepFailed(f"machine {wanted.id} is gone: {gone.advice}") from gone
            await self.deps.sleep(seconds(self.deps.pace.poll) / HASTE)

    def _learn(self, seen: Machine, wanted: Wanted, reading: _Reading) -> None:
        """One that stands still is well at once, and one that was updated before a crash has no known beginning."""
        if wanted.runs and wanted.just_sent:
            took = self.deps.now() - reading.began
            self.prospects[seen.group] = self._prospect(seen, wanted).after(took)

    def _prospect(self, seen: Machine, wanted: Wanted) -> Prospect:
        return self.prospects.get(seen.group, Prospect()) if wanted.just_sent else Prospect()

    def _pause(self, seen: Machine, wanted: Wanted, reading: _Reading) -> timedelta:
        poll = self.deps.pace.poll
        if reading.passing:
            return poll
        often = HASTE if seen.moving else MORE_HASTE
        return self._prospect(seen, wanted).pause(self.deps.now() - reading.began, poll=poll, often=often)

    def _give_up(self, seen: Machine, wanted: Wanted, reading: _Reading) -> None:
        now, pace = self.deps.now(), self.deps.pace
        if seen.instance_id == wanted.instance_id:
            _refuse_ended(seen, wanted)
        if self._failing(seen, wanted, reading):
            reading.failing_since = reading.failing_since or now
            if now - reading.failing_since >= pace.poll * (pace.reads - 1):
                raise StepFailed(f"machine {seen.id} does not pass its health checks: {_checks(seen)}")
        else:
            reading.failing_since = None
        within = pace.wait_timeout + seen.stops_within
        if now - reading.began > within:
            raise StepFailed(f"machine {seen.id} was not healthy within {within}: {seen.state}")

    def _refuse_another(self, seen: Machine, wanted: Wanted, reading: _Reading) -> None:
        """Another version is believed once it was seen for so long that no node can be behind any more."""
        if seen.is_gone:
            raise StepFailed(f"machine {seen.id} is gone: it is {seen.state}")
        if not seen.reachable:
            raise StepFailed(f"machine {seen.id} is on a host that cannot be reached")
        if seen.instance_id == wanted.instance_id:
            reading.another_since = None
            return
        reading.another_since = reading.another_since or self.deps.now()
        if self.deps.now() - reading.another_since > BEHIND:
            raise Replaced(seen)

    def _failing(self, seen: Machine, wanted: Wanted, reading: _Reading) -> bool:
        """Until a machine has started, however long its image takes to come, its checks say nothing."""
        if seen.instance_id != wanted.instance_id or not wanted.runs or seen.state not in {"started", "failed"}:
            return False
        reading.up_since = reading.up_since or self.deps.now()
        grace = seen.proves_within if self.deps.pace.grace is None else self.deps.pace.grace
        return not seen.healthy and self.deps.now() - reading.up_since > grace


def _refuse_ended(seen: Machine, wanted: Wanted) -> None:
    if seen.crashes - wanted.crashes >= MOST_CRASHES:
        raise StepFailed(f"machine {seen.id} starts and ends again: {seen.crashes} exits that nobody asked for")
    if wanted.runs and seen.crashes > wanted.crashes and seen.stands_still and not seen.restarts:
        raise StepFailed(f"machine {seen.id} has ended, and its config has nothing start it again")


def _well(seen: Machine, wanted: Wanted) -> bool:
    """It runs the version that was sent, and is healthy; or it stands still with it, as it did before."""
    if seen.instance_id != wanted.instance_id or seen.digest != wanted.digest:
        return False
    return seen.healthy if wanted.runs else seen.stands_still


def _checks(machine: Machine) -> str:
    return (
        ", ".join(f"{name} {status}" for name, status in sorted(machine.checks.items()))
        or f"no checks, {machine.state}"
    )
