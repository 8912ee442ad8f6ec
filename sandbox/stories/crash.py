"""The bot is killed while a machine is being updated, comes back, and the release completes."""

from sandbox.stories import looks, passages
from sandbox.stories.scene import Scene

_GOES_ON_WITHIN = 5.0  # seconds


async def crash(scene: Scene) -> None:
    """The bot is killed while a machine is being updated, comes back, and the release completes."""
    await passages.is_approved(scene)
    scene.patient = True  # from here on people know that the bot may be away
    await passages.starts(scene)
    await scene.until(lambda state: looks.production(state)[0]["tag"] == "v0.5.0", 30, "the first machine is updated")
    await scene.kills()
    seconds = await scene.starts_again(ignoring="clock.moved")
    scene.requires(seconds <= _GOES_ON_WITHIN, f"the bot goes on within {_GOES_ON_WITHIN:g} s, not {seconds:.1f} s")
    await passages.smoke_tests(scene)
    await scene.headline("verifying", 30)
    scene.patient = False
    await passages.settles_after(scene)
    await passages.signs_off(scene)
    await passages.is_completed(scene)
