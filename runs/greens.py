"""Machines that are made, and unmade: an intent with a launch id first, and after a lost answer a look for that id."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from checklist.errors import Ambiguous, Outage
from checklist.launches import Launch, Launches, deployment_of, launch_id_of, launches_of, with_launch
from checklist.plan import Machine, Plan, config_hash
from checklist.ports import Journal
from checklist.record import Json
from checklist.words import DeploymentId, ImageDigest, MachineId
from runs.deeds import Deeds
from runs.deps import RunDeps, seconds
from runs.leasing import Leasing
from runs.mutation import StepFailed
from runs.reading import listed

PAUSES = (0.5, 1.0, 2.0)  # seconds after each try that made no machine
LOOKS = 5  # reads of the list before a create without an answer is taken as not applied


@dataclass(frozen=True, slots=True, kw_only=True)
class Launcher:
    """Makes the greens of one step, each exactly once, and takes away what has no place."""

    deps: RunDeps
    app: str
    deployment: DeploymentId
    step: str

    async def make(
        self,
        blue: Machine,
        config: Mapping[str, Json],
        *,
        image: ImageDigest,
        launch: bool,
        still_open: Callable[[], None],
    ) -> Machine:
        """A machine beside the blue one, cordoned. Each try asks `still_open` first. Raises StepFailed, Outage."""
        for pause in PAUSES:
            still_open()
            id = f"{self.deployment}/{blue.id}/{self.deps.new_id()}"
            made = await self._made(id, blue, with_launch(config, id), image, launch)
            if made:
                return made
            await self.deps.sleep(pause)
        raise StepFailed(f"no machine was made in place of {blue.id} in {len(PAUSES)} tries")

    async def settle(self, launch: Launch) -> None:
        """A create without an outcome, from before a crash: look whether it was applied. Raises Outage."""
        await self._settled(launch.id, launch.blue, await self._look_for(launch.id))

    async def sweep(self, machines: Iterable[Machine], *, keep: Collection[str] = ()) -> tuple[MachineId, ...]:
        """Destroy what launches of ours have left behind, but for these launches. Raises StepFailed, Outage.

        One that does not go keeps the others from nothing.
        """
        left = [one for one in await leftovers(self.deps, machines) if launch_id_of(one) not in keep]
        stay = []
        for machine in left:
            try:
                await self._destroy(machine)
            except (StepFailed, Outage) as trouble:
                stay.append(f"machine {machine.id}: {trouble}")
        if stay:
            raise StepFailed("; ".join(stay))
        return tuple(machine.id for machine in left)

    async def _destroy(self, machine: Machine) -> None:
        leasing = Leasing(deps=self.deps, app=self.app, deployment=self.deployment, still_wanted=_always)
        deeds = Deeds(deps=self.deps, app=self.app, deployment=self.deployment, step=self.step, leasing=leasing)
        if not machine.reachable:
            return await deeds.destroy(machine.id, None)
        async with leasing.held(machine.id) as hold:
            return await deeds.destroy(machine.id, hold)

    async def _made(
        self, id: str, blue: Machine, config: Mapping[str, Json], image: ImageDigest, launch: bool
    ) -> Machine | None:
        """None when it was not, and may be tried again."""
        self.deps.drain.going()
        self.deps.mutating()
        await self._note("intended", id, blue.id, image=image, config=config_hash(config), launch=launch)
        try:
            made = await self.deps.fleet.create(self.app, config=config, region=blue.region, launch=launch)
        except Ambiguous:
            return await self._settled(id, blue.id, await self._look_for(id))
        except Outage as refusal:
            await self._note("settled", id, blue.id, result="refused")
            if not refusal.retry:
                raise
            return None
        return await self._settled(id, blue.id, made)

    async def _settled(self, id: str, blue: MachineId, made: Machine | None) -> Machine | None:
        if made is None:
            await self._note("settled", id, blue, result="not made")
            return None
        await self._note("settled", id, blue, result="made", machine=made.id, instance_id=made.instance_id)
        return made

    async def _look_for(self, launch: str) -> Machine | None:
        """The machine of this launch, once the list shows it."""
        for _ in range(LOOKS):
            listed = await self.deps.fleet.machines(self.app)
            if found := next((machine for machine in listed if launch_id_of(machine) == launch), None):
                return found
            await self.deps.sleep(seconds(self.deps.pace.poll))
        return None

    async def _note(self, deed: str, id: str, blue: MachineId, **body: Json) -> None:
        about: dict[str, Json] = {"key": id, "blue": blue, "step": self.step}
        await self.deps.note(self.deps.fact(f"machine.create.{deed}", self.deployment, **about, **body))


async def launches(deps: RunDeps, deployment: DeploymentId) -> Launches:
    """What the record knows of the deployment's launches."""

    def look() -> Launches:
        with deps.record.look() as work:
            return launches_of(work.journal.entries(deployment))

    return await deps.aside(look)


async def in_place(deps: RunDeps, plan: Plan) -> Plan:
    """The plan with the machines that stand where its own stood."""
    return (await launches(deps, plan.deployment)).in_place(plan)


async def leftovers(deps: RunDeps, machines: Iterable[Machine]) -> tuple[Machine, ...]:
    """Those of the machines that a launch of ours has made, and that never took anybody's place."""

    def look() -> tuple[Machine, ...]:
        with deps.record.look() as work:
            return tuple(machine for machine in machines if _has_no_place(machine, work.journal))

    return await deps.aside(look)


async def everything(deps: RunDeps, app: str, ids: Collection[MachineId]) -> dict[MachineId, Machine]:
    """Every machine, by id; those too that the list leaves out though they are there. Raises Outage."""
    found, left_out = await listed(deps, app, ids)
    return {machine.id: machine for machine in (*found, *left_out) if not machine.is_gone}


def _has_no_place(machine: Machine, journal: Journal) -> bool:
    launch = launch_id_of(machine)
    if not launch:
        return False
    deployment = deployment_of(launch)
    return bool(
        journal.newest(deployment, "machine.create.intended", launch)
        and not journal.newest(deployment, "machine.replaced", launch)
    )


async def _always() -> None:
    """What is taken back is wanted whatever people have decided since."""
