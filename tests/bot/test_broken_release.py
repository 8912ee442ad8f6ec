"""And then it broke: what still runs, what is said, and which ways stay open."""

import pytest

from checklist.moves import Status
from checklist.words import Phase
from tests.bot.looks import until
from tests.bot.scene import ALEM, CR, JOHN, VALIDATOR, Scene, on_both_databases

pytestmark = pytest.mark.journey

SMOKE = "user-flows ran green, 42 of 42 tests"


@on_both_databases
async def test_a_machine_that_does_not_get_healthy_halts_the_rollout_and_the_way_back_stays_open(scene: Scene) -> None:
    await scene.is_approved()
    await scene.people.faults("failing-health")

    await scene.starts()

    halted = await scene.becomes(Status.HALTED)
    first, second = await scene.machines()
    assert "does not pass its health checks" in halted.reason
    assert (first["tag"], second["tag"]) == ("v0.5.0", "v0.4.2")
    await scene.sees("CR-001 halted: deploy-trigger: machine 148e21ea7d0089 does not pass its health checks")
    await scene.people.moves_clock(6 * 3600)
    assert "roll back, at any hour" in await scene.says(JOHN, f"/drop retry {CR}")
    assert "already touched: roll back instead" in await scene.says(JOHN, f"/drop abandon {CR}")
    assert scene.deployment() == halted
    await rolls_back(scene)
    releases = scene.sandbox.world.platform.apps["drop-app"].releases

    async def told() -> bool | None:
        return [(one["version"], one["status"]) for one in releases[:2]] == [(65, "complete"), (64, "failed")] or None

    await until(told, "Fly was never told how the releases ended", within=20)


async def rolls_back(scene: Scene) -> None:
    """One person, whatever the hour; the reason may stay empty."""
    await scene.sees_button(JOHN, "Roll back")
    await scene.clicks(JOHN, "Roll back")
    assert await scene.submits(JOHN) == {}
    assert "That was done already" in await scene.says(ALEM, f"/drop rollback {CR} it does not get healthy")
    await scene.waits_for(VALIDATOR, "rb-verify-smoke")
    await scene.says(VALIDATOR, f"/drop attest {CR} rb-verify-smoke {SMOKE}")

    await scene.becomes(Status.ROLLED_BACK)
    assert await scene.runs_on() == {"v0.4.2"}
    await scene.sees("Initiating rollback to v0.4.2")
    await scene.sees("Rolled back: Drop v0.4.2 runs in production again")


async def test_roll_back_pressed_while_a_machine_is_being_replaced_waits_for_it(
    scene: Scene,
) -> None:
    await scene.is_approved()
    await scene.starts()
    await scene.waits_for(VALIDATOR, "prod-smoke")
    scene.sandbox.world.platform.durations.move = 1.5
    scene.someone_changes_production()
    assert (await scene.machines())[0]["state"] == "replacing"

    await rolls_back(scene)


async def test_a_halted_step_is_retried_once_its_cause_is_gone_and_sends_nothing_twice(scene: Scene) -> None:
    await scene.is_approved()
    await scene.people.faults("failing-health")
    await scene.starts()
    await scene.becomes(Status.HALTED)
    await scene.people.faults("failing-health", on=False)
    await scene.people.faults("apply-then-timeout")
    await scene.sees_button(JOHN, "Retry step")

    await scene.clicks(JOHN, "Retry step")

    await scene.waits_for(VALIDATOR, "prod-smoke")
    assert await scene.runs_on() == {"v0.5.0"}
    assert len(await scene.updates()) == 2
    outcomes = [fact.body["result"] for fact in scene.entries("machine.update.settled")]
    assert outcomes == ["applied", "applied"]


async def test_a_plan_that_changed_before_the_start_is_voided_and_production_stays_untouched(scene: Scene) -> None:
    await scene.is_approved()
    scene.someone_changes_production()

    await scene.starts()

    voided = await scene.becomes(Status.PREPARING)
    assert voided.plan is None
    assert "the plan changed" in voided.reason
    assert await scene.updates() == []
    await scene.sees("CR-001 needs a new approval: the plan changed")


async def test_while_fly_is_down_the_start_halts_and_says_that_production_was_not_touched(scene: Scene) -> None:
    await scene.is_approved()
    await scene.settles(Phase.PRE)
    await scene.people.faults("fly-down")

    await scene.says(JOHN, f"/drop start {CR}")

    halted = await scene.becomes(Status.HALTED)
    assert "Production was not touched" in halted.reason
    assert not halted.mutated
    assert "abandoned" in await scene.says(JOHN, f"/drop abandon {CR}")


async def test_whoever_holds_no_role_for_it_cannot_roll_back(scene: Scene) -> None:
    await scene.opens()

    answer = await scene.says(VALIDATOR, f"/drop rollback {CR} I do not like it")
    too_early = await scene.says(ALEM, f"/drop rollback {CR} I do not like it")

    assert "Roll back is for deploy-engineer, rollback-owner, on-call, approver" in answer
    assert "CR-001 is preparing now" in too_early
    assert scene.refusals() == ["NotAllowed", "NotNow"]
