"""Which migrations a deployment has: forth with the release, and back with it."""

from dataclasses import replace

from checklist.bind import workplace
from checklist.deployment import Deployment
from checklist.kinds import Check, FlyExec, Unbound, bind
from checklist.moves import Status
from checklist.not_brought_back import MIGRATED, TAKEN_BACK
from checklist.words import ItemId
from runs.deps import RunDeps
from runs.leasing import StillWanted
from runs.migration import Migration
from runs.rollout import Stopped

BACKUP = ItemId("backup-taken")
RUNS_AGAIN = frozenset({"deployment.retried", "deployment.finished"})
RUNS_BACK = frozenset({"step.confirmed"})


def up(deps: RunDeps, deployment: Deployment) -> Migration | None:
    """The release's migration; None where it is a person's to run."""
    item = deps.checklist.item(MIGRATED)

    async def still_wanted() -> None:
        deps.drain.going()
        if (await deps.get(deployment.id)).status is not Status.DEPLOYING:
            raise Stopped

    snapshot = str(deployment.mark(BACKUP).evidence.get("snapshot", ""))
    found = _migration(deps, deployment, MIGRATED, item.check if item else None, RUNS_AGAIN, still_wanted)
    return found and replace(found, snapshot=snapshot)


def down(deps: RunDeps, deployment: Deployment) -> Migration | None:
    """The way back for the database: by the image that is rolled back from, for it alone knows what it did."""
    line = next((line for line in deps.checklist.rollback if line.id == TAKEN_BACK), None)

    async def still_wanted() -> None:
        deps.drain.going()

    return _migration(deps, deployment, TAKEN_BACK, line.check if line else None, RUNS_BACK, still_wanted)


def _migration(
    deps: RunDeps,
    deployment: Deployment,
    id: ItemId,
    check: Check | None,
    decisions: frozenset[str],
    still_wanted: StillWanted,
) -> Migration | None:
    params, step = _command(deps, check), deployment.step(id)
    if params is None or step is None or deployment.plan is None:
        return None
    return Migration(
        deps=deps,
        deployment=deployment,
        step=step,
        image=deployment.plan.image,
        params=params,
        decisions=decisions,
        still_wanted=still_wanted,
    )


def _command(deps: RunDeps, check: Check | None) -> FlyExec | None:
    """The command that the checklist has for it, and that must not be run twice."""
    params = check.params if check else None
    if not isinstance(params, FlyExec) or not params.once_per_change:
        return None
    try:
        return bind(params, workplace(deps.checklist))
    except Unbound:
        return None
