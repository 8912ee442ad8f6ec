"""Someone deploys by hand and tells nobody: the channel is told, and nothing goes on until somebody says why."""

from sandbox import seed
from sandbox.stories import passages
from sandbox.stories.scene import Scene

_WORDS = "I tried v0.4.1 on the second machine to find the memory leak; it may stay."


async def drift(scene: Scene) -> None:
    """Someone deploys by hand and tells nobody: the channel is told, and nothing goes on until somebody says why."""
    machine = seed.PRODUCTION_MACHINES[1]
    await _until_entered(scene, "production.known", "production is known as it is")
    await scene.breaks("changed-by-hand")
    await scene.moves_clock_on(minutes=1)
    await scene.sees(f"was changed outside of Drop: machine {machine} now runs v0.4.1")
    await _nobody_goes_on(scene)
    await passages.clicks_when_there(scene, "stranger", "Acknowledge", "-/drift/")
    await scene.hears("stranger", "You are not in the deployment team")
    reply = await scene.says("validator", f"/drop acknowledge {_WORDS}")
    scene.requires("Acknowledge is for deploy-engineer, on-call, approver" in reply, "the validator may not")
    await passages.clicks_when_there(scene, "john", "Acknowledge", "-/drift/")
    await scene.submits("john", words=_WORDS)
    await scene.sees(f"is acknowledged by John: {_WORDS}")
    await passages.opens(scene)
    await scene.moves_clock_on(minutes=3)
    seen = [entry for entry in scene.entries() if entry["kind"] == "drift.seen"]
    scene.requires(len(seen) == 1, f"it is reported once, not {len(seen)} times")


async def _nobody_goes_on(scene: Scene) -> None:
    told = "Production was changed outside of Drop"
    for text in ("/drop deploy 0.5.0", "/drop status"):
        reply = await scene.says("john", text)
        scene.requires(told in reply, f"“{text}” is answered with what was changed, not with “{reply}”")


async def _until_entered(scene: Scene, kind: str, what: str) -> None:
    await scene.until(lambda _: any(entry["kind"] == kind for entry in scene.entries()), 15, what)
