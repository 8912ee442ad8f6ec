"""A passage that touches everything outside: a release to production under maintenance, and back."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar

from structlog.testing import capture_logs

from checklist.deployment import Deployment
from checklist.moves import OVER, Status
from sandbox import seed
from tests.generated.episodes import stored
from tests.generated.people import People
from tests.generated.wires import Death, Wires
from tests.generated.world import World

T = TypeVar("T")
MOST_TURNS = 200
RELEASED_BEFORE = 63  # the release that production begins with


class Steady(Random):
    """Chance that never does anything surprising."""

    def random(self) -> float:
        return 0.99

    def choice(self, seq: Sequence[T]) -> T:  # type: ignore[override]  # typeshed asks for a protocol of its own
        return seq[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a passage left: what went out in each process, how it ended, and what does not hold of it."""

    events: list[list[str]]
    end: Deployment
    violations: list[str]
    releases: list[str] = field(default_factory=list)  # what became of those that Fly counts, the newest first


@dataclass(slots=True, kw_only=True)
class Passage:
    """One release and its way back. Each process dies at the event that `deaths` names for it, if it names one."""

    world: World
    deaths: Sequence[int] = ()
    undoes: bool = False  # the way back brings the kept configuration too
    strategy: str = ""  # as the checklist says
    late: bool = False  # the call that was in flight arrives after the next process has begun to look
    heals_after: int | None = None  # turns after which Fly is well again
    meanwhile: Callable[[str], Awaitable[None]] | None = None  # who looks on
    struck: int = 0  # how often the planned fault had struck by then
    _processes: list[Wires] = field(default_factory=list)

    async def goes(self) -> Left:
        self._starts()
        for turn in range(MOST_TURNS):
            if turn == self.heals_after:
                self._heals()
            found = self.world.newest()
            if found is not None and found.status in OVER:
                break
            await self._turn(found)
        self._alive().last = None
        await self.world.comes_to_rest()
        found = self.world.newest()
        assert found is not None
        violations = [str(violation) for violation in self.world.violations()]
        listed = self.world.platform.apps[seed.PRODUCTION_APP].releases
        made = [str(release["status"]) for release in listed if release["version"] > RELEASED_BEFORE]
        events = [wires.events for wires in self._processes]
        return Left(events=events, end=found, violations=violations, releases=made)

    def _heals(self) -> None:
        plan = self.world.platform.plan
        self.struck = plan.struck
        plan.clear()

    async def _turn(self, found: Deployment | None) -> None:
        try:
            await self._next(found)
        except Death:
            self._starts()
        self.world.time.passes(1)

    async def _next(self, found: Deployment | None) -> None:
        people = replace(steady(self.world), strategy=self.strategy)
        if found is not None and found.status is Status.VERIFYING:
            await self.world.is_asked(*(people.undoes(found) if self.undoes else people.rolls_back(found)))
        elif act := people.presses_next(found):
            await self.world.is_asked(*act)
        await self.world.goes_on()
        self.world.process.reader.says_all()

    def _starts(self) -> None:
        """The next process, and the moment of its death."""
        number = len(self._processes)
        wires = Wires(last=self.deaths[number] if number < len(self.deaths) else None)
        if self.late and number:
            wires.arriving = self._processes[-1].sent
        elif self.late:
            wires.keeps_what_is_sent = True
        if self.meanwhile:
            wires.meanwhile = self.meanwhile
        self._processes.append(wires)
        self.world.starts(wires=wires)

    def _alive(self) -> Wires:
        return self._processes[-1]


def steady(world: World) -> People:
    """People who do what comes next."""
    deps = world.process.desk.deps
    return People(
        chance=Steady(),
        checklist=deps.checklist,
        next_n=world.next_n,
        windows=lambda: [window.opens for window in deps.calendar.next_windows(deps.now(), 2)],
        version="0.5.0",
        surveyed=world.surveyed,
    )


def passes(*deaths: int, undoes: bool = False, late: bool = False, in_sqlite: bool = True, strategy: str = "") -> Left:
    """The whole passage, with these deaths."""
    with stored(in_sqlite=in_sqlite) as store, capture_logs():
        passage = Passage(world=World(store), deaths=deaths, undoes=undoes, late=late, strategy=strategy)
        return asyncio.run(passage.goes())
