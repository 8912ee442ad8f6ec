"""After a rollout that went well, the CEO wants the previous version back."""

from sandbox.stories import passages
from sandbox.stories.scene import Scene


async def rollback(scene: Scene) -> None:
    """After a rollout that went well, the CEO wants the previous version back."""
    await passages.is_approved(scene)
    await passages.is_deployed(scene)
    await passages.rolls_back(scene, "alem", "Customers report wrong exchange rates.")
