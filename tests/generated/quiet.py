"""Ports that give no trouble here: everybody is known, the channel is ours, and only the world's time passes."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from checklist.definition import Workspace
from checklist.people import Member, Standing
from checklist.plan import Plan
from checklist.ports import ChannelInfo
from runs.drain import Drain
from tests.generated.clock import PassingTime
from tests.generated.wires import Wires


class Accounts:
    """The port Directory: everybody is a full member but the guest."""

    async def member(self, user: str, *, at: datetime) -> Member:
        standing = Standing.GUEST if user == "U0GUEST" else Standing.MEMBER
        return Member(user=user, name=user, standing=standing, seen_at=at)


@dataclass(frozen=True, slots=True)
class Channel:
    """The port Workspace: the deploy channel is this team's alone."""

    workspace: Workspace

    async def channel(self, id: str) -> ChannelInfo:
        team = self.workspace.team_id
        return ChannelInfo(id=id, team=team, is_member=True, is_archived=False, is_shared=False)


class Forgotten:
    """A plan file that nobody will read."""

    def write(self, plan: Plan) -> None:
        """Kept nowhere."""


class WiredSleep(Drain):
    """Sleep on the wires, on a loop that lives by the world's time."""

    def __init__(self, wires: Wires) -> None:
        super().__init__()
        self._wires = wires

    async def sleep(self, seconds: float) -> None:
        await self._wires.meanwhile("sleep")
        self._wires.passes("before sleep")
        await self.rests(seconds)

    async def rests(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Skipping(WiredSleep):
    """The same on any other loop: it takes no time but the world's."""

    def __init__(self, time: PassingTime, wires: Wires) -> None:
        super().__init__(wires)
        self._time = time

    async def rests(self, seconds: float) -> None:
        self._time.passes(seconds)
        await asyncio.sleep(0)  # whatever goes on beside it has its turn
