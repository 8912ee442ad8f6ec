"""A release reaches production."""

import pytest

from checklist.marks import MarkState
from checklist.moves import Status
from checklist.steps import StepState
from checklist.words import ItemId, Phase
from sandbox import seed
from tests.bot.scene import CR, JOHN, VALIDATOR, Scene, on_both_databases

SMOKE = "user-flows ran green, 42 of 42 tests"


@on_both_databases
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
    assert fly_releases(scene) == [(64, "complete", f"registry.fly.io/drop-app@{deployment.plan.image}")]


@pytest.mark.journey
async def test_an_error_in_the_log_fails_its_line_and_is_quoted_without_what_nobody_may_read(scene: Scene) -> None:
    await scene.is_approved()
    await scene.starts()
    await scene.waits_for(VALIDATOR, "prod-smoke")
    await scene.people.faults("errors-in-log")

    await scene.says(VALIDATOR, f"/drop attest {CR} prod-smoke {SMOKE}")
    await scene.becomes(Status.VERIFYING)
    deployment = await scene.is_read()

    mark = deployment.mark(ItemId("post-logs"))
    assert mark.state is MarkState.FAILED
    assert "of level error or fatal since" in mark.note
    assert "too many connections" in mark.note
    assert seed.DATABASE_LOGIN not in mark.note
    assert mark.evidence["first"] == ["error: too many connections for [redacted] user +[redacted]"]


def fly_releases(scene: Scene) -> list[tuple[object, ...]]:
    """What `fly releases` lists of what we did, the newest first; every machine says that it is of the newest."""
    app = scene.sandbox.world.platform.apps["drop-app"]
    made = [one for one in app.releases if one["version"] > 63]
    for machine in app.standing:
        metadata = machine.version.config["metadata"]
        assert metadata["fly_release_version"] == str(made[0]["version"])
        assert metadata["fly_release_id"] == made[0]["id"]
        assert metadata["fly_flyctl_version"].startswith("drop-bot/")
    return [(one["version"], one["status"], one["image_ref"]) for one in made]


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
    for sign_off in ("signoff-pre", "signoff-deployed", "signoff-verified"):
        await scene.says(JOHN, f"/drop signoff {CR} {sign_off}")
    await scene.shows("CR-001 · Drop v0.5.0 · verifying · sign-offs: signoff-verified")
    await scene.clicks(VALIDATOR, "Sign off")


async def everything_was_said_once(scene: Scene) -> None:
    await scene.sees("CR-001 completed: Drop v0.5.0 is verified and signed off")
    await scene.shows("CR-001 · Drop v0.5.0 · completed · nothing, it is done")
    said = await scene.channel()
    assert said.count("Deploying Drop v0.5.0 to production") == 1
    assert sum("Deployment complete: Drop v0.5.0 runs in production. Health:" in text for text in said) == 1
