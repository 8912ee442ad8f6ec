"""Launches: the machines that a bluegreen rollout makes in place of others, as the record and Fly know them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from checklist.fly_releases import MANAGED, PLATFORM_VERSION
from checklist.plan import LAUNCH_ID, Machine, Plan, PlannedMachine
from checklist.record import Entry, Json
from checklist.rollout import Formation, Spot, Stage
from checklist.words import DeploymentId, MachineId


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One green machine, from before it is made. `blue` is the machine that it is to follow."""

    id: str
    blue: MachineId
    launch: bool  # it is started
    settled: bool = False  # it is known whether it was made
    green: MachineId | None = None
    instance_id: str = ""
    over: bool = False  # it was not made, or is destroyed again


@dataclass(frozen=True, slots=True)
class Launches:
    """The launches of one deployment. Once `committed`, the greens are production and the blues go."""

    all: tuple[Launch, ...] = ()
    committed: bool = False

    @property
    def standing(self) -> Mapping[MachineId, Launch]:
        """By blue, the launch that counts."""
        return {launch.blue: launch for launch in self.all if not launch.over}

    def now(self, id: MachineId) -> MachineId:
        """The id under which a machine of the plan stands now."""
        launch = self.standing.get(id) if self.committed else None
        return launch.green if launch and launch.green else id

    def in_place(self, plan: Plan) -> Plan:
        """The plan with each machine that was replaced under its new id; every later step acts on that one."""
        greens = self.standing if self.committed else {}
        return replace(plan, machines=tuple(_as_green(one, greens.get(one.id)) for one in plan.machines))


def launches_of(entries: Iterable[Entry]) -> Launches:
    """What the entries of one deployment tell of its launches."""
    found: dict[str, Launch] = {}
    committed = False
    for entry in entries:
        kind, body = entry.fact.kind, entry.fact.body
        key = str(body.get("key", ""))
        if kind == "machine.create.intended":
            found[key] = Launch(id=key, blue=MachineId(str(body["blue"])), launch=bool(body["launch"]))
        elif kind == "machine.create.settled":
            found[key] = _settled(found[key], body)
        elif kind == "machine.destroy.intended":
            found |= {id: replace(one, over=True) for id, one in found.items() if one.green == body["machine"]}
        elif kind == "no_return.passed":
            committed = True
    return Launches(tuple(found.values()), committed)


def launch_id_of(machine: Machine) -> str:
    return str(machine.metadata.get(LAUNCH_ID) or "")


def deployment_of(launch: str) -> DeploymentId:
    """The deployment that a launch id names."""
    return DeploymentId(launch.partition("/")[0])


def with_launch(config: Mapping[str, Json], launch: str) -> dict[str, Json]:
    """The same config under a launch id."""
    metadata = config.get("metadata")
    return {**config, "metadata": {**(metadata if isinstance(metadata, dict) else {}), LAUNCH_ID: launch}}


def obstacle(blues: Sequence[Machine]) -> str:
    """Why these machines cannot be replaced by others, in words; empty when they can."""
    reachable = [blue for blue in blues if blue.reachable]
    if mounted := [blue.id for blue in reachable if blue.config.get("mounts")]:
        return f"a volume cannot follow to another machine: {', '.join(mounted)}"
    if standbys := [blue.id for blue in reachable if blue.config.get("standbys")]:
        return f"a standby stands in for a machine that would be gone: {', '.join(standbys)}"
    if unmanaged := [blue.id for blue in reachable if blue.metadata.get(PLATFORM_VERSION) != MANAGED]:
        return f"not made by a deployment ({PLATFORM_VERSION} is not {MANAGED}): {', '.join(unmanaged)}"
    if len({blue.digest for blue in reachable if blue.digest}) > 1:  # now and then Fly names none for a machine
        images = ", ".join(f"{blue.id} runs {blue.tag or blue.digest[7:19]}" for blue in reachable)
        return f"the machines run several images: {images}"
    if not any(map(_has_checks, reachable)):
        return "no machine has a health check, so nobody could tell whether the new ones are well"
    return ""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The machines of the plan and their greens, as they were seen last, by id."""

    machines: tuple[PlannedMachine, ...]
    seen: Mapping[MachineId, Machine]
    launches: Launches = field(default_factory=Launches)

    def blue(self, id: MachineId) -> Machine | None:
        """None once it is gone."""
        return self.seen.get(id)

    def green(self, id: MachineId) -> Machine | None:
        """The machine that follows this blue; None while there is none."""
        launch = self.launches.standing.get(id)
        return self.seen.get(launch.green) if launch and launch.green else None

    def formation(self) -> Formation:
        """Where each pair stands. A blue on a host that cannot be reached is left out, unless it has a green."""
        spots = [self._spot(planned) for planned in sorted(self.machines, key=lambda one: one.id)]
        return _with_one_to_watch(Formation(tuple(spot for spot in spots if spot)), self._watched())

    def _watched(self) -> Collection[MachineId]:
        """The machines of which somebody can tell whether they are well."""
        seen = {one.id: self.blue(one.id) or self.green(one.id) for one in self.machines}
        return {id for id, machine in seen.items() if machine and _has_checks(machine)}

    def _spot(self, planned: PlannedMachine) -> Spot | None:
        blue, launch = self.blue(planned.id), self.launches.standing.get(planned.id)
        if launch is None and (blue is None or not blue.reachable):
            return None
        warm = launch.launch if launch else blue is not None and not blue.stands_still
        return Spot(id=planned.id, group=planned.group, warm=warm, stage=self._stage(planned.id), launch=warm)

    def _stage(self, id: MachineId) -> Stage:
        blue, green = self.blue(id), self.green(id)
        if green is None:
            return Stage.FAILED if self.launches.committed else Stage.AHEAD
        if not self.launches.committed:
            return Stage.MADE
        if green.cordoned:
            return Stage.WELL
        if blue is None:
            return Stage.THERE
        return Stage.CORDONED if blue.cordoned else Stage.OPEN


def _settled(launch: Launch, body: Mapping[str, Json]) -> Launch:
    if body["result"] != "made":
        return replace(launch, settled=True, over=True)
    return replace(launch, settled=True, green=MachineId(str(body["machine"])), instance_id=str(body["instance_id"]))


def _as_green(planned: PlannedMachine, launch: Launch | None) -> PlannedMachine:
    if launch is None or launch.green is None:
        return planned
    return replace(planned, id=launch.green, instance_id=launch.instance_id)


def _has_checks(machine: Machine) -> bool:
    services = machine.config.get("services")
    of_services = (one.get("checks") for one in services if isinstance(one, dict)) if isinstance(services, list) else ()
    return bool(machine.config.get("checks")) or any(of_services)


def _with_one_to_watch(formation: Formation, watched: Collection[MachineId]) -> Formation:
    """In a group that stands still one green is started all the same: without that nobody would know (flyctl).

    But in a group without checks nobody would know with it either.
    """
    cold = [group for group in formation.groups() if not any(spot.launch for spot in group.spots)]
    chosen = {next((spot.id for spot in group.spots if spot.id in watched), None) for group in cold}
    return Formation(tuple(replace(spot, launch=spot.launch or spot.id in chosen) for spot in formation.spots))
