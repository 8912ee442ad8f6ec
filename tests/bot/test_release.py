"""A release reaches production; and each way in which it may break, with what still runs then."""

from checklist.moves import Status
from checklist.steps import StepState
from checklist.words import ItemId, Phase
from tests.bot.scene import ALEM, CR, JOHN, VALIDATOR, Scene

SMOKE = "user-flows ran green, 42 of 42 tests"
SIGN_OFFS = (
    (JOHN, "signoff-pre"),
    (JOHN, "signoff-deployed"),
    (JOHN, "signoff-verified"),
    (VALIDATOR, "signoff-verified"),
)


async def test_a_release_reaches_production_with_the_ceos_approval(scene: Scene) -> None:
    deployment = await scene.is_approved()
    await scene.settles(Phase.PRE)
    await scene.sees_button(JOHN, "Start deployment")

    await scene.clicks(JOHN, "Start deployment")
    started_again = await scene.says(JOHN, f"/drop start {CR}")
    await scene.waits_for(VALIDATOR, "prod-smoke")
    await speaks_for_the_smoke_test(scene)
    await is_verified(scene)

    completed = await scene.becomes(Status.COMPLETED)
    assert deployment.plan
    assert {machine["digest"] for machine in await scene.machines()} == {deployment.plan.image}
    assert await scene.runs_on() == {"v0.5.0"}
    assert len(await scene.updates()) == 2
    assert {step.state for step in completed.steps} == {StepState.DONE, StepState.SKIPPED}
    assert "That was done already" in started_again
    assert len(scene.entries("deployment.started")) == 1
    await everything_was_said_once(scene)


async def speaks_for_the_smoke_test(scene: Scene) -> None:
    """It belongs to the Validator: John is refused, the Validator's words stay."""
    by_john = await scene.says(JOHN, f"/drop attest {CR} prod-smoke {SMOKE}")
    await scene.clicks(VALIDATOR, "Attest", block_id=await scene.block_of(VALIDATOR, "prod-smoke"))
    assert await scene.submits(VALIDATOR, words=SMOKE) == {}

    smoke = scene.deployment().step(ItemId("prod-smoke"))
    assert smoke is not None
    assert (smoke.actor, smoke.note) == (VALIDATOR, SMOKE)
    assert "belongs to the validator" in by_john


async def is_verified(scene: Scene) -> None:
    await scene.becomes(Status.VERIFYING)
    await scene.is_read()
    await scene.settles(Phase.POST)
    for person, sign_off in SIGN_OFFS:
        await scene.says(person, f"/drop signoff {CR} {sign_off}")


async def everything_was_said_once(scene: Scene) -> None:
    await scene.sees("CR-001 completed: Drop v0.5.0 is verified and signed off")
    await scene.shows("CR-001 · Drop v0.5.0 · completed · nothing, it is done")
    said = await scene.channel()
    assert said.count("Deploying Drop v0.5.0 to production") == 1
    assert sum("Deployment complete: Drop v0.5.0 runs in production. Health:" in text for text in said) == 1


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


async def rolls_back(scene: Scene) -> None:
    """One person, whatever the hour; the reason may stay empty."""
    await scene.sees_button(JOHN, "Roll back")
    await scene.clicks(JOHN, "Roll back")
    assert await scene.submits(JOHN) == {}
    await scene.waits_for(VALIDATOR, "rb-verify-smoke")
    await scene.says(VALIDATOR, f"/drop attest {CR} rb-verify-smoke {SMOKE}")

    await scene.becomes(Status.ROLLED_BACK)
    assert await scene.runs_on() == {"v0.4.2"}
    await scene.sees("Initiating rollback to v0.4.2")
    await scene.sees("Rolled back: Drop v0.4.2 runs in production again")


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
