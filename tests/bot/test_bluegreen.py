"""A bluegreen deployment: what is there before the point of no return, and after it."""

from dataclasses import replace

import pytest

from checklist.fly_releases import MARKS
from checklist.moves import Status
from sandbox import seed
from sandbox.fly.machine import Machine
from sandbox.fly.plan import Kind, PlannedFault
from tests.bot.scene import CR, JOHN, VALIDATOR, Scene, on_both_databases

pytestmark = pytest.mark.journey

SMOKE = "user-flows ran green, 42 of 42 tests"
BLUES = set(seed.PRODUCTION_MACHINES)
CREATE = "POST /v1/apps/{app}/machines"


def standing(scene: Scene) -> dict[str, Machine]:
    """Production's machines by id."""
    return {one.id: one for one in scene.sandbox.world.platform.machines(seed.PRODUCTION_APP)}


def tags(scene: Scene) -> set[str]:
    registry = scene.sandbox.world.platform.registry
    images = [one.version.image for one in standing(scene).values()]
    return {str(registry.label(image.digest)) for image in images if image}


def kinds(scene: Scene) -> list[str]:
    return [fact.kind for fact in scene.entries()]


async def is_approved(scene: Scene, **fields: object) -> None:
    await scene.is_approved(strategy="bluegreen", **fields)


async def is_rolled_back(scene: Scene) -> None:
    await scene.waits_for(VALIDATOR, "rb-verify-smoke")
    await scene.says(VALIDATOR, f"/drop attest {CR} rb-verify-smoke {SMOKE}")
    await scene.becomes(Status.ROLLED_BACK)


@on_both_databases
async def test_new_machines_take_the_place_of_the_old_ones(scene: Scene) -> None:
    await is_approved(scene, maintenance="yes")

    await scene.starts()
    await scene.waits_for(VALIDATOR, "prod-smoke")
    await scene.says(VALIDATOR, f"/drop attest {CR} prod-smoke {SMOKE}")
    await scene.becomes(Status.VERIFYING)

    greens = standing(scene)
    assert len(greens) == 2
    assert not BLUES & greens.keys()
    assert tags(scene) == {"v0.5.0"}
    assert [one.cordoned for one in greens.values()] == [False, False]
    assert {one.config["env"]["MAINTENANCE_MODE"] for one in greens.values()} == {"false"}
    assert {str(fact.body["machine"]) for fact in scene.entries("machine.replaced")} == greens.keys()


async def test_new_machines_that_do_not_get_healthy_are_destroyed_and_the_old_ones_are_as_they_were(
    scene: Scene,
) -> None:
    await is_approved(scene)
    before = {id: one.version.id for id, one in standing(scene).items()}
    await scene.people.faults("failing-health")

    await scene.starts()

    halted = await scene.becomes(Status.HALTED)
    assert "does not pass its health checks" in halted.reason
    assert "the new machines were destroyed" in halted.reason
    assert {id: one.version.id for id, one in standing(scene).items()} == before
    assert not {"no_return.passed", "machine.cordon.intended"} & set(kinds(scene))
    await scene.people.faults("failing-health", on=False)
    await scene.says(JOHN, f"/drop retry {CR}")
    await scene.waits_for(VALIDATOR, "prod-smoke")
    assert tags(scene) == {"v0.5.0"}
    assert not BLUES & standing(scene).keys()


async def test_a_machine_whose_making_was_not_answered_is_found_by_its_launch_id_and_not_made_twice(
    scene: Scene,
) -> None:
    """flyctl #2185: EOF on create."""
    await is_approved(scene)
    scene.sandbox.world.platform.plan.add(PlannedFault(kind=Kind.APPLY_THEN_RESET, route=CREATE))

    await scene.starts()
    await scene.waits_for(VALIDATOR, "prod-smoke")

    log = (await scene.people.log())["fly"]
    created = [one for one in log if one["method"] == "POST" and one["path"].endswith("/machines")]
    assert len(created) == 2
    assert len(standing(scene)) == 2
    assert tags(scene) == {"v0.5.0"}


async def test_a_machine_that_was_not_made_is_asked_for_again_under_another_launch_id(scene: Scene) -> None:
    await is_approved(scene)
    scene.sandbox.world.platform.plan.add(PlannedFault(kind=Kind.RESET_BEFORE_APPLY, route=CREATE))

    await scene.starts()
    await scene.waits_for(VALIDATOR, "prod-smoke")

    results = [fact.body["result"] for fact in scene.entries("machine.create.settled")]
    assert sorted(map(str, results)) == ["made", "made", "not made"]
    assert len({fact.body["key"] for fact in scene.entries("machine.create.intended")}) == 3
    assert len(standing(scene)) == 2


async def test_beyond_the_point_of_no_return_a_rollback_brings_the_new_machines_to_the_old_version(
    scene: Scene,
) -> None:
    await is_approved(scene)
    await scene.starts()
    await scene.waits_for(VALIDATOR, "prod-smoke")
    greens = standing(scene).keys()

    await scene.says(JOHN, f"/drop rollback {CR} it is slow")
    await is_rolled_back(scene)

    assert standing(scene).keys() == greens
    assert tags(scene) == {"v0.4.2"}


async def test_an_undo_restores_on_the_new_machines_what_the_old_ones_had(scene: Scene) -> None:
    before = [but_for_marks(one) for one in standing(scene).values()]
    await is_approved(scene, maintenance="yes")
    await scene.starts()
    await scene.waits_for(VALIDATOR, "prod-smoke")

    await scene.says(JOHN, f"/drop undo {CR} it is slow")
    await is_rolled_back(scene)

    assert not BLUES & standing(scene).keys()
    assert [but_for_marks(one) for one in standing(scene).values()] == before
    assert tags(scene) == {"v0.4.2"}


async def test_an_old_machine_that_does_not_go_halts_with_all_new_ones_at_work_and_a_retry_goes_on(
    scene: Scene,
) -> None:
    """flyctl #3359, #3437: a failure there destroyed the new ones, and nothing was left."""
    await is_approved(scene)
    refusal = PlannedFault(kind=Kind.REJECT, route=f"{CREATE}/{{machine}}/stop", forever=True, text="no")
    scene.sandbox.world.platform.plan.add(refusal)

    await scene.starts()

    await scene.becomes(Status.HALTED)
    there = standing(scene)
    greens = there.keys() - BLUES
    assert len(greens) == 2
    assert [there[id].cordoned for id in greens] == [False, False]
    assert "machine.destroy.intended" not in kinds(scene)
    scene.sandbox.world.platform.plan.clear()
    await scene.says(JOHN, f"/drop retry {CR}")
    await scene.waits_for(VALIDATOR, "prod-smoke")
    assert standing(scene).keys() == greens


async def test_a_rollback_while_the_old_machines_still_stand_leaves_the_new_ones_alone_with_the_old_version(
    scene: Scene,
) -> None:
    await is_approved(scene)
    refusal = PlannedFault(kind=Kind.REJECT, route=f"{CREATE}/{{machine}}/cordon", forever=True, text="no")
    scene.sandbox.world.platform.plan.add(refusal)
    await scene.starts()
    await scene.becomes(Status.HALTED)
    scene.sandbox.world.platform.plan.clear()
    greens = standing(scene).keys() - BLUES

    await scene.says(JOHN, f"/drop rollback {CR} it is slow")
    await is_rolled_back(scene)

    assert standing(scene).keys() == greens
    assert tags(scene) == {"v0.4.2"}


async def test_new_machines_that_could_not_be_taken_away_are_before_the_next_try(scene: Scene) -> None:
    """flyctl #3456, #2836, #4886: leftovers stopped every later deployment."""
    await is_approved(scene)
    await scene.people.faults("failing-health")
    keep = PlannedFault(kind=Kind.REJECT, route=f"DELETE {CREATE.removeprefix('POST ')}/{{machine}}", forever=True)
    scene.sandbox.world.platform.plan.add(keep)
    await scene.starts()
    halted = await scene.becomes(Status.HALTED)
    assert "new machines are left, which take no requests" in halted.reason
    left = standing(scene).keys() - BLUES
    assert len(left) == 2

    scene.sandbox.world.platform.plan.clear()
    await scene.people.faults("failing-health", on=False)
    await scene.says(JOHN, f"/drop retry {CR}")
    await scene.waits_for(VALIDATOR, "prod-smoke")

    assert len(standing(scene)) == 2
    assert not (BLUES | left) & standing(scene).keys()


async def test_a_fleet_that_cannot_be_replaced_is_refused_before_anything_is_made(scene: Scene) -> None:
    """flyctl PR #4982: unmanaged machines."""
    await scene.knows_production()
    first = standing(scene)[seed.PRODUCTION_MACHINES[0]]
    metadata = {**first.config["metadata"], "fly_platform_version": ""}
    first.version = replace(first.version, config={**first.config, "metadata": metadata})
    await is_approved(scene)

    await scene.starts_once_it_is_acknowledged()

    await scene.until(lambda found: "not made by a deployment" in found.reason)
    halted = await scene.becomes(Status.HALTED)
    assert f"not made by a deployment (fly_platform_version is not v2): {first.id}" in halted.reason
    assert "Production was not touched" in halted.reason
    assert not halted.mutated


async def test_what_a_bluegreen_deployment_does_is_no_drift(scene: Scene) -> None:
    await is_approved(scene)
    await scene.starts()
    await scene.waits_for(VALIDATOR, "prod-smoke")

    await scene.people.moves_clock(90)
    await scene.people.moves_clock(90)

    assert scene.entries("drift.seen") == []


def but_for_marks(machine: Machine) -> dict[str, object]:
    """Its config without its image, and without what a release or a launch of ours writes into the metadata."""
    ours = {"drop_image_tag", "drop_launch_id", *MARKS}
    metadata = {key: value for key, value in machine.config["metadata"].items() if key not in ours}
    return {**machine.config, "image": "", "metadata": metadata}
