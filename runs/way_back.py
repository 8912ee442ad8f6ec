"""How the machines go back: more of them at once than on the way forward, and without waiting for a list."""

import asyncio
from collections.abc import Iterable

from checklist.errors import Outage
from checklist.plan import Machine
from checklist.rollout import Strategy
from checklist.words import MachineId, StrategyName
from runs.deps import RunDeps

AWAY_AT_ONCE = 0.5  # of the machines: a way back is quicker than a way forward


async def one_by_one(deps: RunDeps, app: str, ids: Iterable[MachineId]) -> tuple[Machine, ...]:
    """Each machine asked for by itself, but those that Fly does not show.

    Fly lists an app's machines once a second, and others may have asked just now: a way back does not wait for them.
    """

    async def look(id: MachineId) -> Machine | None:
        try:
            return await deps.fleet.machine(app, id)
        except Outage:
            return None

    return tuple(machine for machine in await asyncio.gather(*map(look, ids)) if machine)


def way_back(deps: RunDeps, seen: Iterable[Machine]) -> Strategy:
    """Half of the machines at once; all at once when none is healthy, for then nobody is served anyway.

    Where Fly shows no machine, nobody knows that.
    """
    machines = tuple(seen)
    served = any(machine.healthy for machine in machines) or not machines
    return deps.strategy(StrategyName.ROLLING if served else StrategyName.IMMEDIATE, AWAY_AT_ONCE)
