"""Which machine is next. Pure: the fleet goes in, the next move comes out; a run carries it out."""

from collections.abc import Collection, Iterable

from checklist.errors import Conflict
from checklist.plan import Machine, PlannedMachine
from checklist.words import ImageDigest, MachineId
from fly.errors import SYSTEM


def next_machine(
    planned: Iterable[PlannedMachine], machines: Iterable[Machine], done: Collection[MachineId], *, image: ImageDigest
) -> PlannedMachine | None:
    """Forward, by id: the first machine goes alone, then the others one by one; None when all are done.

    Raises Conflict when the fleet is not the planned one, or when a machine that is done has not stayed healthy on
    the image: then nobody else follows it.
    """
    fleet = {machine.id: machine for machine in machines}
    plan = sorted(planned, key=lambda machine: machine.id)
    _same_fleet(plan, fleet)
    for id in sorted(done):
        _stayed(fleet[id], image)
    return next((machine for machine in plan if machine.id not in done), None)


def next_to_roll_back(
    machines: Iterable[Machine], done: Collection[MachineId], *, image: ImageDigest
) -> Machine | None:
    """Backward: whoever is not on the image yet, the sick before the healthy. One that fails holds up nobody."""
    left = [machine for machine in machines if machine.id not in done and machine.digest != image]
    return min(left, key=lambda machine: (machine.healthy, machine.id), default=None)


def _same_fleet(plan: list[PlannedMachine], fleet: dict[MachineId, Machine]) -> None:
    known = {machine.id for machine in plan}
    gone, new = sorted(known - fleet.keys()), sorted(fleet.keys() - known)
    if gone or new:
        changes = [f"{id} is gone" for id in gone] + [f"{id} is not in the plan" for id in new]
        raise Conflict(SYSTEM, f"the machines are not those of the plan: {', '.join(changes)}")


def _stayed(machine: Machine, image: ImageDigest) -> None:
    if machine.digest != image:
        raise Conflict(SYSTEM, f"machine {machine.id} was updated, but runs {machine.digest or 'an unknown image'}")
    if not machine.healthy:
        raise Conflict(SYSTEM, f"machine {machine.id} was updated, but is not healthy")
