"""A rollout: one machine after another, each under a lease, each healthy before the next is touched."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from checklist.deployment import Deployment
from checklist.errors import Conflict, Outage
from checklist.moves import Status
from checklist.plan import Machine, Plan, PlannedMachine
from checklist.ports import Lease
from checklist.words import ImageDigest, MachineId
from commands.deps import CLOCK_WRONG
from runs.deps import RunDeps, seconds
from runs.mutation import LEASE, Change, Mutation, Mutator, StepFailed

REFRESH = 4.0  # seconds between two refreshes of a lease
PATIENCE = timedelta(seconds=18)  # a lease held by somebody else is waited out once
ChangeOf = Callable[[PlannedMachine], Change]


class Stopped(Exception):
    """A person wants the deployment stopped or rolled back: nothing more is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """What one step wants of the whole fleet."""

    deps: RunDeps
    deployment: Deployment
    step: str
    plan: Plan
    digest: ImageDigest | None  # None: each machine goes on with the image on which the plan found it
    change: ChangeOf
    forward: bool  # a forward move stops when the deployment does; a rollback does not
    in_window: bool = False  # a machine is begun only while the window is open; the one in hand is finished

    async def run(self) -> str:
        """Bring every machine there, one at a time. Returns what was done, in words. Raises StepFailed, Outage."""
        done = []
        for planned in self.plan.machines:
            await self._still_wanted()
            machine = await self.bring(planned)
            done.append(f"{machine.id} {machine.instance_id[-6:]}")
        return f"{len(done)}/{len(self.plan.machines)} machines: " + ", ".join(done)

    async def bring(self, planned: PlannedMachine) -> Machine:
        """Bring one machine there and see it healthy."""
        wanted, mutator = await self._wanted(planned), Mutator(self.deps)
        seen = await self._at_rest(mutator, wanted)
        if wanted.there(seen):
            return await self._healthy(seen, wanted.digest)
        self._still_open(planned)
        async with self._leased(planned.id) as lease:
            self._still_open(planned)  # the lease may have been waited for
            return await self._healthy(await mutator.carry_out(wanted, seen, lease), wanted.digest)

    async def _at_rest(self, mutator: Mutator, wanted: Mutation) -> Machine:
        """The machine once nothing else is being done to it: until then Fly refuses an update. Raises StepFailed."""
        began = self.deps.now()
        while (seen := await mutator.look(wanted)).moving:
            await self._still_wanted()
            if self.deps.now() - began > self.deps.pace.wait_timeout:
                raise StepFailed(f"machine {seen.id} is {seen.state} and does not come to rest")
            await self.deps.sleep(seconds(self.deps.pace.poll))
        return seen

    async def _wanted(self, planned: PlannedMachine) -> Mutation:
        expected = await self._known_version(planned) if self.forward else None
        return Mutation(
            deployment=self.deployment.id,
            step=self.step,
            app=self.plan.app,
            machine=planned.id,
            change=self.change(planned),
            digest=self.digest or planned.digest,
            expected=expected,
        )

    async def _known_version(self, planned: PlannedMachine) -> str:
        """The version the record last knew the machine by: our own newest outcome, or the plan's."""

        def look() -> str:
            with self.deps.record.look() as work:
                outcome = work.journal.newest(self.deployment.id, "machine.version.seen", planned.id)
            return str(outcome.fact.body["instance_id"]) if outcome else planned.instance_id

        return await self.deps.aside(look)

    async def _still_wanted(self) -> None:
        self.deps.drain.going()
        if self.forward and (await self.deps.get(self.deployment.id)).status is not Status.DEPLOYING:
            raise Stopped

    def _still_open(self, planned: PlannedMachine) -> None:
        if not self.in_window:
            return
        skew = self.deps.skew()
        if skew is None or abs(skew) > CLOCK_WRONG:
            raise StepFailed(f"the clock is wrong by {skew}: nobody can tell whether the window is open")
        if not self.deps.calendar.explain(self.deps.now()).open:
            raise StepFailed(f"the window closed before machine {planned.id} was begun")

    @asynccontextmanager
    async def _leased(self, machine: MachineId) -> AsyncIterator[Lease]:
        lease = await self._take(machine)
        refreshing = asyncio.create_task(self._refresh(machine, lease))
        try:
            yield lease
        finally:
            refreshing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await refreshing
            await self._release(machine, lease)

    async def _take(self, machine: MachineId) -> Lease:
        """Take the lease; one held by somebody else is never stolen, but waited out once."""
        description = f"drop-bot/{self.deps.owner}/{self.deployment.id}"
        self.deps.mutating()
        waited = timedelta()
        while True:
            try:
                return await self.deps.fleet.take_lease(self.plan.app, machine, description=description, ttl=LEASE)
            except Conflict:
                if waited >= PATIENCE:
                    raise
            await self._still_wanted()
            await self.deps.sleep(1.0)
            waited += timedelta(seconds=1)

    async def _refresh(self, machine: MachineId, lease: Lease) -> None:
        """Until cancelled. A lost lease is found out by the next update, which Fly refuses."""
        while True:
            await asyncio.sleep(REFRESH)
            with contextlib.suppress(Outage):
                await self.deps.fleet.refresh_lease(self.plan.app, machine, lease, ttl=LEASE)

    async def _release(self, machine: MachineId, lease: Lease) -> None:
        """A lease that could not be released ends by itself within seconds."""
        with contextlib.suppress(Outage):
            await self.deps.fleet.release_lease(self.plan.app, machine, lease)

    async def _healthy(self, machine: Machine, digest: ImageDigest) -> Machine:
        """Read until the new version was healthy several times in a row. Raises StepFailed when it will not be."""
        pace, passing, critical = self.deps.pace, 0, 0
        began = self.deps.now()
        while passing < pace.reads:
            await self._still_wanted()
            seen = await self._look(machine, began)
            self._refuse_reverted(seen, machine)
            good = seen.healthy and seen.digest == digest
            passing = passing + 1 if good else 0
            critical = critical + 1 if self._failing(seen, began) else 0
            if critical >= pace.reads:
                raise StepFailed(f"machine {machine.id} does not pass its health checks: {_checks(seen)}")
            if self.deps.now() - began > pace.wait_timeout:
                raise StepFailed(f"machine {machine.id} was not healthy within {pace.wait_timeout}: {seen.state}")
            if passing < pace.reads:
                await self.deps.sleep(seconds(pace.poll))
        seen_version = {"key": machine.id, "instance_id": machine.instance_id, "step": self.step}
        await self.deps.note(self.deps.fact("machine.version.seen", self.deployment.id, **seen_version))
        return machine

    async def _look(self, machine: Machine, began: datetime) -> Machine:
        """One read; while Fly does not answer, keep trying until the deadline."""
        while True:
            try:
                return await self.deps.fleet.machine(self.plan.app, machine.id)
            except Outage as outage:
                if not outage.retry or self.deps.now() - began > self.deps.pace.wait_timeout:
                    raise
            await self.deps.sleep(seconds(self.deps.pace.poll))

    def _failing(self, seen: Machine, began: datetime) -> bool:
        settled = self.deps.now() - began > self.deps.pace.grace
        return settled and seen.state in {"started", "failed"} and not seen.healthy

    def _refuse_reverted(self, seen: Machine, sent: Machine) -> None:
        if seen.instance_id != sent.instance_id:
            raise StepFailed(
                f"machine {sent.id} went to {seen.instance_id}, not to the version we sent (digest {seen.digest})"
            )


def _checks(machine: Machine) -> str:
    return (
        ", ".join(f"{name} {status}" for name, status in sorted(machine.checks.items()))
        or f"no checks, {machine.state}"
    )
