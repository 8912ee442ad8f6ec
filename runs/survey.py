"""Reading the machines of a deployment's app, whole: too short a list is an outage."""

import contextlib
from collections.abc import Iterable, Mapping

from checklist.deployment import Deployment
from checklist.errors import Gone, Outage
from checklist.plan import Machine, Survey, planned
from checklist.secrets import Secret, coming, digests
from runs.deps import RunDeps
from runs.greens import leftovers


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
    """Every machine but those that a rollout of ours has left behind.

    One that the plan has and the list leaves out is asked for by name: Fly has listed too few before (infra log,
    2026-04-28), and a short list is an outage, and no machine that is gone.
    """
    listed = await deps.fleet.machines(deployment.app)
    left = await leftovers(deps, listed)
    expected = {machine.id for machine in deployment.plan.machines} if deployment.plan else set()
    for missing in sorted(expected - {machine.id for machine in listed}):
        with contextlib.suppress(Gone):
            if (await deps.fleet.machine(deployment.app, missing)).state not in {"destroying", "destroyed"}:
                raise Outage("Fly", f"listed {len(listed)} machines, and left {missing} out", retry=True)
    return tuple(machine for machine in listed if machine not in left)
