"""The undo of a rollout: the kept config of each machine that the run changed, the last one first."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace

from checklist.deployment import Deployment
from checklist.errors import Gone, Outage
from checklist.kept import KeptConfig, ValuesGone
from checklist.plan import Machine, Plan, PlannedMachine, pinned
from checklist.record import Json
from runs.book import Done
from runs.deps import RunDeps
from runs.greens import in_place, launches
from runs.keeping import kept_of
from runs.mutation import Change, StepFailed
from runs.rollout import Rollout


async def undo(deps: RunDeps, deployment: Deployment, rollout: Rollout) -> Done:
    """Every changed machine as it was and healthy; one that fails does not keep the others from it. Raises StepFailed.

    `rollout` is the one that would bring the image alone back.
    """
    known, kept = await launches(deps, deployment.id), await kept_of(deps, deployment.id)
    plan, kept = known.in_place(rollout.plan), {known.now(id): config for id, config in kept.items()}
    rollout = replace(rollout, plan=plan)
    done, failed = [], []
    for planned in sorted(plan.machines, key=lambda machine: machine.id, reverse=True):
        try:
            done.append(await _undone(deps, planned, kept.get(planned.id), rollout))
        except (StepFailed, Outage) as trouble:
            failed.append(f"{planned.id}: {trouble}")
    if failed:
        raise StepFailed(f"{len(done)}/{len(plan.machines)} machines are as they were; " + "; ".join(failed))
    return Done(note=f"{len(done)}/{len(plan.machines)} machines as they were: " + ", ".join(done))


async def as_before(deps: RunDeps, plan: Plan) -> str:
    """Every machine runs the digest on which the plan found it. Raises StepFailed, Outage."""
    plan = await in_place(deps, plan)
    seen = {machine.id: machine for machine in await deps.fleet.machines(plan.app)}
    wrong = [one.id for one in plan.machines if one.id not in seen or seen[one.id].digest != one.digest]
    if wrong:
        raise StepFailed(f"not on the image that was there before: {', '.join(wrong)}")
    return f"{len(plan.machines)} machines run what they ran before"


async def _undone(deps: RunDeps, planned: PlannedMachine, kept: KeptConfig | None, rollout: Rollout) -> str:
    """What was done to the machine, in words; one that is still the version from before is left alone."""
    seen = await deps.fleet.machine(rollout.plan.app, planned.id)
    if seen.instance_id == (kept.instance_id if kept else planned.instance_id):
        return f"{planned.id} untouched"
    if kept is None:
        raise StepFailed("no configuration of it was kept; Roll back brings its image back")
    config = pinned(
        await _config(deps, kept, seen, rollout.plan), app=rollout.plan.app, image=planned.digest, tag=planned.version
    )
    machine = await replace(rollout, digest=planned.digest, change=lambda _: _exactly(config)).bring(planned)
    return f"{machine.id} {machine.instance_id[-6:]}"


async def _config(deps: RunDeps, kept: KeptConfig, seen: Machine, plan: Plan) -> Mapping[str, Json]:
    """The kept config with what was left out of it: from the machine, or else from Fly's own memory of the version."""
    sources = [seen.config]
    if kept.missing_in(seen.config):
        with contextlib.suppress(Gone):  # a machine that was replaced has no versions any more
            sources.append(await deps.fleet.version_config(plan.app, kept.machine, kept.instance_id) or {})
    try:
        return kept.restored(*sources)
    except ValuesGone as gone:
        raise StepFailed(f"values that are not kept for they may be secret are gone from Fly too: {gone}") from gone


def _exactly(config: Mapping[str, Json]) -> Change:
    """Whatever the machine is configured as by then."""
    return lambda _: dict(config)
