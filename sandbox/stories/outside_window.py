"""Before and after the window nothing starts; an approval ends with its window, and is asked for again for another."""

from sandbox.stories import looks, passages
from sandbox.stories.passages import CR, ROOT
from sandbox.stories.scene import Scene


async def outside_window(scene: Scene) -> None:
    """Before and after the window nothing starts; an approval ends with its window, and is asked for again."""
    await passages.is_approved(scene)
    await scene.moves_clock(to="01:59")
    await passages.clicks_when_there(scene, "john", "Start deployment")
    await scene.hears("john", "The window is closed")
    await scene.moves_clock(to="06:01")
    await scene.sees(f"{CR} needs a new approval: its window has ended")
    await scene.headline("preparing")
    reply = await scene.says("john", f"/drop start {CR}")
    scene.requires("is preparing now, so it cannot be done" in reply, "John is told why it cannot start")
    await _asks_for_another_window(scene)
    await passages.approves(scene)
    await passages.untouched(scene)


async def _asks_for_another_window(scene: Scene) -> None:
    """Production is read again, and the next five windows are offered."""
    before = len([entry for entry in scene.entries() if entry["kind"] == "survey.taken"])
    await scene.says("john", f"/drop check {CR}")
    await scene.until(
        lambda _: len([entry for entry in scene.entries() if entry["kind"] == "survey.taken"]) > before,
        30,
        "production is read again",
    )
    await passages.clicks_when_there(scene, "john", "Request approval", ROOT)
    state = await scene.until(lambda state: state["view"], 3, "the windows are offered")
    windows = looks.choices(state["view"], "window")
    scene.requires(len(windows) == 5, f"five windows are offered, but they are {windows}")
    await scene.submits("john", window=windows[0])
    await scene.headline("awaiting approval")
