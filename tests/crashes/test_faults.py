"""Each call to Fly goes wrong, in each way: once, and until Fly is well again. The deployment ends well all the same.

What a process may do meanwhile is what the history's invariants say; and of two machines one is healthy at any moment.
"""

import asyncio
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from checklist.deployment import Deployment
from checklist.moves import OVER
from sandbox import seed
from sandbox.fly.plan import Kind, PlannedFault
from tests.crashes.passages import Passage
from tests.generated.episodes import stored
from tests.generated.world import World

FEWEST_CALLS = 50  # of any passage: fewer, and the sweep has looked at nothing
HEALS_AFTER = 60  # turns, of which a passage without faults takes half
KINDS = tuple(kind for kind in Kind if kind is not Kind.SLOW)


@dataclass(slots=True)
class Outcome:
    """What a passage with a fault came to."""

    struck: int
    end: Deployment
    violations: list[str]
    fewest_healthy: int
    leases_left: list[str] = field(default_factory=list)


class Watchman:
    """Counts the healthy machines of production at everything that happens."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.fewest = len(self._healthy())

    async def looks(self, event: str) -> None:
        self.fewest = min(self.fewest, len(self._healthy()))

    def _healthy(self) -> list[str]:
        platform = self.world.platform
        machines = platform.machines(seed.PRODUCTION_APP)
        return [machine.id for machine in machines if platform.health.healthy(machine)]


def goes(fault: PlannedFault) -> Outcome:
    """The whole passage with this fault."""
    with stored(in_sqlite=False) as store, capture_logs():
        world = World(store)
        world.platform.plan.add(fault)
        watchman = Watchman(world)
        passage = Passage(world=world, heals_after=HEALS_AFTER if fault.forever else None, meanwhile=watchman.looks)
        left = asyncio.run(passage.goes())
        world.time.passes(13)
        leases = [machine for machine in seed.PRODUCTION_MACHINES if world.platform.leases.of(machine)]
        return Outcome(passage.struck or world.platform.plan.struck, left.end, left.violations, watchman.fewest, leases)


def holds(outcome: Outcome) -> None:
    assert outcome.violations == []
    assert outcome.end.status in OVER
    assert outcome.fewest_healthy >= 1
    assert outcome.leases_left == []


def sweeps(*kinds: Kind, forever: bool = False, stride: int = 1) -> int:
    """Call after call goes wrong, in turn in each of these ways, until a passage has no such call. Returns how many."""
    nth = 1
    while (outcome := goes(PlannedFault(kind=kinds[nth % len(kinds)], nth=nth, forever=forever))).struck:
        holds(outcome)
        nth += stride
    return nth


def test_any_call_may_go_wrong_once_in_one_way_or_another() -> None:
    assert sweeps(*KINDS) > FEWEST_CALLS


def test_from_any_call_on_all_may_go_wrong_until_fly_is_well_again() -> None:
    assert sweeps(*KINDS, forever=True, stride=5) > FEWEST_CALLS


@pytest.mark.soak
@pytest.mark.parametrize("forever", [False, True], ids=["once", "until it heals"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_call_may_go_wrong_in_each_way(kind: Kind, *, forever: bool) -> None:
    assert sweeps(kind, forever=forever) > FEWEST_CALLS
