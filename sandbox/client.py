"""The control API from Python: how stories and tests act as people and look at the world."""

import asyncio
import time
from types import TracebackType
from typing import Self

import aiohttp

from sandbox import seed
from sandbox.slack.wire import Object

_LOOK_AGAIN_SECONDS = 0.05


class Control:
    """A client of one sandbox, as an async context. `person` is a key: john, alem, validator or stranger."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(self._base_url)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def says(self, person: str, text: str, **where: object) -> Object:
        """Type a command, whose answer holds the bot's reply, or say a message in the deploy channel or `channel=`."""
        if text.startswith("/"):
            return await self._post("command", {"as": person, "text": text, **where})
        return await self._post("message", {"as": person, "text": text, "channel": seed.CHANNEL_ID, **where})

    async def clicks(self, person: str, label: str | None = None, **where: object) -> Object:
        """Click by label or `action_id=`; a dialog is confirmed unless `confirm=False`."""
        return await self._post("click", {"as": person, "label": label, "confirm": True, **where})

    async def submits(self, person: str, **values: object) -> Object:
        """Fill in the open modal, inputs by block_id, and send it."""
        return await self._post("submit", {"as": person, "values": values})

    async def again(self, person: str, *, fresh: bool = False) -> Object:
        """Send once more what the person sent last: the same payload, or a `fresh` press on the same old screen."""
        return await self._post("again", {"as": person, "fresh": fresh})

    async def closes(self, person: str) -> Object:
        return await self._post("close", {"as": person})

    async def changes(self, person: str, **facts: object) -> Object:
        """Change someone's entry in the directory of people, e.g. `deleted=True`."""
        return await self._post("person", {"as": person, **facts})

    async def shares_channel(self, *, shared: bool = True) -> Object:
        """Share the deploy channel with another workspace, or end it."""
        return await self._post("channel", {"is_ext_shared": shared})

    async def moves_clock(self, seconds: float | None = None, *, to: str | None = None) -> Object:
        """Add seconds, or set the clock to a moment in ISO 8601."""
        return await self._post("clock", {"at": to} if to is not None else {"seconds": seconds})

    async def faults(self, fault: str, *, on: bool = True, **more: object) -> Object:
        return await self._post("fault", {"fault": fault, "on": on, **more})

    async def plans_fly_faults(self, *faults: Object) -> Object:
        """Plan what goes wrong with which call of Fly.io's, in place of any earlier plan; nothing takes it back."""
        return await self._post("fly-faults", {"faults": faults})

    async def fly_calls(self) -> Object:
        """The calls of Fly.io since the plan was made, and how often it has struck."""
        return await self._get("fly-calls", {})

    async def kills(self, *, bot: int = 1, restart: bool = False) -> Object:
        """SIGKILL the bot; without `restart` it stays dead until `starts`."""
        return await self._post("kill", {"bot": bot, "restart": restart})

    async def stops(self) -> Object:
        """SIGTERM the bot, and wait until it has ended; `exit` is its exit code."""
        return await self._post("stop", {})

    async def starts(self, *, bot: int = 1) -> Object:
        return await self._post("start", {"bot": bot})

    async def pauses(self, *, bot: int = 1, on: bool = True) -> Object:
        """SIGSTOP the bot, or let it go on."""
        return await self._post("pause", {"bot": bot, "on": on})

    async def disconnects(self, reason: str = "refresh_requested", *, hard: bool = False) -> Object:
        """Ask the bot to reconnect, or cut its connections without a word."""
        return await self._post("disconnect", {"reason": reason, "hard": hard})

    async def state(self, person: str = "john") -> Object:
        return await self._get("state", {"as": person})

    async def log(self) -> Object:
        return await self._get("log", {})

    async def waits_for_the_bot(self, seconds: float = 30.0) -> Object:
        """Wait until the bot is connected to Slack; TimeoutError when it does not come."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            seen = await self.state()
            if seen["bot"]["connections"]:
                return seen
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        raise TimeoutError("the bot did not connect to Slack")

    async def _post(self, act: str, asked: Object) -> Object:
        async with self._session.post(f"/control/{act}", json=asked) as response:
            answer: Object = await response.json()
            return answer

    async def _get(self, what: str, query: dict[str, str]) -> Object:
        async with self._session.get(f"/control/{what}", params=query) as response:
            answer: Object = await response.json()
            return answer
