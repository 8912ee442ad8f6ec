"""A rollout as its strategies see it: a fleet, where each machine stands, and the actions that come next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil
from typing import Protocol

from checklist.plan import Machine, Plan, PlannedMachine
from checklist.words import MachineId, StrategyName

# What a deployment may ask for, and how the form names it. Immediate is for a way back alone.
FORWARD: Mapping[StrategyName, str] = {
    StrategyName.ROLLING: "Rolling: machine after machine",
    StrategyName.CANARY: "Canary: one machine first, watched, then the rest",
}


class Stage(StrEnum):
    """How far one machine has come."""

    AHEAD = "ahead"  # not begun
    IN_HAND = "in hand"
    THERE = "there"  # seen to be what the rollout wants
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One machine in the formation. A cold one does not run, and is not to run afterwards."""

    id: MachineId
    group: str
    warm: bool
    stage: Stage = Stage.AHEAD


@dataclass(frozen=True, slots=True)
class Formation:
    """The machines of a rollout, in the order of their ids."""

    spots: tuple[Spot, ...]

    def at(self, *stages: Stage) -> tuple[Spot, ...]:
        return tuple(spot for spot in self.spots if spot.stage in stages)

    def groups(self) -> tuple["Formation", ...]:
        """One formation for each process group."""
        names = sorted({spot.group for spot in self.spots})
        return tuple(Formation(tuple(spot for spot in self.spots if spot.group == name)) for name in names)

    def moved(self, id: MachineId, stage: Stage) -> "Formation":
        """The same formation with one machine at another stage."""
        return Formation(tuple(replace(spot, stage=stage) if spot.id == id else spot for spot in self.spots))


@dataclass(frozen=True, slots=True)
class Update:
    """Bring this machine to what the rollout wants, and see that it is there."""

    id: MachineId


Action = Update


class Strategy(Protocol):
    """Which actions come next, purely. It is asked anew each time that an action is over."""

    def next(self, formation: Formation) -> tuple[Action, ...]:
        """The actions to begin now, beside those that are in hand. None, with nothing in hand: it is over."""
        ...


# What makes a strategy for a fleet of which so much may be away at once.
Strategies = Mapping[StrategyName, "StrategyOf"]


class StrategyOf(Protocol):
    def __call__(self, max_unavailable: float) -> Strategy: ...


def pool(count: int, max_unavailable: float) -> int:
    """How many machines of `count` may be away at once: a number from 1 on, a part of them below 1, and never none.

    As flyctl's `getPoolSize`.
    """
    most = int(max_unavailable) if max_unavailable >= 1 else ceil(count * max_unavailable)
    return max(1, min(most, count))


def order_of(plan: Plan) -> str:
    """In which order the machines are moved, in words."""
    at_once = pool(len(plan.machines), plan.max_unavailable)
    rolling = "one after another" if at_once == 1 else f"one first, then {at_once} at a time"
    return {
        StrategyName.ROLLING: rolling,
        StrategyName.CANARY: f"one as a canary, then the others {rolling}",
        StrategyName.BLUEGREEN: "each beside a new one, until all the new ones are healthy",
        StrategyName.IMMEDIATE: "all at once",
    }[plan.strategy]


def formation_of(machines: Iterable[PlannedMachine], seen: Iterable[Machine]) -> Formation:
    """The plan's machines before anything is done, as they were just seen; those that were not count as running.

    Machines on hosts that cannot be reached are left out: nobody can update them, and nobody should wait for them.
    """
    cold = {machine.id for machine in seen if machine.stands_still}
    lost = {machine.id for machine in seen if not machine.reachable}
    ordered = sorted((machine for machine in machines if machine.id not in lost), key=lambda machine: machine.id)
    return Formation(tuple(Spot(id=one.id, group=one.group, warm=one.id not in cold) for one in ordered))
