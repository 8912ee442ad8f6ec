"""One machine goes first: the one that does not get healthy is the only one that was touched."""

from sandbox.stories import looks, passages
from sandbox.stories.passages import ROOT
from sandbox.stories.scene import Scene


async def canary(scene: Scene) -> None:
    """A canary that does not get healthy is the only machine touched; a healthy one is followed by the rest."""
    await passages.is_approved(scene, strategy="canary")
    await scene.breaks("failing-health")
    await passages.starts(scene)
    await scene.headline("halted", 45)
    tags = [machine["tag"] for machine in looks.production(await scene.look())]
    scene.requires(sorted(tags) == ["v0.4.2", "v0.5.0"], f"one machine alone was touched, but they run {tags}")
    await scene.breaks("failing-health", on=False)
    await passages.clicks_when_there(scene, "john", "Retry step", ROOT)
    await passages.smoke_tests(scene)
    await scene.headline("verifying", 30)
    await passages.runs(scene, "v0.5.0")
