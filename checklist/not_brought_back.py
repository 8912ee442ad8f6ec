"""What a rollback does not bring back: it is said before anything is signed, before the click, and when it is over."""

from collections.abc import Iterator

from checklist.deployment import Deployment
from checklist.kept import spelled
from checklist.steps import StepState
from checklist.words import ItemId, Restores

MIGRATED, TAKEN_BACK = ItemId("migrate-up"), ItemId("rb-migrate-down")


def not_brought_back(deployment: Deployment, restores: Restores | None = None) -> tuple[str, ...]:
    """What stays as it is now, of what is known. `restores` is what would be, or else what was, restored."""
    restores = restores or deployment.restores
    return (*_migrations(deployment), *_secrets(deployment), *_environment(deployment, restores))


def will_not_be_brought_back(deployment: Deployment) -> tuple[str, ...]:
    """The same before production is touched."""
    migrations = ("what its migrations do to the database",) if deployment.release.migrations else ()
    return (*migrations, "secrets that are changed after this approval")


def _migrations(deployment: Deployment) -> Iterator[str]:
    up, down = deployment.step(MIGRATED), deployment.step(TAKEN_BACK)
    if not deployment.release.migrations or up is None or up.started_at is None:
        return
    if down is not None and down.state is StepState.DONE:
        return
    ran = "ran" if up.state is StepState.DONE else "may have run"
    yield f"the database migrations of v{deployment.release.version}, which {ran}"


def _secrets(deployment: Deployment) -> Iterator[str]:
    if deployment.standings and deployment.standings.secrets:
        yield f"secrets that changed since the plan: {', '.join(deployment.standings.secrets)}"


def _environment(deployment: Deployment, restores: Restores) -> Iterator[str]:
    """Of the configuration, what the image alone leaves as it is."""
    if restores is Restores.CONFIG or deployment.standings is None:
        return
    for pointers, machines in deployment.standings.kept_back.items():
        several = "s" if len(machines) > 1 else ""
        yield f"the configuration of machine{several} {', '.join(machines)}: {', '.join(map(spelled, pointers))}"
