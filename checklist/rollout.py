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
    StrategyName.BLUEGREEN: "Bluegreen: new machines beside the old ones, then in their place",
}


class Stage(StrEnum):
    """How far one machine has come; those in the middle are of a pair, in which a green machine follows a blue one."""

    AHEAD = "ahead"  # not begun
    IN_HAND = "in hand"
    MADE = "made"  # the green is there, and cordoned
    WELL = "well"  # the green is healthy
    OPEN = "open"  # the green is sent requests, beside the blue
    KNOWN = "known"  # all of Fly's proxies know the green
    CORDONED = "cordoned"  # the blue is
    FORGOTTEN = "forgotten"  # no proxy sends the blue anything any more
    STOPPED = "stopped"  # the blue is
    THERE = "there"  # seen to be what the rollout wants; the blue is gone
    FAILED = "failed"


# The way of a pair, in which the green follows the blue.
STAIRS = (
    Stage.AHEAD,
    Stage.MADE,
    Stage.WELL,
    Stage.OPEN,
    Stage.KNOWN,
    Stage.CORDONED,
    Stage.FORGOTTEN,
    Stage.STOPPED,
    Stage.THERE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One machine in the formation. A cold one does not run, and is not to run afterwards."""

    id: MachineId
    group: str
    warm: bool
    stage: Stage = Stage.AHEAD
    launch: bool = True  # its green is started
    seen: bool = True  # one that Fly does not show is moved as if it ran, but nobody can count on that


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

    def at_id(self, id: MachineId) -> Spot:
        """Raises KeyError when there is no such machine."""
        found = next((spot for spot in self.spots if spot.id == id), None)
        if found is None:
            raise KeyError(id)
        return found

    def risen(self, id: MachineId) -> "Formation":
        """The same formation with one pair a stair further."""
        return self.moved(id, STAIRS[STAIRS.index(self.at_id(id).stage) + 1])

    def moved(self, id: MachineId, stage: Stage) -> "Formation":
        """The same formation with one machine at another stage."""
        return Formation(tuple(replace(spot, stage=stage) if spot.id == id else spot for spot in self.spots))


@dataclass(frozen=True, slots=True)
class Action:
    """What is to be done to one machine of the plan, or to its green."""

    id: MachineId


class Update(Action):
    """Bring the machine to what the rollout wants, and see that it is there."""


class Create(Action):
    """Make its green, which is cordoned."""


class Watch(Action):
    """See that the green is healthy."""


class Uncordon(Action):
    """Let the green be sent requests. From the first of these on there is no way back but a rollback."""


class PassTime(Action):
    """Wait until all of Fly's proxies know of what was done last."""


class Cordon(Action):
    """Let the blue be sent nothing more."""


class Stop(Action):
    """Let the blue finish what it has in hand, and end."""


class Destroy(Action):
    """Destroy the blue."""


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
    """The plan's machines before anything is done, as they were just seen; those that were not are moved as running.

    Machines on hosts that cannot be reached are left out: nobody can update them, and nobody should wait for them.
    """
    shown = {machine.id: machine for machine in seen}
    cold = {id for id, machine in shown.items() if machine.stands_still}
    lost = {id for id, machine in shown.items() if not machine.reachable}
    ordered = sorted((machine for machine in machines if machine.id not in lost), key=lambda machine: machine.id)
    spots = (Spot(id=one.id, group=one.group, warm=one.id not in cold, seen=one.id in shown) for one in ordered)
    return Formation(tuple(spots))
