"""The bot is told to stop in the middle of a rollout, as when it is deployed itself; the next one goes on."""

import time
from collections import Counter

from sandbox.stories import looks, passages
from sandbox.stories.scene import Scene

_STOPS_WITHIN = 11.0  # seconds: ten for the call in hand, one to leave


async def restart(scene: Scene) -> None:
    """The bot is told to stop in the middle of a rollout, as when it is deployed itself; the next one goes on."""
    await passages.is_approved(scene)
    scene.patient = True  # from here on people know that the bot may be away
    await passages.starts(scene)
    await scene.until(lambda state: looks.production(state)[0]["tag"] == "v0.5.0", 30, "the first machine is updated")
    await _stops(scene)
    await scene.starts_again(ignoring="clock.moved")
    await passages.smoke_tests(scene)
    await scene.headline("verifying", 30)
    scene.patient = False
    await passages.settles_after(scene)
    await passages.signs_off(scene)
    await passages.is_completed(scene)


async def _stops(scene: Scene) -> None:
    """It exits in time and in order, and leaves nothing that it began without writing down what came of it."""
    begun = time.monotonic()
    code = await scene.stops()
    seconds = time.monotonic() - begun
    scene.requires(code == 0, f"the bot exits with 0, not with {code}")
    scene.requires(seconds <= _STOPS_WITHIN, f"the bot stops within {_STOPS_WITHIN:g} s, not {seconds:.1f} s")
    entries = scene.entries()
    count = Counter(entry["kind"] for entry in entries)
    intended, settled = count["machine.update.intended"], count["machine.update.settled"]
    scene.requires(intended == settled, f"{intended} updates were intended, and {settled} are settled")
    scene.requires(not count["step.failed"], "no step fails because the bot stops")
