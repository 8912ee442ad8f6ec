"""Before and after the window nothing starts, and an approval ends with its window."""

from sandbox.stories import passages
from sandbox.stories.passages import CR
from sandbox.stories.scene import Scene


async def outside_window(scene: Scene) -> None:
    """Before and after the window nothing starts, and an approval ends with its window."""
    await passages.is_approved(scene)
    await scene.moves_clock(to="01:59")
    await passages.clicks_when_there(scene, "john", "Start deployment")
    await scene.hears("john", "The window is closed")
    await scene.moves_clock(to="06:01")
    await scene.sees(f"{CR} needs a new approval: its window has ended")
    await scene.headline("preparing")
    reply = await scene.says("john", f"/drop start {CR}")
    scene.requires("is preparing now, so it cannot be done" in reply, "John is told why it cannot start")
    await scene.says("john", "/drop window")
    await passages.untouched(scene)
