"""A release reaches production, and comes back."""

import time

from checklist.moves import Status
from checklist.words import Phase
from tests.bot.scene import ALEM, CR, JOHN, VALIDATOR, Scene


async def test_a_release_reaches_production_with_the_ceos_approval(scene: Scene) -> None:
    t = time.time()
    await scene.asks_for_approval(maintenance="yes")
    print("asked", time.time() - t)
    await scene.sees("asks for approval of plan", person=ALEM)

    await scene.clicks(ALEM, "Approve")
    await scene.becomes(Status.APPROVED)
    print("approved", time.time() - t)
    await scene.settles(Phase.PRE)
    await scene.sees("start inside the window")
    print("card", time.time() - t)
    await scene.clicks(JOHN, "Start deployment")
    await scene.until(lambda found: any(step.state == "waiting" for step in found.steps))
    print("waiting", time.time() - t)
    await scene.says(VALIDATOR, f"/drop attest {CR} prod-smoke user-flows ran green, 42 of 42 tests")
    await scene.becomes(Status.VERIFYING)
    print("verify", time.time() - t)
