"""One launch of a one-off machine: made, started once, and watched to its end. Each stage looks before it acts."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from checklist.errors import Ambiguous, Conflict, Gone, Outage
from checklist.jobs import NOT_YET, Job, OneOff, one_off
from checklist.record import Json
from checklist.words import MachineId
from runs.deps import RunDeps, seconds
from runs.mutation import StepFailed
from runs.rollout import Stopped

TRIES = 3
LOOKS = 10  # reads before an unanswered call is taken as not applied, or a machine as gone
HASTE = 4  # reads in the time of one
MOST_OUTPUT = 16 * 1024  # characters
INGESTION = 5  # seconds that Fly is given to take in what a machine wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The machine whose command was begun, or may have been, and when."""

    machine: MachineId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the command ended; without an exit code nobody knows, and `why` says what is known instead."""

    machine: MachineId
    exit_code: int | None
    why: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """The job as it goes. `intends` writes down that the command is about to begin, before it does."""

    deps: RunDeps
    job: Job
    within: timedelta
    begun: Begun | None  # from before a crash
    intends: Callable[[MachineId], Awaitable[Begun]] = field(repr=False)
    still_wanted: Callable[[], Awaitable[None]] = field(repr=False)

    async def carry_out(self) -> Ended:
        """Raises StepFailed when the command was certainly not begun; Stopped, Outage."""
        begun = self.begun or await self._begin(await self._machine())
        ended = await self._end(await self._surely_started(begun))
        if ended.exit_code is not None:
            await self.sweep()
        return ended

    async def look(self) -> Ended | None:
        """How it ended, without waiting; None while it runs or nobody knows. Raises Outage."""
        found = self._one_of(await self.deps.jobs.launched(self.job.app, self.job.launch))
        if found is None or found.exit_code is None:
            return None
        at = self.begun.at if self.begun else self.deps.now() - self.within
        return await self._ended(Begun(machine=found.id, at=at), found.exit_code)

    async def is_called_off(self) -> bool:
        """Take its machine away unless the command has begun. Whether it has not, and never will. Raises Outage."""
        found = await self._launched()
        if any(machine.began for machine in found) or (self.begun and not found):
            return False
        await self.sweep()
        return self.begun is None or all(one.is_gone and not one.began for one in await self._launched())

    async def sweep(self) -> None:
        """No machine of this launch is left behind. What Fly does not let us do now, it has destroyed by itself."""
        with contextlib.suppress(Outage):
            for _ in range(LOOKS):
                left = [one for one in await self._launched() if not one.is_gone]
                if not left:
                    return
                await self.deps.sleep(self._moment)
            for machine in left:
                self.deps.mutating()
                await self.deps.jobs.destroy(self.job.app, machine.id)

    # The machine

    async def _machine(self) -> OneOff:
        """The launch's machine: found, or made. Fly may have made one whose creation it did not answer."""
        for _ in range(TRIES):
            found = self._one_of(await self._launched())
            if found is not None:
                return found
            config = await self._config()
            await self.still_wanted()
            self.deps.mutating()
            try:
                return await self.deps.jobs.create(self.job.app, config)
            except Ambiguous:
                await self._shows_up()
        raise StepFailed(f"Fly made no machine for {self._command} in {TRIES} tries: it was not begun")

    async def _config(self) -> dict[str, Json]:
        try:
            return one_off(self.job, await self.deps.fleet.machines(self.job.app))
        except LookupError as error:
            raise StepFailed(
                f"no machine of {self.job.app} shows its environment: {self._command} was not begun"
            ) from error

    async def _shows_up(self) -> None:
        """Give a machine that may have been made the time to be listed."""
        for _ in range(LOOKS):
            if await self._launched():
                return
            await self.deps.sleep(self._moment)

    async def _launched(self) -> tuple[OneOff, ...]:
        return await self.deps.jobs.launched(self.job.app, self.job.launch)

    @staticmethod
    def _one_of(found: tuple[OneOff, ...]) -> OneOff | None:
        """The one that was begun, or else one that still can be."""
        begun = (machine for machine in found if machine.began)
        return next(begun, None) or next((machine for machine in found if not machine.is_gone), None)

    # The start

    async def _begin(self, machine: OneOff) -> Begun:
        """Raises StepFailed when the machine will not do."""
        seen = await self._pulled(machine.id)
        if seen.state == "failed" or seen.digest != self.job.image:
            await self.sweep()
            raise StepFailed(f"machine {seen.id} is {seen.state} with {seen.digest}: {self._command} was not begun")
        try:
            await self.still_wanted()
        except Stopped:
            await self.sweep()
            raise
        return await self.intends(seen.id)

    async def _pulled(self, id: MachineId) -> OneOff:
        """The machine once it has its image and stands still."""
        began = self.deps.now()
        while True:
            with contextlib.suppress(Gone):  # it was just made: not every node of Fly's has heard of it
                seen = await self.deps.jobs.look(self.job.app, id)
                if seen.state not in NOT_YET:
                    return seen
            if self.deps.now() - began > self.deps.pace.wait_timeout:
                await self.sweep()
                raise StepFailed(f"machine {id} did not get its image: {self._command} was not begun")
            await self.deps.sleep(self._moment)

    async def _surely_started(self, begun: Begun) -> Begun:
        """Start it, unless it was started. A machine that destroys itself at its end cannot run its command twice."""
        for attempt in range(TRIES):
            if (self.begun or attempt) and await self._has_begun(begun):
                return begun
            self.deps.drain.going()
            self.deps.mutating()
            try:
                await self.deps.jobs.start(self.job.app, begun.machine)
            except (Ambiguous, Conflict):
                await self.deps.sleep(self._moment)
            else:
                return begun
        return begun

    async def _has_begun(self, begun: Begun) -> bool:
        """Whether there is nothing left to start, looking again for a while at one that stands still."""
        for _ in range(LOOKS):
            try:
                seen = await self.deps.jobs.look(self.job.app, begun.machine)
            except Gone:
                return True
            if seen.began or seen.is_gone:
                return True
            await self.deps.sleep(self._moment)
        return False

    # The end

    async def _end(self, begun: Begun) -> Ended:
        missing, trouble = 0, ""
        while missing < LOOKS:
            try:
                seen = await self.deps.jobs.look(self.job.app, begun.machine)
            except Gone as gone:
                missing, trouble = missing + 1, gone.advice
            except Outage as outage:
                trouble = outage.advice
            else:
                if seen.exit_code is not None:
                    return await self._ended(begun, seen.exit_code)
                missing = missing + 1 if seen.is_gone or not seen.began else 0
                trouble = f"machine {seen.id} is {seen.state}"
            if self.deps.now() - begun.at > self.within:
                return await self._ended(begun, None, f"no end was seen within {self.within}: {trouble}")
            await self.still_wanted()
            await self.deps.sleep(self._moment)
        return await self._ended(begun, None, f"Fly shows no exit of it: {trouble}")

    async def _ended(self, begun: Begun, exit_code: int | None, why: str = "") -> Ended:
        return Ended(machine=begun.machine, exit_code=exit_code, why=why, output=await self._output(begun))

    async def _output(self, begun: Begun) -> str:
        """The last of what the command wrote, without secrets."""
        for _ in range(INGESTION):
            try:
                written = await self.deps.jobs.output(self.job.app, begun.machine, since=begun.at)
            except Outage as outage:
                return f"(its output could not be read: {outage.system} {outage.advice})"
            if written:
                return self.deps.redactor.text(written)[-MOST_OUTPUT:]
            await self.deps.sleep(1.0)
        return ""

    @property
    def _command(self) -> str:
        return f"“{' '.join(self.job.command)}”"

    @property
    def _moment(self) -> float:
        return seconds(self.deps.pace.poll) / HASTE
