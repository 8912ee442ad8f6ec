"""An episode: some deployments of one workplace, one after another, as a seed decides; then the history is checked."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from structlog.testing import capture_logs

from checklist.deployment import Deployment
from checklist.moves import OVER, Status
from tests.generated.deeds import deeds
from tests.generated.loop import lives
from tests.generated.memory import MemoryStore
from tests.generated.people import Payload, People
from tests.generated.stores import SqliteStore, Store, empty_record
from tests.generated.wires import Death, Wires
from tests.generated.workplace import DAYS
from tests.generated.world import World

DEPLOYMENTS = 10  # of one episode
MOST_ACTS = 120  # of one deployment, before people only want it to be over
FLY_FAULTS = (
    "failing-health",
    "apply-then-timeout",
    "reset-before-apply",
    "lease-held",
    "fly-down",
    "slow-health",
    "migration-fails",
    "migration-hangs",
)
REFRESH = "fleet.refresh_lease"
MEMORY = Path("/dev/shm")  # noqa: S108  # our own folder is made in it


class Broken(Exception):
    """The history of an episode does not hold."""

    @classmethod
    def by(cls, seed: int, violations: list[str]) -> "Broken":
        again = f"again: python -m tests.generated {seed}"
        return cls("\n".join([f"episode {seed} does not hold; {again}", *violations]))


@dataclass(slots=True)
class Tally:
    """What became of the deployments."""

    ends: Counter[Status] = field(default_factory=Counter)
    passed_through: Counter[Status] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    deaths: int = 0
    in_sqlite: int = 0

    def add(self, other: "Tally") -> None:
        self.ends += other.ends
        self.passed_through += other.passed_through
        self.deeds += other.deeds
        self.deaths += other.deaths
        self.in_sqlite += other.in_sqlite


def play(seeds: range, *, in_sqlite: bool = False) -> Tally:
    """The episodes of these seeds. Raises Broken at the first one that does not hold."""
    tally = Tally()
    for seed in seeds:
        with stored(in_sqlite=in_sqlite) as store:
            tally.add(episode(seed, store))
    tally.in_sqlite = tally.ends.total() if in_sqlite else 0
    return tally


@contextmanager
def stored(*, in_sqlite: bool) -> Iterator[Store]:
    """An empty record, and its end."""
    if not in_sqlite:
        yield MemoryStore()
        return
    where = str(MEMORY) if MEMORY.is_dir() else None
    with TemporaryDirectory(prefix="drop-generated-", dir=where) as name:
        store = SqliteStore(empty_record(Path(name)))
        try:
            yield store
        finally:
            store.close()


def episode(seed: int, store: Store) -> Tally:
    """One episode in this store. Raises Broken."""
    world = World(store)
    acts = Episode(world=world, chance=Random(seed))  # repeatable, not secret
    with capture_logs():
        lives(world.time, acts.passes())
    violations = [str(violation) for violation in world.violations()]
    if violations:
        raise Broken.by(seed, violations)
    acts.tally.deeds += Counter(deeds(store.entries()))
    return acts.tally


@dataclass(slots=True, kw_only=True)
class Episode:
    """Chance, and what it does to a world."""

    world: World
    chance: Random
    tally: Tally = field(default_factory=Tally)
    say: Callable[[str], None] = lambda line: None
    _version: str = "0.5.0"
    _noise: float = 0.0
    _last: Payload | None = None
    _nested: bool = False

    async def passes(self) -> None:
        """All of its deployments, one after another, and rest."""
        for _ in range(DEPLOYMENTS):
            await self._passes_a_deployment()
        await self._comes_to_rest()

    async def _passes_a_deployment(self) -> None:
        """One deployment from its opening to its end, whatever comes between."""
        self._version = self.world.release_is_ready()
        self._noise = self.chance.choice([0.02, 0.1, 0.3])
        while (found := self.world.newest()) is None or found.status in OVER:
            await self._survives(self._opens(found))
        hurry = self.chance.choice([4, 16, 30, 60])  # after so many acts they want to be done with it
        acts = 0
        while (found := self.world.newest()) is not None and found.status not in OVER:
            self.tally.passed_through[found.status] += 1
            await self._survives(self._act(found) if acts < hurry else self._ends(found))
            acts += 1
            if acts > hurry + MOST_ACTS:
                raise AssertionError(f"{found.id} never ends: it is {found.status}")
        if found:
            self.tally.ends[found.status] += 1

    async def _comes_to_rest(self) -> None:
        self._heals()
        self.world.process.wires.last = None
        await self.world.is_watched()
        await self._survives(self.world.comes_to_rest())
        await self.world.comes_to_rest()

    # What may happen

    async def _opens(self, found: Deployment | None) -> None:
        await self.world.is_watched()
        people = self._people()
        await self._presses(people.acknowledges() if self.world.drifted() else people.presses_next(found))

    async def _act(self, found: Deployment) -> None:
        self.world.sweeps()
        await self.world.is_watched()
        if found.status is Status.APPROVED and self.chance.random() < 0.2:  # what was signed may go out of date
            await self.chance.choice(_BEFORE_THE_START)(self, found)
        elif self.chance.random() < (0.3 if found.status is Status.HALTED else 0.04):
            await self._presses(self._people().presses_rarely(found))
        elif self.chance.random() > self._noise:
            await self._next(found)
        else:
            await self.chance.choices(tuple(_HAPPENS), weights=tuple(_HAPPENS.values()))[0](self, found)

    async def _next(self, found: Deployment) -> None:
        """What comes next: a person presses, or else the bot goes on."""
        act = self._people().presses_next(found)
        time = self.world.time
        if found.status is Status.APPROVED and found.window and time.now() < found.window.opens:
            time.reaches(found.window.opens + timedelta(minutes=10))
        if self.world.drifted() and self.chance.random() < 0.5:
            await self._presses(self._people().acknowledges())
        elif act is None or self.chance.random() < 0.3:
            await self._bot_goes_on()
        else:
            await self._presses(act)

    async def _early(self, found: Deployment) -> None:
        """Somebody does not wait for the window."""
        await self._presses(self._people().presses_next(found))

    async def _at_the_last_moment(self, found: Deployment) -> None:
        """Somebody starts just before the window closes."""
        if found.window:
            self.world.time.reaches(found.window.closes - timedelta(seconds=self.chance.randint(1, 12)))
        await self._presses(self._people().presses_next(found))

    async def _bot_goes_on(self) -> None:
        self.world.process.wires.meanwhile = self._meanwhile
        if not await self.world.goes_on():
            self._time_passes()
        self.world.process.reader.says_all()

    async def _meanwhile(self, point: str) -> None:
        """Something happens while a call is under way; the watch goes on all the time."""
        if self._nested or point == REFRESH:  # which ends in the middle, when nobody needs the lease any more
            return
        self._nested = True
        try:
            await asyncio.sleep(0)  # whoever's time has come meanwhile has it now
            if point == "sleep":
                await self.world.is_watched()
            if self.chance.random() < 0.02:
                await self._besides()
        finally:
            self._nested = False

    async def _besides(self) -> None:
        found = self.world.newest()
        if self.chance.random() < 0.3 and found is not None:
            await self._presses(self._people().rolls_back(found))
        elif self.chance.random() < 0.5:
            await self._presses(self._people().presses_anything(found))
        else:
            await self.world.goes_on("reads")

    async def _anything(self, found: Deployment) -> None:
        await self._presses(self._people().presses_anything(found))

    async def _replay(self, found: Deployment) -> None:
        """The very same payload once more."""
        if self._last:
            await self._presses(self._last)

    async def _fault(self, found: Deployment) -> None:
        fault = self.chance.choice(FLY_FAULTS)
        self.world.faults.switch(fault, on=self.chance.random() < 0.6)

    async def _slack(self, found: Deployment) -> None:
        self.world.slack.down = self.chance.random() < 0.5

    async def _other_hand(self, found: Deployment) -> None:
        self.world.someone_changes_production()

    async def _death_ahead(self, found: Deployment) -> None:
        """One of the next things that the process does will be its last."""
        wires = self.world.process.wires
        wires.last = len(wires.events) + self.chance.randint(1, 40)

    async def _roles(self, found: Deployment) -> None:
        """Another checklist comes into force, as it does with a new process."""
        self.world.starts(self.chance.randrange(DAYS))

    async def _waits(self, found: Deployment) -> None:
        self._time_passes()

    async def _heal(self, found: Deployment) -> None:
        self._heals()

    def _time_passes(self) -> None:
        """A moment, an hour, or until the next window."""
        time, calendar = self.world.time, self.world.process.desk.deps.calendar
        if self.chance.random() < 0.25:
            time.reaches(calendar.next_windows(time.now(), 1)[0].opens + timedelta(minutes=10))
        else:
            time.passes(self.chance.choice([1, 5, 30, 200, 1000, 4000]))

    async def _ends(self, found: Deployment) -> None:
        """Nobody wants it any more: faults are mended, and it goes the shortest way to an end."""
        self._heals()
        self.world.process.wires.last = None
        self.world.sweeps()
        await self.world.is_watched()
        await self._bot_goes_on()
        found = self.world.newest() or found
        people = self._people()
        act = people.presses_next(found)
        if found.status in {Status.DEPLOYING, Status.ROLLING_BACK, Status.VERIFYING} and act:
            await self._presses(act)
        elif found.status not in OVER:
            await self._presses(people.gives_up(found))

    def _heals(self) -> None:
        for fault in FLY_FAULTS:
            self.world.faults.switch(fault, on=False)
        self.world.slack.down = False

    # How

    def _people(self) -> People:
        world = self.world
        deps = world.process.desk.deps
        return People(
            chance=self.chance,
            checklist=deps.checklist,
            next_n=world.next_n,
            windows=lambda: [window.opens for window in deps.calendar.next_windows(deps.now(), 2)],
            version=self._version,
            surveyed=world.surveyed,
        )

    async def _presses(self, payload: Payload | None) -> None:
        if payload is None:
            return
        self._last = payload
        refusal = await self.world.is_asked(*payload)
        self.say(f"{payload[1]} → {refusal or 'done'}")
        self.world.time.passes(1)

    async def _survives(self, deed: Awaitable[None]) -> None:
        """Do it; should the process die over it, a new one takes its place."""
        try:
            await deed
        except Death:
            self.tally.deaths += 1
            self._nested = False
            self.world.starts(wires=Wires())


_BEFORE_THE_START = (
    Episode._roles,
    Episode._other_hand,
    Episode._waits,
    Episode._early,
    Episode._at_the_last_moment,
)
_HAPPENS: dict[Callable[[Episode, Deployment], Awaitable[None]], float] = {
    Episode._anything: 12,
    Episode._replay: 3,
    Episode._fault: 3,
    Episode._heal: 3,
    Episode._slack: 2,
    Episode._other_hand: 1,
    Episode._death_ahead: 3,
    Episode._roles: 1,
    Episode._waits: 3,
}
