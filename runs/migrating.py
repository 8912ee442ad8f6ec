"""Which migrations a deployment has: forth with the release, and back with it."""

from checklist.bind import workplace
from checklist.deployment import Deployment
from checklist.kinds import Check, FlyExec, Unbound, bind
from checklist.moves import Status
from checklist.not_brought_back import MIGRATED, TAKEN_BACK
from checklist.steps import Step
from checklist.words import ItemId
from runs.deps import RunDeps
from runs.migration import Migration
from runs.rollout import Stopped

BACKUP = ItemId("backup-taken")
RUNS_AGAIN = frozenset({"deployment.retried", "deployment.finished"})
RUNS_BACK = frozenset({"step.confirmed"})


def up(deps: RunDeps, deployment: Deployment) -> Migration | None:
    """The release's migration; None where it is a person's to run."""
    item, step = deps.checklist.item(MIGRATED), deployment.step(MIGRATED)

    async def still_wanted() -> None:
        deps.drain.going()
        if (await deps.get(deployment.id)).status is not Status.DEPLOYING:
            raise Stopped

    params = _command(deps, item.check if item else None)
    if params is None or step is None or deployment.plan is None:
        return None
    return Migration(
        deps=deps,
        deployment=deployment,
        step=step,
        image=deployment.plan.image,
        params=params,
        decisions=RUNS_AGAIN,
        snapshot=str(deployment.mark(BACKUP).evidence.get("snapshot", "")),
        still_wanted=still_wanted,
    )


def down(deps: RunDeps, deployment: Deployment) -> Migration | None:
    """The way back for the database: by the image that is rolled back from, for it alone knows what it did."""
    line = next((line for line in deps.checklist.rollback if line.id == TAKEN_BACK), None)
    step: Step | None = deployment.step(TAKEN_BACK)
    params = _command(deps, line.check if line else None)
    if params is None or step is None or deployment.plan is None:
        return None

    async def still_wanted() -> None:
        deps.drain.going()

    return Migration(
        deps=deps,
        deployment=deployment,
        step=step,
        image=deployment.plan.image,
        params=params,
        decisions=RUNS_BACK,
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
