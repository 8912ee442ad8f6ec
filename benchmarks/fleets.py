"""How long fleets take to go back and forth beyond what their machines take, and what Fly is asked for in doing so."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

from benchmarks.rollbacks import CR, Workplace, until, workplace
from checklist.assembly import assemble
from checklist.books import deploy_book
from checklist.deployment import ROLLOUT, Approval
from checklist.marks import MarkState
from checklist.moves import Status
from checklist.rollout import pool
from checklist.steps import Book, StepState
from checklist.words import ItemId, PersonId
from runs.way_back import AWAY_AT_ONCE
from sandbox import seed
from sandbox.fly.opening import Fleet

SIZES = (2, 10, 50)
MOVE, HEALTH = 2.0, 3.0  # seconds that a machine takes to pull and swap, and until its checks pass
QUICK = 0.3  # where only calls are counted
CONFIRMING = 2.0  # seconds: three reads, one second apart
LOOK_EVERY = 0.1  # seconds, added at most to what is measured: each look takes its time from the bot
REHEARSED = ItemId("rollback-rehearsed")
LOOKS = {"reads", "refreshes", "commands that look"}
NONCE = "fly-machine-lease-nonce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One move of a whole fleet: how long it took, and how long its machines and the confirming reads took."""

    name: str
    seconds: float
    waves: int

    @property
    def machines(self) -> float:
        return self.waves * (MOVE + HEALTH + CONFIRMING)

    @property
    def above(self) -> float:
        """The part that is ours."""
        return self.seconds / self.machines - 1

    def __str__(self) -> str:
        rest = f"{self.waves} waves of {self.machines / self.waves:g} s are the machines' own and the confirming reads'"
        return f"  {self.name}: {self.seconds:.2f} s, of which {rest}; above them {self.above:.1%}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What Fly was asked for while one rolling deployment went forward."""

    machines: int
    asked: Mapping[str, int]

    @property
    def changes(self) -> int:
        return sum(many for name, many in self.asked.items() if name not in LOOKS)

    @property
    def at_most(self) -> int:
        """As flyctl without its refreshes: for each machine a lease, an update, a release; and the release record."""
        return 3 * self.machines + 3

    def __str__(self) -> str:
        told = ", ".join(f"{many} {name}" for name, many in sorted(self.asked.items()))
        return f"  {self.machines} machines: {told}"


@dataclass(frozen=True, slots=True)
class Fleets:
    """Everything that was measured here."""

    moves: Sequence[Move]
    calls: Sequence[Calls]


async def measured_fleets(folder: Path) -> Fleets:
    """For each size a deployment forward, whose calls are counted, and its rollback; then the rehearsal on staging."""
    moves, calls = list[Move](), list[Calls]()
    for size in SIZES:
        async with workplace(folder / str(size), Fleet(started=size), brisk=False) as place:
            calls.append(await _forward(place, size))
            moves.append(await _back(place, size))
    async with workplace(folder / "rehearsal", brisk=False) as place:
        moves.append(await _rehearsal(place))
    return Fleets(moves, calls)


async def _forward(place: Workplace, size: int) -> Calls:
    """A rolling deployment goes on from its rollout."""
    await _takes(place, move=QUICK, health=QUICK)
    _halted(place)
    before = len(place.sandbox.world.platform.log)
    await place.people.says("john", f"/drop retry {CR}")
    await until(lambda: _is_done(place, ROLLOUT), "the rollout is done", within=120, every=LOOK_EVERY)
    asked = _asked(place, before)
    await until(lambda: _waits(place), "the deployment waits for a person", every=LOOK_EVERY)
    return Calls(machines=size, asked=asked)


async def _back(place: Workplace, size: int) -> Move:
    """From Roll back to all machines seen healthy on the old version."""
    await _takes(place)
    begun = time.perf_counter()
    await place.people.says("alem", f"/drop rollback {CR} it is measured")
    await until(lambda: _is_done(place, ItemId("rb-deploy")), "all machines are back", within=120, every=LOOK_EVERY)
    seconds = time.perf_counter() - begun
    waves = 1 + ceil((size - 1) / pool(size, AWAY_AT_ONCE))
    return Move(name=f"Roll back → {size} machines healthy", seconds=seconds, waves=waves)


async def _rehearsal(place: Workplace) -> Move:
    """The leg on which staging goes back, as the rehearsal itself has timed it."""
    await _takes(place)
    await place.people.says("john", f"/drop check {CR} {REHEARSED}")
    await until(
        lambda: place.found().mark(REHEARSED).state is MarkState.PASSED, "staging was there and back", every=LOOK_EVERY
    )
    seconds = place.found().mark(REHEARSED).evidence["seconds_to_healthy"]
    return Move(name="rehearsal → staging healthy", seconds=float(str(seconds)), waves=1)


async def _takes(place: Workplace, *, move: float = MOVE, health: float = HEALTH) -> None:
    """From now on machines take so long. Those that run already are well."""
    platform = place.sandbox.world.platform
    platform.durations.move, platform.durations.health = move, health
    apps = (seed.PRODUCTION_APP, seed.STAGING_APP)
    machines = [machine for app in apps for machine in platform.machines(app)]
    await until(
        lambda: all(platform.health.healthy(machine) for machine in machines), "all machines are well", every=LOOK_EVERY
    )


def _halted(place: Workplace) -> None:
    """As when the rollout had broken before its first machine: production runs the old version, and John may go on."""
    with place.record.work() as work:
        found, survey = work.deployments.get(CR), work.surveys.newest(CR)
        assert survey is not None
        plan = assemble(found, survey, place.checklist)
        assert found.window is not None
        approval = Approval(by=PersonId("alem"), plan=plan.digest, at=found.opened_at, ends=found.window.closes)
        steps, broken = deploy_book(found.release, place.checklist), False
        ended = []
        for step in steps:
            broken = broken or step.id == ROLLOUT
            state = StepState.FAILED if step.id == ROLLOUT else StepState.PENDING if broken else StepState.DONE
            ended.append(replace(step, state=state))
        halted = replace(found, status=Status.HALTED, plan=plan, approval=approval, mutated=True, steps=tuple(ended))
        work.deployments.save(halted)
        work.commit()


def _waits(place: Workplace) -> bool:
    return any(step.state is StepState.WAITING for step in place.found().steps_of(Book.DEPLOY))


def _is_done(place: Workplace, step: ItemId) -> bool:
    found = place.found()
    done = found.step(step)
    if found.status is Status.HALTED or (done is not None and done.broke):
        raise AssertionError(found.reason)
    return done is not None and done.state is StepState.DONE


def _asked(place: Workplace, before: int) -> Mapping[str, int]:
    """What was asked about production's machines and its list of releases since then, by what it was."""
    log = place.sandbox.world.platform.log[before:]
    about = (f"/apps/{seed.PRODUCTION_APP}/machines", "/releases")
    return Counter(_name(entry) for entry in log if any(part in entry["path"] for part in about))


def _name(entry: Mapping[str, object]) -> str:
    method, path, headers = str(entry["method"]), str(entry["path"]), entry["headers"]
    if method == "GET":
        return "reads"
    if "/releases" in path:
        return "writes of the release record"
    if path.endswith("/exec"):
        return "commands that look"
    if not path.endswith("/lease"):
        return "updates"
    if method == "DELETE":
        return "releases of leases"
    return "refreshes" if isinstance(headers, dict) and NONCE in headers else "leases"
