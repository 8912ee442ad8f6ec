"""A passage that touches everything outside: a release to production, and back, in one of the scenes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random
from typing import TypeVar

from structlog.testing import capture_logs

from checklist.deployment import Deployment
from checklist.moves import OVER, Status
from sandbox import seed
from sandbox.fly.plan import PlannedFault
from tests.crashes.aftermath import BACK, FORTH, Opened, Watchman, left_behind, migrations
from tests.crashes.scenes import PLAIN, Scene
from tests.generated.episodes import stored
from tests.generated.loop import lives
from tests.generated.people import Payload, People
from tests.generated.wires import Death, Wires
from tests.generated.world import World

T = TypeVar("T")
MOST_TURNS = 200
HEALS_AFTER = 8  # turns with a fault that stays
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
    calls: int = 0  # that reached Fly
    struck: int = 0  # how many of them went wrong as was planned
    fewest: int = 0  # machines that served at any time


@dataclass(slots=True, kw_only=True)
class Passage:
    """One release and its way back. Each process dies at the event that `deaths` names for it, if it names one."""

    world: World
    scene: Scene = PLAIN
    deaths: Sequence[int] = ()
    late: bool = False  # the call that was in flight arrives after the next process has begun to look
    heals: bool = False  # a fault that stays is over after a while
    meanwhile: Callable[[str], Awaitable[None]] | None = None  # what else happens
    _ill: int = 0  # turns since it began
    _struck: int = 0
    _watchman: Watchman = field(init=False)
    _processes: list[Wires] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._watchman = Watchman(self.world, self.scene, Opened.of(self.world))
        self.world.time.looks = self._watchman.looks

    async def goes(self) -> Left:
        self._starts()
        for _ in range(MOST_TURNS):
            self._heals_in_time()
            found = self.world.newest()
            if found is not None and found.status in OVER:
                break
            await self._turn(found)
        self._alive().last = None
        await self.world.comes_to_rest()
        return self._left()

    def _left(self) -> Left:
        found, plan, watchman = self.world.newest(), self.world.platform.plan, self._watchman
        assert found is not None
        violations = [str(violation) for violation in self.world.violations()]
        violations += [*watchman.short, *left_behind(self.world, self.scene, watchman.opened)]
        listed = self.world.platform.apps[seed.PRODUCTION_APP].releases
        return Left(
            events=[wires.events for wires in self._processes],
            end=found,
            violations=violations,
            releases=[str(release["status"]) for release in listed if release["version"] > RELEASED_BEFORE],
            calls=len(plan.calls),
            struck=self._struck + plan.struck,
            fewest=watchman.fewest,
        )

    def _heals_in_time(self) -> None:
        plan = self.world.platform.plan
        self._ill += self.heals and plan.struck > 0
        if self._ill == HEALS_AFTER:
            self._struck += plan.struck
            plan.clear()

    async def _turn(self, found: Deployment | None) -> None:
        try:
            await self._next(found)
        except Death:
            self._starts()
        self.world.time.passes(1)

    async def _next(self, found: Deployment | None) -> None:
        people = replace(steady(self.world), wishes=self.scene.wishes, has_it_run=self._is_migrated)
        if found is not None and found.status in {Status.VERIFYING, Status.ROLLBACK_INCOMPLETE}:
            await self.world.is_asked(*self._goes_back(people, found))
        elif found is not None and found.status is Status.HALTED and self.scene.gives_up:
            await self.world.is_asked(*people.gives_up(found))
        elif act := people.presses_next(found):
            await self.world.is_asked(*act)
        await self.world.goes_on()
        self.world.process.reader.says_all()

    def _is_migrated(self) -> bool:
        """What people see who look at the database before they have its migration taken back."""
        ran = migrations(self.world)
        return ran[FORTH] > ran[BACK]

    def _goes_back(self, people: People, found: Deployment) -> Payload:
        if self.scene.falls_sick:
            self.world.faults.switch("failing-health", on=True)
        return people.undoes(found) if self.scene.undoes else people.rolls_back(found)

    def _starts(self) -> None:
        """The next process, and the moment of its death."""
        number = len(self._processes)
        wires = Wires(last=self.deaths[number] if number < len(self.deaths) else None)
        if self.late and number:
            wires.arriving = self._processes[-1].sent
        elif self.late:
            wires.keeps_what_is_sent = True
        wires.meanwhile = self._passes_by
        self._processes.append(wires)
        self.world.starts(wires=wires)

    async def _passes_by(self, event: str) -> None:
        await asyncio.sleep(0)  # whoever's time has come meanwhile has it now
        if self.meanwhile:
            await self.meanwhile(event)

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


def passes(*deaths: int, scene: Scene = PLAIN, late: bool = False, in_sqlite: bool = False) -> Left:
    """The whole passage, with these deaths."""
    with stored(in_sqlite=in_sqlite) as store, capture_logs():
        world = World(store, extras=scene.extras)
        return lives(world.time, Passage(world=world, scene=scene, deaths=deaths, late=late).goes())


@cache
def undisturbed(scene: Scene = PLAIN) -> Left:
    """The whole passage when nothing happens."""
    return passes(scene=scene)


def spoilt(fault: PlannedFault, scene: Scene) -> Left:
    """The whole passage, with this fault until Fly is well again."""
    with stored(in_sqlite=False) as store, capture_logs():
        world = World(store, extras=scene.extras)
        world.platform.plan.add(fault)
        return lives(world.time, Passage(world=world, scene=scene, heals=fault.forever).goes())
