"""The database is migrated by the bot, on a machine of its own: once, unless a person decides otherwise."""

import pytest

from checklist.deployment import Deployment
from checklist.moves import Status
from checklist.record import Fact
from checklist.steps import StepState
from checklist.words import ItemId
from sandbox import seed
from sandbox.canaries import leaks
from sandbox.fly.programs import Database
from tests.bot.scene import ALEM, CR, JOHN, VALIDATOR, Scene, on_both_databases

pytestmark = pytest.mark.journey

SMOKE = "user-flows ran green, 42 of 42 tests"
UP, DOWN, VERIFY = ItemId("migrate-up"), ItemId("rb-migrate-down"), ItemId("migrate-verify")
NEWEST = "0013_recipient_iban"


def database(scene: Scene) -> Database:
    return scene.sandbox.world.platform.apps[seed.PRODUCTION_APP].runtime.programs.database


def begun(scene: Scene, command: str = "db:migrate") -> int:
    """How often the command was begun on production, whatever became of it."""
    return database(scene).begun[command, "0.5.0"]


def one_offs(scene: Scene) -> list[bool]:
    """Of each machine that was made beside the fleet, whether it is gone or going."""
    machines = scene.sandbox.world.platform.apps[seed.PRODUCTION_APP].machines
    for machine in machines.values():
        machine.settle()
    states = [machine.state for id, machine in machines.items() if id not in seed.PRODUCTION_MACHINES]
    return [state in {"destroying", "destroyed"} for state in states]


def settled(scene: Scene) -> list[Fact]:
    return scene.entries("migration.settled")


async def comes_to(scene: Scene, step: ItemId, *states: StepState) -> str:
    """Wait until the step is there; what is noted on it."""
    found = await scene.until(lambda d: bool((s := d.step(step)) and s.state in states), within=60)
    at = found.step(step)
    assert at
    return at.note


async def is_approved(scene: Scene) -> Deployment:
    """A release with migrations is approved, and the database was backed up a short while ago."""
    volumes = scene.sandbox.world.platform.volumes
    volumes.schedule(volumes.named(seed.DATABASE_APP, seed.DATABASE_VOLUME))
    return await scene.is_approved(migrations="yes")


async def is_migrated(scene: Scene) -> None:
    """The release is in production, its migration ran, and the smoke tests are next."""
    await is_approved(scene)
    await scene.starts()
    await comes_to(scene, UP, StepState.DONE)
    await scene.waits_for(VALIDATOR, "prod-smoke")


@on_both_databases
async def test_the_migration_runs_once_on_a_machine_of_its_own_and_its_end_is_seen(scene: Scene) -> None:
    await is_migrated(scene)

    note = await comes_to(scene, UP, StepState.DONE)
    assert "“npm run db:migrate” ended with exit code 0 on machine" in note
    assert NEWEST in database(scene).applied
    assert begun(scene) == 1
    assert one_offs(scene) == [True]
    assert "db:verify" in await comes_to(scene, VERIFY, StepState.DONE)
    (end,) = settled(scene)
    assert end.body["exit_code"] == 0
    assert f"applied {NEWEST}" in str(end.body["output"])


async def test_the_machine_of_the_migration_runs_the_approved_digest_and_serves_nobody(scene: Scene) -> None:
    deployment = await is_approved(scene)

    await scene.starts()
    await comes_to(scene, UP, StepState.DONE)

    log = (await scene.people.log())["fly"]
    (made,) = [e for e in log if e["method"] == "POST" and e["path"].endswith(f"/{seed.PRODUCTION_APP}/machines")]
    config = made["body"]["config"]
    assert made["body"]["skip_launch"] is True
    assert config["image"].endswith(deployment.release.digest)
    assert config["init"] == {"cmd": ["npm", "run", "db:migrate"]}
    assert (config["restart"], config["auto_destroy"]) == ({"policy": "no"}, True)
    assert config["dns"] == {"skip_registration": True}
    assert config["env"]["RELEASE_COMMAND"] == "1"
    assert config["metadata"]["fly_process_group"] == config["env"]["FLY_PROCESS_GROUP"] == "fly_app_release_command"
    assert not {"services", "checks", "mounts"} & set(config)


async def test_a_migration_that_fails_halts_with_its_last_words_and_without_its_password(scene: Scene) -> None:
    await is_approved(scene)
    await scene.people.faults("migration-fails")

    await scene.starts()
    await scene.becomes(Status.HALTED, within=60)

    note = await comes_to(scene, UP, StepState.FAILED)
    assert "ended with exit code 1" in note
    assert "lock timeout (55P03)" in note
    assert "“npm run db:migrate:status” on v0.5.0 says: applied: 2 / pending: 1" in note
    assert begun(scene) == 1
    assert leaks(scene.sandbox.world) == []


async def test_a_migration_that_failed_runs_again_only_when_somebody_says_so(scene: Scene) -> None:
    await is_approved(scene)
    await scene.people.faults("migration-fails")
    await scene.starts()
    await scene.becomes(Status.HALTED, within=60)
    await scene.people.faults("migration-fails", on=False)

    await scene.says(JOHN, f"/drop retry {CR}")
    await comes_to(scene, UP, StepState.DONE)

    assert begun(scene) == 2
    assert [fact.body["number"] for fact in scene.entries("migration.intended")] == [1, 2]
    assert one_offs(scene) == [True, True]


async def test_the_answer_to_the_start_is_lost_and_the_migration_runs_once_all_the_same(scene: Scene) -> None:
    await is_approved(scene)
    route = "POST /fly/v1/apps/{app}/machines/{machine}/start"
    await scene.people.plans_fly_faults({"kind": "apply-then-reset", "route": route})

    await scene.starts()
    await comes_to(scene, UP, StepState.DONE)

    assert begun(scene) == 1


async def test_the_answer_to_the_creation_is_lost_and_the_machine_is_found_by_its_launch(scene: Scene) -> None:
    await is_approved(scene)
    await scene.people.plans_fly_faults({"kind": "apply-then-reset", "route": "POST /fly/v1/apps/{app}/machines"})

    await scene.starts()
    await comes_to(scene, UP, StepState.DONE)

    assert begun(scene) == 1
    assert one_offs(scene) == [True]


async def test_a_rollback_asks_before_the_bot_takes_the_migration_back_by_the_image_that_knows_how(
    scene: Scene,
) -> None:
    await is_migrated(scene)
    await scene.says(ALEM, f"/drop rollback {CR} wrong rates")
    note = await comes_to(scene, DOWN, StepState.WAITING)
    assert "ended with exit code 0" in note
    assert "Drop runs “npm run db:migrate:down” once, on a machine of v0.5.0" in note
    assert begun(scene, "db:migrate:down") == 0

    await scene.clicks(JOHN, "Confirm", block_id=await scene.sees_button_in(JOHN, "Confirm", DOWN))
    await comes_to(scene, DOWN, StepState.DONE)

    assert begun(scene, "db:migrate:down") == 1
    assert NEWEST not in database(scene).applied


async def test_a_person_who_took_the_migration_back_by_hand_says_so_and_the_bot_runs_nothing(scene: Scene) -> None:
    await is_migrated(scene)
    await scene.says(ALEM, f"/drop rollback {CR} wrong rates")
    await comes_to(scene, DOWN, StepState.WAITING)

    await scene.says(JOHN, f"/drop attest {CR} {DOWN} The new column stays: the old version does not read it")
    await comes_to(scene, DOWN, StepState.DONE)

    assert begun(scene, "db:migrate:down") == 0


async def test_a_rollback_pressed_while_the_migration_runs_does_not_wait_for_it(scene: Scene) -> None:
    await is_approved(scene)
    await scene.people.faults("migration-hangs")
    await scene.starts()
    await scene.until(lambda _: bool(scene.entries("migration.starting")), within=40)

    await scene.says(ALEM, f"/drop rollback {CR} it does not end")
    note = await comes_to(scene, DOWN, StepState.WAITING)

    assert "was begun, and has not ended as far as Fly shows" in note
    assert await scene.runs_on() >= {"v0.4.2"}
