"""Someone else holds a machine: it is waited for once, never taken; the card says who has it, and until when."""

from sandbox.stories import looks, passages
from sandbox.stories.passages import ROOT
from sandbox.stories.scene import Scene


async def lease_held(scene: Scene) -> None:
    """Someone else holds a machine: it is waited for once, never taken, and the card says who has it."""
    await passages.is_approved(scene, maintenance="no")
    await scene.breaks("lease-held")
    await passages.starts(scene)
    await scene.headline("halted", 60)
    await scene.sees("“flyctl deploy by someone else” until")
    tags = [machine["tag"] for machine in looks.production(await scene.look())]
    scene.requires(tags == ["v0.4.2", "v0.4.2"], f"no machine was touched, but they run {tags}")
    await scene.breaks("lease-held", on=False)
    await passages.clicks_when_there(scene, "john", "Retry step", ROOT)
    await passages.smoke_tests(scene)
    await scene.headline("verifying", 30)
    await passages.runs(scene, "v0.5.0")
