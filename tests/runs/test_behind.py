"""A node of Fly's may not know yet of what was just done: nothing is concluded from what it says for a moment."""

from dataclasses import replace
from pathlib import Path

import pytest

from fly.strategies.bluegreen import BlueGreen
from runs.observation import BEHIND, Replaced
from runs.replacement import Replacement
from runs.rollout import Rollout
from sandbox.fly.opening import TWO_MACHINES
from sandbox.fly.plan import Kind, PlannedFault
from tests.runs.production import APP, Production


@pytest.fixture
def production(tmp_path: Path) -> Production:
    return Production(tmp_path, TWO_MACHINES)


async def behind(production: Production, *, forward: bool = True) -> Rollout:
    """A rollout while every node is behind for a while after each change."""
    rollout = production.rollout(await production.is_started(), forward=forward)
    production.platform.plan.add(PlannedFault(kind=Kind.STALE_READ, forever=True))
    return rollout


@pytest.mark.parametrize("forward", [True, False])
async def test_an_older_version_that_is_shown_for_a_moment_halts_nothing(production: Production, forward: bool) -> None:
    rollout = await behind(production, forward=forward)
    healthy = production.counts_healthy()

    assert (await rollout.run()).startswith("2/2 machines")

    assert len(production.updates()) == 2
    assert min(healthy) == 1


async def test_an_older_version_that_goes_on_being_shown_was_put_back(production: Production) -> None:
    rollout = production.rollout(await production.is_started())
    production.faults.switch("silent-revert", on=True)
    began = production.time.now()

    with pytest.raises(Replaced, match="not to the version we sent"):
        await rollout.run()

    assert len(production.updates()) == 1
    assert production.time.now() - began < 2 * BEHIND


async def test_a_new_machine_of_which_a_node_has_not_heard_is_not_gone(production: Production) -> None:
    rollout = await behind(production)

    told = await Replacement(rollout=replace(rollout, strategy=BlueGreen(1))).run()

    assert told == "2/2 machines replaced by new ones"
    assert len(production.platform.apps[APP].machines) == 2 * 2
