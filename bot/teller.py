"""Telling in a shell, line by line, how a rollback goes."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bot.ground import Ground
from checklist.deployment import Deployment
from checklist.moves import Status
from checklist.steps import Book, Step, StepState
from checklist.words import DeploymentId, ItemId

Say = Callable[[str], None]
LOOK_EVERY = 0.2  # seconds
TO_MOVE = 330.0  # seconds without news from a bot that runs: a machine may take five minutes to become healthy


@dataclass(slots=True)
class Teller:
    """Says each step of a rollback as it goes."""

    ground: Ground
    id: DeploymentId
    say: Say
    _told: dict[ItemId, Step] = field(default_factory=dict)
    _seen: int = 0  # the sequence of the newest entry

    async def follows(self) -> Deployment:
        """Until the rollback is over, or a person is waited for. Raises TimeoutError when nothing moves any more."""
        moved = time.monotonic()
        while True:
            before = self._seen
            found = await self.looks()
            if found.status is not Status.ROLLING_BACK or waiting(found):
                return found
            moved = moved if before == self._seen else time.monotonic()
            if time.monotonic() - moved > TO_MOVE:
                raise TimeoutError
            await asyncio.sleep(LOOK_EVERY)

    async def looks(self) -> Deployment:
        """Say what is new."""
        found = await self.ground.aside(self._read)
        for step in found.steps_of(Book.ROLLBACK):
            if step.state is not StepState.PENDING and self._told.get(step.id) != step:
                self.say(step_line(step))
                self._told[step.id] = step
        return found

    def _read(self) -> Deployment:
        with self.ground.record.look() as work:
            for entry in work.journal.entries(self.id, after=self._seen):
                self._seen = entry.seq
            return work.deployments.get(self.id)


def waiting(deployment: Deployment) -> Step | None:
    """The step of the rollback that waits for a person."""
    step = deployment.next_step(Book.ROLLBACK)
    return step if step and step.state is StepState.WAITING else None


def step_line(step: Step) -> str:
    return f"  {step.id:<20} {step.state:<8} {step.note}".rstrip()


def told(lines: Iterable[str], say: Say) -> int:
    """A clear "no", in these lines."""
    for line in lines:
        say(line)
    return 1
