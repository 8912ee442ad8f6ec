"""The audience: it sees what Drop says to everyone and what becomes of the machines, and prints each change once."""

import asyncio

from sandbox import seed
from sandbox.slack.wire import Object
from sandbox.stories import looks
from sandbox.stories.scene import Scene

_LOOK_AGAIN_SECONDS = 0.2
_BOOKS = ("During deployment", "Rollback")


class Audience:
    """What was printed already, by message and by machine."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._seen: dict[str, str] = {}

    async def watches(self) -> None:
        """Until cancelled."""
        while True:
            self.notices(await self._scene.look())
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def notices(self, state: Object) -> None:
        """Print what is new on this screen."""
        for message in looks.roots(state):
            if message["is_bot"]:
                self._tell(seed.BOT_NAME, f"#{seed.CHANNEL_NAME}  {message['text']}", message["ts"])
        for message in looks.replies(state):
            if any(f" · {book} · " in message["text"] for book in _BOOKS):
                self._tell(seed.BOT_NAME, f"  thread       {message['text']}", message["ts"])
        for machine in looks.production(state):
            if machine["state"] != "replacing":  # in a moment it will be something that lasts
                self._tell("Fly.io", _line(machine), machine["id"], silent=machine["id"] not in self._seen)

    def _tell(self, who: str, text: str, key: str, *, silent: bool = False) -> None:
        if self._seen.get(key) == text:
            return
        self._seen[key] = text
        if not silent:
            self._scene.tells(who, text)


def _line(machine: Object) -> str:
    health = "healthy" if looks.is_healthy(machine) else f"{machine['state']}, not healthy"
    maintenance = ", in maintenance" if machine["maintenance"] == "true" else ""
    return f"{machine['id']} runs {machine['tag']}: {health}{maintenance}"
