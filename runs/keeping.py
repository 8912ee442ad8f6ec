"""Before production is touched, its configs are kept; when a run stops or ends, what runs then is read once more."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta

from checklist.deployment import Deployment
from checklist.errors import Outage
from checklist.kept import KeptConfig, keep
from checklist.plan import Machine, Plan
from checklist.secrets import digests
from checklist.standings import Standings, standings_of
from checklist.words import DeploymentId, MachineId
from runs.deps import RunDeps, seconds
from runs.greens import launches

LOOKS_WITHIN = timedelta(seconds=5)  # what is known already is not held back for longer than that


def kept_configs(deps: RunDeps, machines: Iterable[Machine]) -> tuple[KeptConfig, ...]:
    """The configs of these machines, but for what is secret in them."""
    return tuple(keep(machine, deps.redactor) for machine in machines if machine.config)


async def kept_of(deps: RunDeps, id: DeploymentId) -> Mapping[MachineId, KeptConfig]:
    """The configs that were kept before this deployment touched production, by machine."""

    def look() -> tuple[KeptConfig, ...]:
        with deps.record.look() as work:
            return work.configs.of(id)

    return {kept.machine: kept for kept in await deps.aside(look)}


async def standings(deps: RunDeps, deployment: Deployment) -> Standings | None:
    """Machine by machine what runs now; or that Fly did not say. None without a plan to hold it against."""
    if deployment.plan is None:
        return None
    known, kept = await launches(deps, deployment.id), await kept_of(deps, deployment.id)
    kept = {known.now(id): config for id, config in kept.items()}
    try:
        async with asyncio.timeout(seconds(LOOKS_WITHIN)):
            return (await _read(deps, known.in_place(deployment.plan), kept)).safe(deps.redactor)
    except Outage as outage:
        trouble = f"{outage.system}: {outage.advice}"
    except TimeoutError:
        trouble = f"Fly.io: no answer within {LOOKS_WITHIN.seconds} s"
    return Standings(at=deps.now(), trouble=deps.redactor.text(trouble))


async def _read(deps: RunDeps, plan: Plan, kept: Mapping[MachineId, KeptConfig]) -> Standings:
    machines = await deps.fleet.machines(plan.app)
    secrets = digests(await deps.fleet.secrets(plan.app))
    return standings_of(plan, kept, machines=machines, secrets=secrets, at=deps.now())
