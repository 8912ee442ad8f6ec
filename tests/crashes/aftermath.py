"""What must hold beside the history: who was served meanwhile, and what a passage has left behind at Fly.io."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from checklist.moves import Status
from runs.leasing import LEASE
from sandbox import seed
from sandbox.fly.machine import Machine
from tests.crashes.scenes import Scene
from tests.generated.world import World

FORTH, BACK = ("npm run db:migrate", "npm run db:migrate:down")
ONE_OFF = "fly_app_release_command"


@dataclass(slots=True)
class Watchman:
    """Counts the machines of production that serve, at everything that happens."""

    world: World
    scene: Scene
    short: list[str] = field(default_factory=list)  # each moment at which they were too few

    async def looks(self, event: str) -> None:
        if self.world.faults.on("failing-health"):
            return  # nobody is served, whatever the bot does
        found, serving = self.world.newest(), len(list(self._serving()))
        needed = len(seed.PRODUCTION_MACHINES) - self.scene.may_be_away(found)
        if serving < needed:
            status = found.status if found else "nothing"
            self.short.append(f"{serving} of {needed} machines serve at {event}, while {status}")

    def _serving(self) -> Iterator[Machine]:
        platform = self.world.platform
        for machine in platform.machines(seed.PRODUCTION_APP):
            if platform.health.healthy(machine) and not machine.cordoned and not _is_one_off(machine):
                yield machine


def left_behind(world: World, scene: Scene) -> Iterator[str]:
    """What is not as it should be once everything has come to rest."""
    world.time.passes(LEASE.total_seconds())
    yield from _leases(world)
    yield from _untracked(world)
    yield from _migrated_twice(world)
    yield from _not_migrated_back(world)
    if scene.rehearses:
        yield from _not_returned(world)


def _leases(world: World) -> Iterator[str]:
    for app in world.platform.apps.values():
        for id in app.machines:
            if lease := world.platform.leases.of(id):
                yield f"machine {id} is still leased for {lease.description}"


def _untracked(world: World) -> Iterator[str]:
    """Each machine that stands was there before, or stands in the place of one that was."""
    places = dict(zip(seed.PRODUCTION_MACHINES, seed.PRODUCTION_MACHINES, strict=True))
    for entry in world.store.entries():
        if entry["kind"] == "machine.replaced":
            places[entry["body"]["blue"]] = entry["body"]["machine"]
    standing = {machine.id for machine in world.platform.machines(seed.PRODUCTION_APP)}
    expected = set(places.values())
    yield from (f"machine {id} stands in nobody's place" for id in sorted(standing - expected))
    yield from (f"machine {id} is gone" for id in sorted(expected - standing))


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
    return (machine.config.get("metadata") or {}).get("fly_process_group") == ONE_OFF


def _ended_well(machine: Machine) -> bool:
    exits = [event["request"] for event in machine.events if event["type"] == "exit"]
    ends = [(one.get("MonitorEvent") or one)["exit_event"] for one in exits]
    return any(not end["requested_stop"] and end["exit_code"] == 0 for end in ends)
