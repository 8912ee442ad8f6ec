"""A release reaches production with the CEO's approval."""

from sandbox.stories import passages
from sandbox.stories.scene import Scene


async def standard(scene: Scene) -> None:
    """A release reaches production with the CEO's approval."""
    await passages.opens(scene)
    await passages.settles_before_approval(scene)
    await passages.asks_for_approval(scene)
    await passages.clicks_when_there(scene, "stranger", "Approve")
    await scene.hears("stranger", "You are not in the deployment team")
    await passages.approves(scene)
    await passages.settles_before_start(scene)
    await passages.is_deployed(scene)
    await scene.sees("Deployment complete: Drop v0.5.0")
    await passages.settles_after(scene)
    await passages.signs_off(scene)
    await passages.is_completed(scene)
