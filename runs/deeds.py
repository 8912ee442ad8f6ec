"""Deeds on one machine that come to the same however often they are asked for: uncordon, cordon, stop, destroy."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from checklist.errors import Ambiguous, Conflict, Gone
from checklist.plan import Machine
from checklist.record import Json
from checklist.words import DeploymentId, MachineId
from runs.deps import RunDeps, seconds
from runs.leasing import Hold, Leasing
from runs.mutation import StepFailed
from runs.reading import read

PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds between the tries, as flyctl
Send = Callable[[str], Awaitable[None]]  # with the nonce of the lease
Fits = Callable[[Machine | None], bool]  # None: there is no such machine any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """Each is written down before it is asked for, asked for until Fly takes it, and seen to have come about."""

    deps: RunDeps
    app: str
    deployment: DeploymentId
    step: str
    leasing: Leasing

    async def uncordon(self, id: MachineId, hold: Hold) -> None:
        await self._do("uncordon", id, hold, lambda nonce: self.deps.fleet.uncordon(self.app, id, nonce=nonce), _open)

    async def cordon(self, id: MachineId, hold: Hold) -> None:
        await self._do("cordon", id, hold, lambda nonce: self.deps.fleet.cordon(self.app, id, nonce=nonce), _cordoned)

    async def stop(self, id: MachineId, hold: Hold) -> None:
        """Waits until it has ended, as long as it is given for that."""
        await self._do("stop", id, hold, lambda nonce: self.deps.fleet.stop(self.app, id, nonce=nonce), _stopped)

    async def destroy(self, id: MachineId, hold: Hold | None) -> None:
        """Waits until it is gone. Without a lease on a host that cannot be reached: Fly asks for none there."""
        await self._do("destroy", id, hold, lambda nonce: self.deps.fleet.destroy(self.app, id, nonce=nonce), _gone)

    async def _do(self, deed: str, id: MachineId, hold: Hold | None, send: Send, fits: Fits) -> None:
        if fits(seen := await self._look(id)):
            return await self._note(deed, "settled", id)
        self.deps.drain.going()
        self.deps.mutating()
        await self._note(deed, "intended", id)
        await self._asked(id, hold, send, version=seen.instance_id if seen else "")
        await self._seen(deed, id, fits)
        return await self._note(deed, "settled", id)

    async def _asked(self, id: MachineId, hold: Hold | None, send: Send, *, version: str) -> None:
        """A lease that was lost is taken again only while the machine is still the one that we knew.

        That Fly is busy is the client's to wait for; what became of an answer that was lost, the reads tell.
        """
        for pause in PAUSES:
            try:
                return await send(hold.lease.nonce if hold else "")
            except Conflict as conflict:
                seen = await self._look(id)
                if seen and seen.instance_id != version:
                    raise StepFailed(f"machine {id}: {conflict.advice}") from conflict
                if seen and hold:
                    await self.leasing.again(id, hold)
            except Ambiguous:
                return None
            await self.deps.sleep(pause)
        return await send(hold.lease.nonce if hold else "")

    async def _seen(self, deed: str, id: MachineId, fits: Fits) -> None:
        began = self.deps.now()
        while not fits(seen := await self._look(id)):
            if seen is None or seen.state == "destroyed":
                raise StepFailed(f"machine {id} did not {deed}: it is gone")
            if self.deps.now() - began > self.deps.pace.wait_timeout + seen.stops_within:
                raise StepFailed(f"machine {id} did not {deed}: it is {seen.state}")
            await self.deps.sleep(seconds(self.deps.pace.poll))

    async def _look(self, id: MachineId) -> Machine | None:
        try:
            return await read(self.deps, self.app, id, since=self.deps.now())
        except Gone:
            return None

    async def _note(self, deed: str, how: str, id: MachineId) -> None:
        body: dict[str, Json] = {"key": id, "machine": id, "step": self.step}
        await self.deps.note(self.deps.fact(f"machine.{deed}.{how}", self.deployment, **body))


def _open(seen: Machine | None) -> bool:
    return seen is not None and not seen.is_gone and not seen.cordoned


def _cordoned(seen: Machine | None) -> bool:
    return seen is None or seen.is_gone or seen.cordoned


def _stopped(seen: Machine | None) -> bool:
    return seen is None or seen.is_gone or seen.stands_still or seen.state == "failed"


def _gone(seen: Machine | None) -> bool:
    return seen is None or seen.state == "destroyed"
