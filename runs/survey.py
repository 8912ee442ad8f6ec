"""Reading the machines of a deployment's app, whole: too short a list is an outage."""

from collections.abc import Iterable, Mapping

from checklist.deployment import Deployment
from checklist.errors import Outage
from checklist.plan import Machine, Survey, planned
from checklist.secrets import Secret, coming, digests
from runs.deps import RunDeps
from runs.greens import leftovers
from runs.reading import listed


async def survey(deps: RunDeps, deployment: Deployment) -> Survey:
    """Read the deployment's app as it is now. Raises Outage."""
    app, release = deployment.app, deployment.release
    machines = await _all_machines(deps, deployment)
    running = min(machines, key=lambda machine: machine.id)
    tag, secrets = f"v{release.version}", await deps.fleet.secrets(app)
    return Survey(
        at=deps.now(),
        machines=tuple(planned(machine, app=app, image=release.digest, tag=tag) for machine in machines),
        running=running.digest,
        running_version=running.tag or running.digest,
        secrets=digests(secrets),
        staged=await _staged(deps, app, machines, secrets),
    )


async def _staged(
    deps: RunDeps, app: str, machines: Iterable[Machine], secrets: Mapping[str, Secret]
) -> tuple[str, ...] | None:
    """The secrets that go live with the next release. None when Fly does not list the releases so far."""
    try:
        return coming(secrets, machines, await deps.releases.newest(app))
    except Outage:
        return None


async def _all_machines(deps: RunDeps, deployment: Deployment) -> tuple[Machine, ...]:
    """Every machine but those that a rollout of ours has left behind. Too short a list is an outage."""
    expected = [machine.id for machine in deployment.plan.machines] if deployment.plan else []
    found, left_out = await listed(deps, deployment.app, expected)
    if left_out:
        names = ", ".join(machine.id for machine in left_out)
        raise Outage("Fly", f"listed {len(found)} machines, and left {names} out", retry=True)
    left = await leftovers(deps, found)
    return tuple(machine for machine in found if machine not in left)
