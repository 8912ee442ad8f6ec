"""Leases: one machine is ours for the time of a change. Short, refreshed, released, and never another's."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from checklist.errors import Conflict, Outage
from checklist.ports import Lease
from checklist.words import DeploymentId, MachineId
from runs.deps import RunDeps

LEASE = timedelta(seconds=13)  # flyctl's own time to live: a dead process keeps nobody waiting for longer
REFRESH = 4.0  # seconds between two refreshes
PATIENCE = timedelta(seconds=18)  # a lease held by somebody else is waited out once
StillWanted = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Hold:
    """The lease that we hold on a machine now. Taken anew, it has another nonce."""

    lease: Lease


@dataclass(frozen=True, slots=True, kw_only=True)
class Leasing:
    """Takes leases for one deployment. Their description names it, so that our own are known again after a crash."""

    deps: RunDeps
    app: str
    deployment: DeploymentId
    still_wanted: StillWanted = field(repr=False)

    @asynccontextmanager
    async def held(self, machine: MachineId) -> AsyncIterator[Hold]:
        """Ours from here to the end of the block. Raises Conflict when somebody else does not let go of it."""
        hold = Hold(await self._take(machine))
        refreshing = asyncio.create_task(self._refresh(machine, hold))
        try:
            yield hold
        finally:
            refreshing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await refreshing
            await self._release(machine, hold)

    async def again(self, machine: MachineId, hold: Hold) -> None:
        """Take a lease that was lost. Whoever asks has seen that the machine is still the one that we knew."""
        hold.lease = await self._take(machine)

    async def _take(self, machine: MachineId) -> Lease:
        description = f"drop-bot/{self.deps.owner}/{self.deployment}"
        self.deps.mutating()
        waited = timedelta()
        while True:
            try:
                return await self.deps.fleet.take_lease(self.app, machine, description=description, ttl=LEASE)
            except Conflict:
                if waited >= PATIENCE:
                    raise
            await self.still_wanted()
            await self.deps.sleep(1.0)
            waited += timedelta(seconds=1)

    async def _refresh(self, machine: MachineId, hold: Hold) -> None:
        """Until cancelled. A lost lease is found out by the next update, which Fly refuses."""
        while True:
            await asyncio.sleep(REFRESH)
            with contextlib.suppress(Outage):
                await self.deps.fleet.refresh_lease(self.app, machine, hold.lease, ttl=LEASE)

    async def _release(self, machine: MachineId, hold: Hold) -> None:
        """A lease that could not be released ends by itself: nobody tries for longer than that."""
        with contextlib.suppress(Outage, TimeoutError):
            async with asyncio.timeout(LEASE.total_seconds()):
                await self.deps.fleet.release_lease(self.app, machine, hold.lease)
