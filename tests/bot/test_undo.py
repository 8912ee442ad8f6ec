"""The way back with the kept configuration: what is shown before the click, and what is restored after it."""

import json
from typing import Any

import pytest

from checklist.moves import Status
from checklist.words import ItemId
from sandbox import seed
from sandbox.fly.machine import Machine, Version
from sandbox.history import read_cells
from sandbox.history.way_back import NEW_EACH_TIME
from tests.bot.looks import block, until
from tests.bot.scene import ALEM, CR, JOHN, VALIDATOR, Scene, on_both_databases

pytestmark = pytest.mark.journey

FIRST, SECOND = seed.PRODUCTION_MACHINES
PASSWORD = "postgres://drop:hunter2hunter2@db/drop"
SMOKE = "user-flows ran green, 42 of 42 tests"
Env = dict[str, str]


def machine(scene: Scene, id: str) -> Machine:
    return next(one for one in scene.sandbox.world.platform.machines(seed.PRODUCTION_APP) if one.id == id)


def env(scene: Scene, id: str) -> Env:
    found: Env = machine(scene, id).version.config["env"]
    return found


def begins_with(scene: Scene, **values: str) -> dict[str, Any]:
    """Production as it is before the deployment is opened, with these values on its second machine; its configs."""
    second = machine(scene, SECOND)
    before = second.version
    config = {**before.config, "env": {**before.config["env"], **values}}
    second.version = Version(before.id, config, before.reference, before.image)
    return {id: but_for_image(machine(scene, id).version.config) for id in (FIRST, SECOND)}


async def is_approved_though_a_machine_differs(scene: Scene) -> None:
    """Its check names the variable that the second machine alone has; Alem does without the item, and signs."""
    await scene.prepares()
    assert "DATABASE_URL: not set in" in scene.deployment().mark(ItemId("config-reviewed")).note
    await scene.says(ALEM, f"/drop waive {CR} config-reviewed The second machine alone talks to its own database")
    await scene.says(JOHN, f"/drop submit {CR}")
    awaiting = await scene.becomes(Status.AWAITING_APPROVAL)
    assert awaiting.plan
    await scene.says(ALEM, f"/drop approve {CR} {awaiting.plan.digest[:8]}")
    await scene.becomes(Status.APPROVED)


def but_for_image(config: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in config["metadata"].items() if key not in NEW_EACH_TIME}
    return {**config, "image": "", "metadata": metadata}


async def card_with(scene: Scene, words: str) -> str | None:
    """The root card once these words stand on it."""
    shown = await card(scene)
    return shown if words in shown else None


def someone_sets(scene: Scene, id: str, **values: str) -> None:
    """Another hand changes the environment of a machine."""
    someone_changes(scene, id, env={**env(scene, id), **values})


def someone_changes(scene: Scene, id: str, **parts: Any) -> None:
    """Another hand changes the configuration of a machine."""
    found = machine(scene, id)
    found.settle()
    old = found.version
    found.update({**old.config, **parts}, old.reference, old.image, launch=True)


async def halts(scene: Scene) -> None:
    """The first machine is updated and does not get healthy; the second is untouched."""
    await scene.people.faults("failing-health")
    await scene.starts()
    await scene.becomes(Status.HALTED)


async def is_undone(scene: Scene) -> None:
    await scene.waits_for(VALIDATOR, "rb-verify-smoke")
    await scene.says(VALIDATOR, f"/drop attest {CR} rb-verify-smoke {SMOKE}")
    await scene.becomes(Status.ROLLED_BACK)


async def card(scene: Scene) -> str:
    """All the words of the root card."""
    root = next(m for m in await scene.messages() if m["text"].startswith(f"{CR} · "))
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in root["blocks"])


@on_both_databases
async def test_undo_restores_the_configuration_of_each_changed_machine_and_leaves_the_others_alone(
    scene: Scene,
) -> None:
    before = begins_with(scene)
    untouched = machine(scene, SECOND).version.id
    await scene.is_approved()
    await halts(scene)
    someone_sets(scene, FIRST, LOG_LEVEL="debug")

    assert "rolling back" in await scene.says(ALEM, f"/drop undo {CR} it does not get healthy")
    await is_undone(scene)

    assert {id: but_for_image(machine(scene, id).version.config) for id in (FIRST, SECOND)} == before
    assert machine(scene, SECOND).version.id == untouched
    undone = scene.deployment().step(ItemId("rb-deploy"))
    assert undone is not None
    assert f"{SECOND} untouched" in undone.note
    assert await scene.runs_on() == {"v0.4.2"}
    await scene.sees("Initiating rollback to v0.4.2, with the configuration that was kept")
    (started,) = scene.entries("rollback.started")
    assert (started.by, started.body["restores"]) == (ALEM, "config")


async def test_a_halt_shows_machine_by_machine_what_runs_and_the_form_what_each_way_back_restores(
    scene: Scene,
) -> None:
    before = begins_with(scene)
    await scene.is_approved()
    await halts(scene)
    someone_sets(scene, FIRST, LOG_LEVEL="debug")
    await scene.until(
        lambda _: all(one.state == "started" for one in scene.sandbox.world.platform.machines(seed.PRODUCTION_APP))
    )
    await scene.says(JOHN, f"/drop retry {CR}")
    await scene.until(
        lambda found: found.standings is not None and "/env/LOG_LEVEL" in found.standings.machines[0].differs
    )
    shown = await until(lambda: card_with(scene, "LOG_LEVEL"), "the card never showed it", within=25)
    await scene.clicks(JOHN, "Roll back")
    form = await scene.view(JOHN)
    assert await scene.submits(JOHN, restores="config") == {}

    assert "*v0.5.0* started" in shown
    assert "changed, also in `env LOG_LEVEL`" in shown
    assert "*v0.4.2* started, 2/2 checks pass · as before the deployment" in shown
    assert f"`{FIRST}`: `env LOG_LEVEL`" in json.dumps(form, ensure_ascii=False)
    assert [o["text"]["text"] for o in block(form, "restores")["element"]["options"]] == [
        "The image alone",
        "The image and the kept configuration",
    ]
    await is_undone(scene)
    assert but_for_image(machine(scene, FIRST).version.config) == before[FIRST]


async def test_an_undo_after_a_rollback_that_failed_restores_what_the_image_alone_left(scene: Scene) -> None:
    before = begins_with(scene)
    await scene.is_approved()
    await halts(scene)
    someone_changes(scene, FIRST, restart={"policy": "no"})
    await scene.says(JOHN, f"/drop rollback {CR}")
    await scene.waits_for(VALIDATOR, "rb-verify-smoke")
    await scene.says(VALIDATOR, f"/drop fail {CR} rb-verify-smoke it does not come up again")
    incomplete = await scene.becomes(Status.ROLLBACK_INCOMPLETE)
    assert machine(scene, FIRST).version.config["restart"] == {"policy": "no"}
    assert incomplete.standings
    assert incomplete.standings.machines[0].kept_back == ("/restart/max_retries", "/restart/policy")

    await scene.says(JOHN, f"/drop undo {CR}")
    await is_undone(scene)

    assert but_for_image(machine(scene, FIRST).version.config) == before[FIRST]


async def test_the_image_alone_leaves_the_environment_and_the_last_notice_says_so(scene: Scene) -> None:
    await scene.is_approved()
    await halts(scene)
    someone_sets(scene, FIRST, LOG_LEVEL="debug")
    await scene.sees_button(JOHN, "Roll back")

    await scene.clicks(JOHN, "Roll back")
    assert await scene.submits(JOHN) == {}
    await is_undone(scene)

    assert env(scene, FIRST)["LOG_LEVEL"] == "debug"
    await scene.sees(f"Not brought back: the configuration of machine {FIRST}: env LOG_LEVEL")


async def test_a_secret_of_the_environment_is_never_written_down_and_is_restored_from_fly_s_own_memory(
    scene: Scene,
) -> None:
    await scene.knows_production()
    before = begins_with(scene, DATABASE_URL=PASSWORD)
    await is_approved_though_a_machine_differs(scene)
    await scene.starts_once_it_is_acknowledged()
    await scene.waits_for(VALIDATOR, "prod-smoke")
    someone_sets(scene, SECOND, DATABASE_URL="postgres://drop:another-password@db/drop")

    await scene.says(JOHN, f"/drop undo {CR}")
    await is_undone(scene)

    assert but_for_image(machine(scene, SECOND).version.config) == before[SECOND]
    cells = read_cells(scene.house.settings.database_url)
    assert [cell.where for cell in cells if "hunter2" in cell.text or "another-password" in cell.text] == []
    (kept,) = scene.entries("configs.kept")
    assert kept.body["hidden"] == {FIRST: [], SECOND: ["/env/DATABASE_URL"]}


async def test_a_machine_whose_values_are_gone_is_named_and_the_others_are_undone_all_the_same(scene: Scene) -> None:
    await scene.knows_production()
    before = begins_with(scene, DATABASE_URL=PASSWORD)
    await is_approved_though_a_machine_differs(scene)
    await scene.starts_once_it_is_acknowledged()
    await scene.waits_for(VALIDATOR, "prod-smoke")
    someone_sets(scene, SECOND, DATABASE_URL="postgres://drop:another-password@db/drop")
    machine(scene, SECOND).history.clear()

    await scene.says(JOHN, f"/drop undo {CR}")

    incomplete = await scene.becomes(Status.ROLLBACK_INCOMPLETE)
    assert "1/2 machines are as they were" in incomplete.reason
    assert f"{SECOND}: values that are not kept for they may be secret are gone from Fly too" in incomplete.reason
    assert but_for_image(machine(scene, FIRST).version.config) == before[FIRST]
    await scene.sees_button(JOHN, "Undo")
    await scene.sees_button(JOHN, "Roll back")


async def test_while_fly_does_not_answer_the_card_says_that_nobody_knows_what_runs(scene: Scene) -> None:
    await scene.is_approved(maintenance="yes")
    await scene.starts()
    await scene.waits_for(VALIDATOR, "prod-smoke")
    await scene.people.faults("fly-down")
    await scene.says(VALIDATOR, f"/drop attest {CR} prod-smoke {SMOKE}")

    await scene.becomes(Status.HALTED)

    await scene.sees_button(JOHN, "Undo")
    assert "Nobody knows what the machines run:* Fly" in await card(scene)


async def test_the_configs_are_kept_before_the_first_machine_is_touched(scene: Scene) -> None:
    await scene.is_approved()
    await halts(scene)

    kinds = [fact.kind for fact in scene.entries()]

    assert kinds.count("configs.kept") == 1
    assert kinds.index("configs.kept") < kinds.index("machine.update.intended")
