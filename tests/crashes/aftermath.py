"""What must hold beside the history: who was served meanwhile, and what a passage has left behind at Fly.io."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from checklist.deployment import Deployment
from checklist.moves import Status
from checklist.plan import PROCESS_GROUP
from runs.leasing import LEASE
from sandbox import seed
from sandbox.fly.machine import Machine
from tests.crashes.scenes import Scene
from tests.generated.world import World

FORTH, BACK = ("npm run db:migrate", "npm run db:migrate:down")
ONE_OFF = "fly_app_release_command"


@dataclass(frozen=True, slots=True)
class Opened:
    """Production as it was before anything happened."""

    machines: tuple[str, ...]
    cold: frozenset[str]  # those that stand still
    warm: Counter[str]  # how many run, by process group

    @classmethod
    def of(cls, world: World) -> Self:
        machines = world.platform.machines(seed.PRODUCTION_APP)
        warm = [machine for machine in machines if machine.state == "started"]
        return cls(
            tuple(machine.id for machine in machines),
            frozenset(machine.id for machine in machines) - {machine.id for machine in warm},
            Counter(map(_group, warm)),
        )


@dataclass(slots=True)
class Watchman:
    """Counts the machines of production that serve, whenever time is about to pass."""

    world: World
    scene: Scene
    opened: Opened
    short: list[str] = field(default_factory=list)  # each moment at which they were too few
    fewest: int = field(init=False)  # that ever served

    def __post_init__(self) -> None:
        self.fewest = self.opened.warm.total()

    def looks(self) -> None:
        """Of each process group, and of the whole: only one group is in hand at a time."""
        if self.world.faults.on("failing-health"):
            return  # nobody is served, whatever the bot does
        found, serving, warm = self.world.newest(), Counter(map(_group, self._serving())), self.opened.warm
        away = {group: self.scene.may_be_away(found, many) for group, many in warm.items()}
        self.fewest = min(self.fewest, serving.total())
        self._counts(found, "all", serving.total(), warm.total() - max(away.values()))
        for group, many in warm.items():
            self._counts(found, group, serving[group], many - away[group])

    def _counts(self, found: Deployment | None, group: str, serving: int, needed: int) -> None:
        if serving < needed:
            status = found.status if found else "nothing"
            last = (self.world.process.wires.events or ["the start"])[-1]
            self.short.append(f"{serving} of {needed} machines of {group} serve after {last}, while {status}")

    def _serving(self) -> Iterator[Machine]:
        platform = self.world.platform
        for machine in platform.machines(seed.PRODUCTION_APP):
            if platform.health.healthy(machine) and not machine.cordoned and not _is_one_off(machine):
                yield machine


def left_behind(world: World, scene: Scene, opened: Opened) -> Iterator[str]:
    """What is not as it should be once everything has come to rest."""
    world.time.passes(LEASE.total_seconds())
    yield from _leases(world)
    yield from _untracked(world, opened)
    yield from _migrated_twice(world)
    yield from _not_migrated_back(world)
    if scene.extras.rehearses:
        yield from _not_returned(world)


def _leases(world: World) -> Iterator[str]:
    for app in world.platform.apps.values():
        for id in app.machines:
            if lease := world.platform.leases.of(id):
                yield f"machine {id} is still leased for {lease.description}"


def _untracked(world: World, opened: Opened) -> Iterator[str]:
    """Each machine that stands was there before, or stands in the place of one that was, and runs if that one did."""
    places = dict(zip(opened.machines, opened.machines, strict=True))
    for entry in world.store.entries():
        if entry["kind"] == "machine.replaced":
            places[entry["body"]["blue"]] = entry["body"]["machine"]
    standing = {machine.id: machine.state for machine in world.platform.machines(seed.PRODUCTION_APP)}
    expected = set(places.values())
    yield from (f"machine {id} stands in nobody's place" for id in sorted(standing.keys() - expected))
    yield from (f"machine {id} is gone" for id in sorted(expected - standing.keys()))
    for first, now in places.items():
        state = "stopped" if first in opened.cold else "started"
        if standing.get(now, state) != state:
            yield f"machine {now} is {standing[now]}, and was {state}"


def migrations(world: World) -> Counter[str]:
    """How many one-off machines ran each command to a good end, by what Fly.io shows of them."""
    app = world.platform.apps[seed.PRODUCTION_APP]
    app.settle()
    ran = (machine for machine in app.machines.values() if _is_one_off(machine) and _ended_well(machine))
    return Counter(" ".join(machine.config["init"]["cmd"]) for machine in ran)


def _migrated_twice(world: World) -> Iterator[str]:
    for command, times in migrations(world).items():
        if times > 1:
            yield f"“{command}” ran {times} times"


def _not_migrated_back(world: World) -> Iterator[str]:
    ran, found = migrations(world), world.newest()
    if found and found.status is Status.ROLLED_BACK and ran[FORTH] != ran[BACK]:
        yield f"the database went forth {ran[FORTH]} times, and back {ran[BACK]} times"


def _not_returned(world: World) -> Iterator[str]:
    """After a rehearsal staging runs the release, and is healthy."""
    for machine in world.platform.machines(seed.STAGING_APP):
        image = machine.running.image
        if not world.platform.health.healthy(machine) or image is None or f"v{image.version}" != seed.STAGING_TAG:
            yield f"staging is {machine.state} with {image.version if image else 'no image'}"


def _is_one_off(machine: Machine) -> bool:
    return _group(machine) == ONE_OFF


def _group(machine: Machine) -> str:
    return str((machine.config.get("metadata") or {}).get(PROCESS_GROUP))


def _ended_well(machine: Machine) -> bool:
    exits = [event["request"] for event in machine.events if event["type"] == "exit"]
    ends = [(one.get("MonitorEvent") or one)["exit_event"] for one in exits]
    return any(not end["requested_stop"] and end["exit_code"] == 0 for end in ends)
