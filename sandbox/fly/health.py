"""Health checks: what they are called, and when they pass."""

from sandbox.faults import Faults
from sandbox.fly.documents import Json, timestamp
from sandbox.fly.durations import Durations
from sandbox.fly.machine import Machine


class Health:
    """The checks of a machine, which begin badly after each start and pass a little later, in real time."""

    def __init__(self, faults: Faults, durations: Durations) -> None:
        self._faults = faults
        self._durations = durations

    def healthy(self, machine: Machine) -> bool:
        """Started, and every check passes."""
        return machine.state == "started" and all(check["status"] == "passing" for check in self.checks(machine))

    def checks(self, machine: Machine) -> list[Json]:
        """One entry for each configured check: service checks first, those that steer traffic."""
        age = machine.runtime.stopwatch() - machine.up_since
        passes = machine.state == "started" and self._passes(machine, age)
        young = machine.state != "started" or age < self._durations.health
        service, top = _names(machine.config)
        at = timestamp(machine.updated_at)
        return [
            *(_check(name, passes, "critical", at) for name in service),
            *(_check(name, passes, "warning" if young else "critical", at) for name in top),
        ]

    def _passes(self, machine: Machine, age: float) -> bool:
        new = machine.runtime.is_new(machine.running.image)
        if new and self._faults.on("failing-health"):
            return False
        if self._faults.on("old-version-sick") and machine.runtime.rehearses(machine.running.image):
            return False
        since = age - (self._durations.slow_health if self._faults.on("slow-health") else self._durations.health)
        if new and since > 0 and self._faults.on("flapping-health"):
            return int(since / self._durations.flap) % 2 == 0
        return since >= 0


def _names(config: Json) -> tuple[list[str], list[str]]:
    service = [
        f"servicecheck-{number:02d}-{check.get('type', 'tcp')}-{one.get('internal_port', 0)}"
        for one in config.get("services") or []
        for number, check in enumerate(one.get("checks") or [])
    ]
    return service, sorted(config.get("checks") or {})


def _check(name: str, passes: bool, otherwise: str, at: str) -> Json:
    output = "OK" if passes else "connect: connection refused"
    return {"name": name, "status": "passing" if passes else otherwise, "output": output, "updated_at": at}
