"""The first machine does not get healthy: the rollout halts, the second keeps running, John rolls back."""

from sandbox.stories import looks, passages
from sandbox.stories.scene import Scene


async def failing_health(scene: Scene) -> None:
    """The first machine does not get healthy: the rollout halts, the second keeps running, John rolls back."""
    await passages.is_approved(scene)
    await scene.breaks("failing-health")
    await passages.starts(scene)
    await scene.headline("halted", 45)
    await scene.sees("does not pass its health checks")
    tags = [machine["tag"] for machine in looks.production(await scene.look())]
    scene.requires(tags == ["v0.5.0", "v0.4.2"], f"the second machine still runs v0.4.2, but they run {tags}")
    await passages.rolls_back(scene, "john", "The new version does not get healthy.")
