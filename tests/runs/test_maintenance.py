"""Maintenance mode as its own mutation, and the secret of its name that would hide it."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from checklist.deployment import Deployment
from checklist.steps import Step
from checklist.words import ItemId
from runs.book import Done
from runs.deploy import maintenance_off, maintenance_on
from runs.deps import RunDeps
from runs.mutation import StepFailed
from sandbox.fly.opening import Fleet
from tests.runs.production import APP, Production


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Production]:
    opened = Production(tmp_path, Fleet(started=2))
    yield opened
    opened.office.closes()


def step_of(deployment: Deployment, id: str) -> Step:
    step = deployment.step(ItemId(id))
    assert step is not None
    return step


@pytest.mark.parametrize(("deed", "step"), [(maintenance_on, "maintenance-on"), (maintenance_off, "maintenance-off")])
async def test_nothing_is_changed_while_a_secret_hides_maintenance_mode(
    production: Production, deed: Callable[[RunDeps, Deployment, Step], Awaitable[Done]], step: str
) -> None:
    deployment = await production.is_started()
    platform = production.platform
    platform.secrets.change(platform.apps[APP], {"MAINTENANCE_MODE": "true"})

    with pytest.raises(StepFailed, match="fly secrets unset MAINTENANCE_MODE --app drop-app"):
        await deed(production.deps, deployment, step_of(deployment, step))

    assert production.updates() == []
    assert not production.office.deployment(deployment.id).mutated
    assert platform.apps[APP].releases[0]["version"] == 63
