"""The second machine does not get healthy: the card shows machine by machine what runs, and an undo sets all back."""

from sandbox import seed
from sandbox.history.way_back import NEW_EACH_TIME
from sandbox.slack.wire import Object
from sandbox.stories import looks, passages
from sandbox.stories.passages import CR, ROOT
from sandbox.stories.scene import Scene

_FIRST, _SECOND = seed.PRODUCTION_MACHINES


async def undo(scene: Scene) -> None:
    """The second machine does not get healthy: the card shows what runs, and an undo sets all back."""
    await passages.is_approved(scene)
    before = await _configs(scene)
    await passages.starts(scene)
    await scene.until(lambda _: _first_is_done(scene), 45, f"machine {_FIRST} runs v0.5.0 and was seen healthy")
    await scene.breaks("failing-health")
    await scene.headline("halted", 60)
    await _is_shown_machine_by_machine(scene)
    await _is_undone(scene)
    after = await _configs(scene)
    scene.requires(after == before, f"every machine is configured as it was, but {_changed(before, after)} is not")
    await passages.runs(scene, "v0.4.2")


async def _is_shown_machine_by_machine(scene: Scene) -> None:
    """The first was updated; both are in maintenance mode, which the rollout had set."""
    state = await scene.until(lambda state: "Machine by machine" in _card(state), 10, "the card shows the machines")
    lines = [line for line in _card(state).splitlines() if line.startswith("• ")]
    for line in lines:
        scene.tells(seed.BOT_NAME, line)
    shown = {machine: next((line for line in lines if machine in line), "") for machine in (_FIRST, _SECOND)}
    scene.requires("*v0.5.0* started" in shown[_FIRST], f"{_FIRST} runs v0.5.0, and the card says so")
    scene.requires("env MAINTENANCE_MODE" in shown[_FIRST], "the card names what the rollout changed beside the image")
    scene.requires("changed" in shown[_SECOND], f"{_SECOND} is not as it was, and the card says so")


async def _is_undone(scene: Scene) -> None:
    """By John, at one click; the validator looks at it afterwards."""
    await passages.clicks_when_there(scene, "john", "Undo", ROOT)
    await scene.submits("john", reason="The second machine does not get healthy.")
    await scene.sees("Initiating rollback to v0.4.2, with the configuration that was kept", 15)
    await passages.smoke_tests(scene, "rb-verify-smoke")
    await scene.headline("rolled back")
    await scene.sees("Rolled back: Drop v0.4.2 runs in production again")
    undone = [entry for entry in scene.entries() if entry["kind"] == "rollback.started"]
    scene.requires(
        [entry["body"]["restores"] for entry in undone] == ["config"], f"the record tells of the undo of {CR}"
    )


async def _configs(scene: Scene) -> dict[str, Object]:
    """How each production machine was configured when Fly.io showed it last, however its image is named."""
    shown: dict[str, Object] = {}
    for entry in (await scene.control.log())["fly"]:
        answer = entry["response"]
        for machine in answer if isinstance(answer, list) else [answer]:
            if isinstance(machine, dict) and machine.get("id") in seed.PRODUCTION_MACHINES and "config" in machine:
                shown[str(machine["id"])] = _but_for_image(machine["config"])
    return shown


def _but_for_image(config: Object) -> Object:
    metadata = {key: value for key, value in config["metadata"].items() if key not in NEW_EACH_TIME}
    return {**config, "image": "", "metadata": metadata}


def _card(state: Object) -> str:
    """The words of the deployment's root card."""
    root = next(root for root in looks.roots(state) if str(root["text"]).startswith(f"{CR} · "))
    texts = (block.get("text") or {} for block in root["blocks"])
    return "\n".join(str(text.get("text", "")) for text in texts)


def _first_is_done(scene: Scene) -> bool:
    seen = [entry["body"] for entry in scene.entries() if entry["kind"] == "machine.version.seen"]
    return any((one["key"], one["step"]) == (_FIRST, "deploy-trigger") for one in seen)


def _changed(before: dict[str, Object], after: dict[str, Object]) -> str:
    return ", ".join(machine for machine in before if before[machine] != after.get(machine))
