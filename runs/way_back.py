"""How the machines go back: more of them at once than on the way forward."""

import contextlib

from checklist.errors import Outage
from checklist.plan import Plan
from checklist.rollout import Strategy
from checklist.words import StrategyName
from runs.deps import RunDeps

AWAY_AT_ONCE = 0.5  # of the machines: a way back is quicker than a way forward


async def way_back(deps: RunDeps, plan: Plan) -> Strategy:
    """Half of the machines at once; all at once when none is healthy, for then nobody is served anyway."""
    name = StrategyName.ROLLING
    with contextlib.suppress(Outage):
        machines = await deps.fleet.machines(plan.app)
        if not any(machine.healthy for machine in machines):
            name = StrategyName.IMMEDIATE
    return deps.strategy(name, AWAY_AT_ONCE)
