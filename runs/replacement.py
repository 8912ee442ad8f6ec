"""A bluegreen rollout: new machines beside the old ones, a written point of no return, and then the old ones go."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from checklist.errors import Outage
from checklist.launches import Launches, Pairs, obstacle
from checklist.plan import Machine
from checklist.rollout import Formation
from checklist.words import MachineId
from runs.deps import RunDeps
from runs.greens import Launcher, everything, launches
from runs.leasing import Hold
from runs.mutation import StepFailed
from runs.passage import Passage
from runs.rollout import Rollout, Stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What one step wants of the whole fleet, brought about by other machines."""

    rollout: Rollout

    async def run(self) -> str:
        """Replace every machine. Returns what was done, in words. Raises StepFailed, Outage, Stopped.

        Before the point of no return a failure takes the new machines away again, and the old ones are as they were.
        After it nothing destroys a new machine: whoever tries again goes on from what is seen.
        """
        try:
            return await self._run()
        except (StepFailed, Outage, Stopped) as trouble:
            if not (await self._launches()).committed:
                await self._take_back(trouble)
            raise

    async def take_back(self) -> tuple[MachineId, ...]:
        """Destroy the new machines that are in nobody's place. Raises StepFailed, Outage."""
        machines = await self._deps.fleet.machines(self.rollout.plan.app)
        return await self._launcher.sweep(machines)

    async def finish(self) -> None:
        """On a way back from beyond the point of no return: the old machines that are left go all the same."""
        known = await self._launches()
        if known.committed:
            await self._goes_on(await self._pairs(known))

    @property
    def _deps(self) -> RunDeps:
        return self.rollout.deps

    @property
    def _launcher(self) -> Launcher:
        return Launcher(
            deps=self._deps,
            app=self.rollout.plan.app,
            deployment=self.rollout.deployment.id,
            step=self.rollout.step,
        )

    async def _run(self) -> str:
        known = await self._launches()
        for launch in known.all:
            if not launch.settled:
                await self._launcher.settle(launch)
        pairs = await self._pairs(await self._launches())
        if not known.committed and (why := obstacle(list(self._blues(pairs).values()))):
            raise StepFailed(f"{why}. Choose another strategy")
        standing = {launch.id for launch in pairs.launches.standing.values()}
        await self._launcher.sweep(pairs.seen.values(), keep=standing)
        return self._told(await self._goes_on(pairs))

    async def _goes_on(self, pairs: Pairs) -> Formation:
        formation = pairs.formation()
        if not formation.spots:
            raise StepFailed("the hosts of all machines cannot be reached")
        async with self._leased(pairs) as holds:
            passage = Passage(rollout=self.rollout, launcher=self._launcher, pairs=pairs, holds=holds)
            return await passage.goes(formation)

    @asynccontextmanager
    async def _leased(self, pairs: Pairs) -> AsyncIterator[Mapping[MachineId, Hold]]:
        """The old machines are ours until they are gone. Raises Conflict when somebody does not let go of one."""
        leasing = self.rollout.leasing()
        async with AsyncExitStack() as stack:
            holds = {}
            for id, blue in self._blues(pairs).items():
                if blue.reachable:
                    holds[id] = await stack.enter_async_context(leasing.held(id))
            yield holds

    def _blues(self, pairs: Pairs) -> Mapping[MachineId, Machine]:
        return {one.id: pairs.seen[one.id] for one in self.rollout.plan.machines if one.id in pairs.seen}

    async def _pairs(self, known: Launches) -> Pairs:
        planned = self.rollout.plan.machines
        greens = [launch.green for launch in known.standing.values() if launch.green]
        seen = await everything(self._deps, self.rollout.plan.app, [*(one.id for one in planned), *greens])
        gone = sorted(str(one) for one in greens if one not in seen)
        if known.committed and gone:
            raise StepFailed(f"machines that stand in the place of others are gone: {', '.join(gone)}")
        return Pairs(planned, seen, known)

    async def _launches(self) -> Launches:
        return await launches(self._deps, self.rollout.deployment.id)

    async def _take_back(self, trouble: Exception) -> None:
        """What is left of it is swept before the next try."""
        words = str(trouble)
        try:
            gone = await self.take_back()
        except (StepFailed, Outage) as left:
            raise StepFailed(f"{words}; new machines are left, which take no requests: {left}") from trouble
        if gone and not isinstance(trouble, Stopped):
            destroyed = f"the new machines were destroyed ({', '.join(gone)})"
            raise StepFailed(f"{words}; {destroyed}, and the old ones are as they were") from trouble

    def _told(self, formation: Formation) -> str:
        machines = self.rollout.plan.machines
        words = f"{len(formation.spots)}/{len(machines)} machines replaced by new ones"
        lost = sorted({one.id for one in machines} - {spot.id for spot in formation.spots})
        return words + (f"; not replaced, for their hosts cannot be reached: {', '.join(lost)}" if lost else "")
