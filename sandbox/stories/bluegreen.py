"""New machines are put beside the old ones: sick ones are destroyed again, healthy ones take the place of the old."""

from sandbox import seed
from sandbox.stories import looks, passages
from sandbox.stories.passages import ROOT
from sandbox.stories.scene import Scene


async def bluegreen(scene: Scene) -> None:
    """Sick new machines are destroyed again; healthy ones take the place of the old ones, and a rollback keeps them."""
    await passages.is_approved(scene, strategy="bluegreen")
    await scene.breaks("failing-health")
    await passages.starts(scene)
    await scene.headline("halted", 60)
    await scene.sees("the new machines were destroyed")
    old = set(seed.PRODUCTION_MACHINES)
    scene.requires(await _standing(scene) == old, "the old machines stand, and no other")
    scene.requires(looks.all_run(await scene.look(), "v0.4.2"), "they run v0.4.2 and are healthy")
    await scene.breaks("failing-health", on=False)
    await passages.clicks_when_there(scene, "john", "Retry step", ROOT)
    await passages.smoke_tests(scene, within=90)
    await scene.headline("verifying", 30)
    new = await _standing(scene)
    scene.requires(len(new) == len(old) and not new & old, f"new machines stand in the place of the old, not {new}")
    await passages.runs(scene, "v0.5.0")
    await passages.rolls_back(scene, "alem", "Customers report wrong exchange rates.")
    scene.requires(await _standing(scene) == new, "a rollback brings the new machines to the old version")


async def _standing(scene: Scene) -> set[str]:
    return {str(machine["id"]) for machine in looks.production(await scene.look())}
