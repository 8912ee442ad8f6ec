"""The passage of a bluegreen rollout: all pairs of an old and a new machine, together, past the point of no return."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from checklist.deployment import Deployment
from checklist.errors import Outage
from checklist.fly_releases import with_release
from checklist.launches import Pairs, launch_id_of
from checklist.moves import Status
from checklist.plan import Machine, PlannedMachine
from checklist.ports import Work
from checklist.record import Fact, Json
from checklist.rollout import Action, Cordon, Create, Destroy, Formation, PassTime, Stop, Uncordon, Watch
from checklist.words import ImageDigest, MachineId
from runs.deeds import Deeds
from runs.deps import RunDeps, seconds
from runs.greens import Launcher, launches
from runs.leasing import Hold
from runs.mutation import StepFailed
from runs.observation import Wanted
from runs.reading import read
from runs.rollout import Rollout, Stopped

Do = Callable[[MachineId], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Passage:
    """The way of all pairs, stair by stair."""

    rollout: Rollout
    launcher: Launcher
    pairs: Pairs
    holds: Mapping[MachineId, Hold]
    greens: dict[MachineId, Machine] = field(init=False)  # by blue
    committed: bool = field(init=False)

    def __post_init__(self) -> None:
        self.committed = self.pairs.launches.committed
        found = {one.id: self.pairs.green(one.id) for one in self.pairs.machines}
        self.greens = {blue: green for blue, green in found.items() if green}

    async def goes(self, formation: Formation) -> Formation:
        """To the end. Raises StepFailed, Outage, Stopped."""
        while actions := self.rollout.strategy.next(formation):
            await self.rollout.still_wanted()
            if any(isinstance(action, Uncordon) for action in actions):
                await self._commit()
            formation = await self._wave(formation, actions)
        return formation

    async def _wave(self, formation: Formation, actions: tuple[Action, ...]) -> Formation:
        """All of these at once, each to its end; then the first trouble, or where they stand."""
        deeds = self._deeds(formation)
        outcomes = await asyncio.gather(*(deeds[type(one)](one.id) for one in actions), return_exceptions=True)
        troubles = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if troubles:
            raise next((one for one in troubles if not isinstance(one, StepFailed | Outage)), troubles[0])
        for action in actions:
            formation = formation.risen(action.id)
        return formation

    def _deeds(self, formation: Formation) -> Mapping[type[Action], Do]:
        async def create(id: MachineId) -> None:
            await self._create(id, launch=formation.at_id(id).launch)

        async def watch(id: MachineId) -> None:
            await self._watch(id, runs=formation.at_id(id).launch)

        return {
            Create: create,
            Watch: watch,
            Uncordon: self._uncordon,
            PassTime: self._pass_time,
            Cordon: self._cordon,
            Stop: self._stop,
            Destroy: self._destroy,
        }

    @property
    def _deps(self) -> RunDeps:
        return self.rollout.deps

    async def _create(self, id: MachineId, *, launch: bool) -> None:
        await self.rollout.still_wanted()
        planned = self._planned(id)
        blue = await read(self._deps, self.rollout.plan.app, id, since=self._deps.now())
        if blue.instance_id not in await self.rollout.known_versions(planned):
            raise StepFailed(f"machine {id} was changed by someone else: {blue.instance_id}")
        config = with_release(self.rollout.change(planned)(blue.config), self.rollout.marks)
        may_begin = partial(self.rollout.still_open, planned)  # Fly may have been waited for
        self.greens[id] = await self.launcher.make(
            blue, config, image=self._digest, launch=launch, still_open=may_begin
        )

    async def _watch(self, id: MachineId, *, runs: bool) -> None:
        green = self.greens[id]
        await self.rollout.sees(Wanted(id=green.id, instance_id=green.instance_id, digest=self._digest, runs=runs))

    async def _commit(self) -> None:
        """The point of no return, written down before the first new machine is let in. Raises Stopped, StepFailed."""
        if not self.committed:
            await self._pass_it()
        await self._export()

    async def _pass_it(self) -> None:
        for planned in self.pairs.machines:
            self.rollout.still_open(planned)
        facts = [self._replaced(blue, green) for blue, green in sorted(self.greens.items())]
        greens: list[Json] = [green.id for green in self.greens.values()]
        facts.append(self._fact("no_return.passed", key=self.rollout.step, machines=greens))

        def pass_it(found: Deployment, work: Work) -> Deployment:
            if found.status is not Status.DEPLOYING:
                raise Stopped
            work.journal.append(*facts)
            return found

        await self._deps.change(self.rollout.deployment.id, pass_it)
        self.committed = True

    async def _export(self) -> None:
        """The way back without the record leads to the new machines from now on."""
        plan = (await launches(self._deps, self.rollout.deployment.id)).in_place(self.rollout.plan)
        await self._deps.note(self._fact("plan.exported", key=plan.digest))
        await self._deps.aside(lambda: self._deps.plan_file.write(plan))

    async def _uncordon(self, id: MachineId) -> None:
        green, leasing = self.greens[id], self.rollout.leasing()
        async with leasing.held(green.id) as hold:
            await self._done_by.uncordon(green.id, hold)

    async def _pass_time(self, id: MachineId) -> None:
        await self._deps.sleep(seconds(self._deps.pace.proxies))

    async def _cordon(self, id: MachineId) -> None:
        if id in self.holds:
            await self._done_by.cordon(id, self.holds[id])

    async def _stop(self, id: MachineId) -> None:
        if id in self.holds:
            await self._done_by.stop(id, self.holds[id])

    async def _destroy(self, id: MachineId) -> None:
        await self._done_by.destroy(id, self.holds.get(id))

    @property
    def _done_by(self) -> Deeds:
        rollout = self.rollout
        return Deeds(
            deps=rollout.deps,
            app=rollout.plan.app,
            deployment=rollout.deployment.id,
            step=rollout.step,
            leasing=rollout.leasing(),
        )

    @property
    def _digest(self) -> ImageDigest:
        """What all new machines run."""
        return self.rollout.digest or self.rollout.plan.image

    def _planned(self, id: MachineId) -> PlannedMachine:
        return next(one for one in self.pairs.machines if one.id == id)

    def _replaced(self, blue: MachineId, green: Machine) -> Fact:
        launch = launch_id_of(green)
        return self._fact("machine.replaced", key=launch, blue=blue, machine=green.id, instance_id=green.instance_id)

    def _fact(self, kind: str, **body: Json) -> Fact:
        return self._deps.fact(kind, self.rollout.deployment.id, step=self.rollout.step, **body)
