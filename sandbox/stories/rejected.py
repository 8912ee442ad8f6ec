"""The CEO says no: production is not touched."""

from sandbox.stories import passages
from sandbox.stories.passages import CR
from sandbox.stories.scene import Scene


async def rejected(scene: Scene) -> None:
    """The CEO says no: production is not touched."""
    await passages.opens(scene)
    await passages.settles_before_approval(scene)
    await passages.asks_for_approval(scene)
    await passages.clicks_when_there(scene, "alem", "Reject", private=True)
    await scene.submits("alem", reason="The partner bank is closed tomorrow. Not this week.")
    await scene.sees(f"{CR} rejected by Alem Bašić: The partner bank is closed tomorrow.")
    await scene.headline("preparing")
    await passages.clicks_when_there(scene, "john", "Abandon")
    await scene.headline("abandoned")
    await scene.sees("Production was not touched.")
    await passages.untouched(scene)
