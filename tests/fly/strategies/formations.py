"""Formations for the tests of strategies, and a rollout that goes as they say."""

from collections.abc import Collection
from dataclasses import replace

from checklist.rollout import Formation, Spot, Stage, Strategy
from checklist.words import MachineId


def fleet(*, warm: int = 0, cold: int = 0, group: str = "app") -> Formation:
    """Machines of one group: w1, w2, … run; c1, c2, … stand still."""
    running = [Spot(id=MachineId(f"w{n}"), group=group, warm=True) for n in range(1, warm + 1)]
    standing = [Spot(id=MachineId(f"c{n}"), group=group, warm=False) for n in range(1, cold + 1)]
    return Formation((*running, *standing))


def unseen(formation: Formation, *ids: str) -> Formation:
    """The same machines, of which Fly does not show these: they are moved as if they ran."""
    return Formation(tuple(replace(one, warm=True, seen=False) if one.id in ids else one for one in formation.spots))


def begins(strategy: Strategy, formation: Formation) -> list[str]:
    """The machines that are begun now."""
    return [action.id for action in strategy.next(formation)]


def goes(strategy: Strategy, formation: Formation, *, failing: Collection[str] = ()) -> list[list[str]]:
    """The whole rollout, wave after wave: all that was begun is over before it is asked again."""
    waves = []
    while wave := begins(strategy, formation):
        waves.append(wave)
        for id in wave:
            formation = formation.moved(MachineId(id), Stage.FAILED if id in failing else Stage.THERE)
    return waves
