"""Fly says OK and puts the old version back: the rollout does not believe it, halts, and goes on when asked to."""

from sandbox.stories import looks, passages
from sandbox.stories.passages import ROOT
from sandbox.stories.scene import Scene


async def silent_revert(scene: Scene) -> None:
    """Fly says OK and puts the old version back: the rollout does not believe it, and goes on when asked to."""
    await passages.is_approved(scene, maintenance="no")
    await scene.breaks("silent-revert")
    await passages.starts(scene)
    await scene.headline("halted", 45)
    await scene.sees("not to the version we sent")
    tags = [machine["tag"] for machine in looks.production(await scene.look())]
    scene.requires(tags == ["v0.4.2", "v0.4.2"], f"both machines run v0.4.2, but they run {tags}")
    await passages.clicks_when_there(scene, "john", "Retry step", ROOT)
    await passages.smoke_tests(scene)
    await scene.headline("verifying", 30)
    await passages.runs(scene, "v0.5.0")
