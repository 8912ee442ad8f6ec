"""One deployment through which the bot is killed again and again, at moments that a seed decides."""

import asyncio
import contextlib
import random
from dataclasses import dataclass, field

from sandbox.stories import looks, passages
from sandbox.stories.passages import CR
from sandbox.stories.scene import Scene

_PAUSE_SECONDS = (0.05, 2.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill: where the deployment stood, and the seconds from the next start to the next entry of the record."""

    headline: str
    seconds: float


@dataclass(slots=True, kw_only=True)
class Kills:
    """A story of kills: each of them is kept as it happens."""

    seed: int
    count: int
    happened: list[Kill] = field(default_factory=list)

    async def __call__(self, scene: Scene) -> None:
        """From start to completion under kills; the last signatures wait for the last kill."""
        await passages.is_approved(scene)
        scene.patient = True
        await passages.clicks_when_there(scene, "john", "Start deployment")
        killing = asyncio.create_task(self._kill(scene))
        try:
            await passages.smoke_tests(scene)
            await scene.headline("verifying", 30)
            await passages.settles_after(scene)
            await killing
        finally:
            killing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await killing
        await passages.signs_off(scene)
        await passages.is_completed(scene)

    async def _kill(self, scene: Scene) -> None:
        chance = random.Random(self.seed)  # noqa: S311  # repeatable, not secret
        for _ in range(self.count):
            await asyncio.sleep(chance.uniform(*_PAUSE_SECONDS))
            headline = looks.headline(await scene.look(), CR)
            await scene.kills()
            self.happened.append(Kill(headline=headline, seconds=await scene.starts_again()))
