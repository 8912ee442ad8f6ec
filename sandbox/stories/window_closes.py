"""The window closes between the two machines: the rollout halts, and only an approver may have it finished."""

from sandbox.slack.wire import Object
from sandbox.stories import looks, passages
from sandbox.stories.passages import CR, ROOT
from sandbox.stories.scene import Scene

_LAST_MINUTES, _CLOSED = "05:58", "06:00"


async def window_closes(scene: Scene) -> None:
    """The window closes between the two machines: the rollout halts, and only an approver may have it finished."""
    await passages.is_approved(scene)
    await scene.moves_clock(to=_LAST_MINUTES)
    await passages.starts(scene)
    await scene.until(lambda state: _runs_on(state, 0), 45, "the first machine runs v0.5.0")
    await scene.moves_clock(to=_CLOSED)
    await _halts_between_the_machines(scene)
    await _is_finished(scene)
    await passages.smoke_tests(scene)
    await scene.headline("verifying", 30)
    await passages.settles_after(scene)
    await passages.signs_off(scene)
    await passages.is_completed(scene)


async def _halts_between_the_machines(scene: Scene) -> None:
    await scene.headline("halted", 45)
    await scene.sees("the window closed before machine")
    tags = [machine["tag"] for machine in looks.production(await scene.look())]
    scene.requires(tags == ["v0.5.0", "v0.4.2"], f"only the machine in hand was finished, but they run {tags}")
    reply = await scene.says("john", f"/drop retry {CR}")
    scene.requires("a window that ended" in reply, "John is told that the window is over")


async def _is_finished(scene: Scene) -> None:
    """Not by John, who had asked for it and is an agent; by Alem, for a reason."""
    await passages.clicks_when_there(scene, "john", "Finish", ROOT)
    await scene.hears("john", "Finish is for approver")
    await passages.clicks_when_there(scene, "alem", "Finish", ROOT)
    await scene.submits("alem", reason="One machine is left, and two versions must not run side by side all day.")
    await scene.sees("Alem Bašić has the rollout finished outside the window")


def _runs_on(state: Object, number: int) -> bool:
    machine = looks.production(state)[number]
    return bool(machine["tag"] == "v0.5.0" and looks.is_healthy(machine))
