"""Reading one machine with patience: that Fly does not answer says nothing about the machine."""

from collections.abc import Iterable
from datetime import datetime

from checklist.errors import Gone, Outage
from checklist.plan import Machine
from checklist.words import MachineId
from runs.deps import RunDeps, seconds

REFUSALS = 3  # reads that Fly may refuse outright before it is believed


async def read(deps: RunDeps, app: str, id: MachineId, *, since: datetime) -> Machine:
    """The machine as it is. Raises Outage when Fly has not said by the deadline, Gone when there is no such machine."""
    refused = 0
    while True:
        try:
            return await deps.fleet.machine(app, id)
        except Gone:
            raise
        except Outage as outage:
            refused += not outage.retry
            if refused >= REFUSALS or deps.now() - since > deps.pace.wait_timeout:
                raise
        await deps.sleep(seconds(deps.pace.poll))


async def listed(
    deps: RunDeps, app: str, expected: Iterable[MachineId]
) -> tuple[tuple[Machine, ...], tuple[Machine, ...]]:
    """The machines that Fly lists, and those of the expected that it leaves out though they are there. Raises Outage.

    It has listed too few before (infra log, 2026-04-28): whoever expects a machine asks for it by name.
    """
    found = await deps.fleet.machines(app)
    missing = sorted(set(expected) - {machine.id for machine in found})
    asked = [await _there(deps, app, id) for id in missing]
    return found, tuple(machine for machine in asked if machine)


async def _there(deps: RunDeps, app: str, id: MachineId) -> Machine | None:
    try:
        seen = await deps.fleet.machine(app, id)
    except Gone:
        return None
    return None if seen.is_gone else seen
