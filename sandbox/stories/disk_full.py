"""The disk is full, twice: nothing is done that cannot be recorded, but for the way back space was kept."""

from sandbox.stories import looks, passages
from sandbox.stories.passages import CR
from sandbox.stories.scene import Scene

_REFUSED = "The record: cannot be written. Free space on its disk, then try again"


async def disk_full(scene: Scene) -> None:
    """The disk is full, twice: nothing is done that cannot be recorded, but for the way back space was kept."""
    await passages.opens(scene)
    await _while_preparing(scene)
    await passages.settles_before_approval(scene)
    await passages.asks_for_approval(scene)
    await passages.approves(scene)
    await passages.settles_before_start(scene)
    await passages.starts(scene)
    await scene.until(lambda state: looks.production(state)[0]["tag"] == "v0.5.0", 30, "the first machine is updated")
    await _while_machines_roll(scene)
    await passages.smoke_tests(scene, "rb-verify-smoke")
    await scene.headline("rolled back")
    await passages.runs(scene, "v0.4.2")


async def _while_preparing(scene: Scene) -> None:
    """Who asks gets words, who looks gets an answer, and with space again the release goes on."""
    await scene.fills_the_disk()
    before = len(scene.entries())
    await scene.says("john", f"/drop check {CR}")
    await scene.hears("john", _REFUSED)
    status = await scene.says("john", f"/drop status {CR}")
    scene.requires("preparing" in status, "status is told while the record cannot be written")
    scene.requires(len(scene.entries()) == before, "nothing is recorded by halves")
    await scene.clears_the_disk()


async def _while_machines_roll(scene: Scene) -> None:
    """The rollout stands still; the shell releases the ballast, and the previous version comes back."""
    await scene.fills_the_disk()
    code, said = await scene.types("rollback", CR, "--by", "alem", "--reason", "the disk is full")
    scene.requires(code == 0, f"drop-bot rollback brings the previous version back, but said: {said}")
    await scene.clears_the_disk()
