"""A release reaches production with the CEO's approval."""

from sandbox.stories import looks, passages
from sandbox.stories.passages import CR
from sandbox.stories.scene import Scene


async def standard(scene: Scene) -> None:
    """A release reaches production with the CEO's approval."""
    await passages.opens(scene)
    await passages.settles_before_approval(scene)
    await passages.asks_for_approval(scene)
    await passages.clicks_when_there(scene, "stranger", "Approve", f"{CR}/root/")
    await scene.hears("stranger", "You are not in the deployment team")
    await passages.approves(scene)
    await passages.settles_before_start(scene)
    await passages.is_deployed(scene)
    await scene.sees("Deployment complete: Drop v0.5.0")
    await passages.settles_after(scene)
    await passages.signs_off(scene)
    await scene.headline(f"{CR} · Drop v0.5.0 · completed")
    await scene.sees(f"{CR} completed: Drop v0.5.0 is verified and signed off")
    await runs_the_release(scene)


async def runs_the_release(scene: Scene) -> None:
    """Both machines run it, and customers are let in as before."""
    state = await scene.look()
    scene.requires(looks.all_run(state, "v0.5.0"), "both machines run v0.5.0 and are healthy")
    modes = [machine["maintenance"] for machine in looks.production(state)]
    scene.requires(modes == ["false", "false"], f"maintenance is off again, but it is {modes}")
