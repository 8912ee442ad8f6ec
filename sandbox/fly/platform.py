"""The platform behind every endpoint: its apps, its registry, its leases, its limits and the log of its requests."""

import secrets
import time
from collections.abc import Callable
from itertools import cycle

from sandbox import seed
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.fly.copies import Copies
from sandbox.fly.documents import Json, timestamp
from sandbox.fly.durations import Durations
from sandbox.fly.health import Health
from sandbox.fly.images import REGISTRY, Reference, Registry
from sandbox.fly.journal import Journal
from sandbox.fly.leases import STRANGER, Leases
from sandbox.fly.limits import Limits
from sandbox.fly.machine import Machine
from sandbox.fly.opening import TWO_MACHINES, App, Fleet, Opening
from sandbox.fly.plan import FaultPlan
from sandbox.fly.releases import Releases
from sandbox.fly.secrets import Secrets
from sandbox.fly.volumes import Volumes

SECONDS_OF_THE_STRANGER = 60

_FIRST_MACHINE = seed.PRODUCTION_MACHINES[0]
_BY_HAND = "v0.4.1"
_CHANGED_BY_HAND = "SUMSUB_API_KEY"
_SET_BY_HAND = {"LOG_LEVEL": "debug"}


def fresh_id() -> str:
    return secrets.token_hex(7)


class Platform:
    """One Fly.io. Moves, checks and limits take the `stopwatch`, real time in seconds, whatever the clock says."""

    def __init__(
        self,
        clock: Clock,
        faults: Faults,
        next_n: Callable[[], int],
        *,
        stopwatch: Callable[[], float] = time.monotonic,
        fleet: Fleet = TWO_MACHINES,
        new_id: Callable[[], str] = fresh_id,
    ) -> None:
        self.clock = clock
        self.faults = faults
        self.stopwatch = stopwatch
        self.new_id = new_id  # of a machine that is made
        self.journal = Journal(clock, next_n)
        self.plan = FaultPlan()
        self.copies = Copies(self)
        self.registry = Registry(faults)
        self.durations = Durations()
        self.health = Health(faults, self.durations)
        self.leases = Leases(clock.now)
        self.limits = Limits(stopwatch)
        opening = Opening(clock.now, stopwatch, self.registry, self.durations, faults, fleet)
        self.apps: dict[str, App] = opening.apps()
        self.releases = Releases(self.apps, clock.now)
        self.volumes = Volumes(self.apps, clock.now, stopwatch, faults)
        self.secrets = Secrets(clock.now)
        self.silence = cycle((False, True))  # every other 408 has no body
        self.hung = cycle((408, 504))  # how a call ends that a lost host has let hang
        faults.when_switched(self._switched)

    @property
    def log(self) -> list[Json]:
        """Every request so far, the refused ones too, oldest first."""
        return self.journal.entries

    def machines(self, app: str) -> list[Machine]:
        """The machines of an app as they are now, without the destroyed ones."""
        return self.apps[app].standing

    def snapshot(self) -> dict[str, list[Json]]:
        """The machines of each app as the sandbox's page draws them."""
        self._let_the_stranger_go()
        return {app: [self._outline(machine) for machine in self.machines(app)] for app in self.apps}

    def _outline(self, machine: Machine) -> Json:
        version, lease = machine.version, self.leases.of(machine.id)
        digest = version.reference.document(version.image)["digest"]
        return {
            "id": machine.id,
            "region": machine.region,
            "state": machine.state,
            "tag": self.registry.label(digest) or version.reference.tag,
            "digest": digest,
            "instance_id": version.id,
            "updated_at": timestamp(machine.updated_at),
            "checks": [{"name": check["name"], "status": check["status"]} for check in self.health.checks(machine)],
            "lease": lease.outline() if lease else None,
            "maintenance": (version.config.get("env") or {}).get("MAINTENANCE_MODE"),
        }

    def _change_by_hand(self) -> None:
        """Another hand deploys an old image to one machine; that is done at once, and the switch is off again."""
        machine = self._second_machine()
        text = f"{REGISTRY}/{seed.IMAGE_REPOSITORY}:{_BY_HAND}"
        reference = Reference(REGISTRY, seed.IMAGE_REPOSITORY, _BY_HAND, None)
        machine.update(
            {**machine.version.config, "image": text}, reference, self.registry.pulled(reference), launch=True
        )
        self.faults.switch("changed-by-hand", on=False)

    def _second_machine(self) -> Machine:
        """The first, where there is no other."""
        return self.machines(seed.PRODUCTION_APP)[:2][-1]

    def _change_a_secret(self) -> None:
        """Another hand sets a secret; that is done at once, and the switch is off again."""
        self.secrets.change(self.apps[seed.PRODUCTION_APP], {_CHANGED_BY_HAND: secrets.token_hex(8)})
        self.faults.switch("secret-changed", on=False)

    def _set_on_staging(self, on: bool) -> None:
        """Another hand sets a variable on the machines of staging, or takes it away again."""
        for machine in self.machines(seed.STAGING_APP):
            version = machine.version
            kept = {name: value for name, value in version.config["env"].items() if name not in _SET_BY_HAND}
            config = {**version.config, "env": {**kept, **(_SET_BY_HAND if on else {})}}
            machine.update(config, version.reference, version.image, launch=True)

    def _let_the_stranger_go(self) -> None:
        """Switch `lease-held` off once the stranger's lease has run out."""
        lease = self.leases.of(_FIRST_MACHINE)
        if self.faults.on("lease-held") and (lease is None or lease.owner != STRANGER):
            self.faults.switch("lease-held", on=False)

    def _switched(self, fault: str, on: bool) -> None:
        if fault == "changed-by-hand" and on:
            self._change_by_hand()
        if fault == "host-unreachable":
            self._second_machine().host_status = "unreachable" if on else "ok"
        if fault == "secret-changed" and on:
            self._change_a_secret()
        if fault == "staging-differs":
            self._set_on_staging(on)
        if fault != "lease-held":
            return
        self.leases.withdraw(_FIRST_MACHINE, STRANGER)
        if on:
            self.leases.grant(
                _FIRST_MACHINE,
                owner=STRANGER,
                description="flyctl deploy by someone else",
                seconds=SECONDS_OF_THE_STRANGER,
            )
