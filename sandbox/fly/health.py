"""Health checks: what they are called, and when they pass."""

from sandbox import seed
from sandbox.faults import Faults
from sandbox.fly.documents import Json, timestamp
from sandbox.fly.machine import Machine

SECONDS_TO_PASS = 0.4
SLOW_SECONDS_TO_PASS = 5.0

_OLD_VERSIONS = "0.4."


class Health:
    """The checks of a machine, which begin badly after each start and pass a little later, in real time."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def healthy(self, app: str, machine: Machine) -> bool:
        """Started, and every check passes."""
        return machine.state == "started" and all(check["status"] == "passing" for check in self.checks(app, machine))

    def checks(self, app: str, machine: Machine) -> list[Json]:
        """One entry for each configured check: service checks first, those that steer traffic."""
        age = machine.stopwatch() - machine.up_since
        passes = machine.state == "started" and age >= self._seconds_to_pass(app, machine)
        young = machine.state != "started" or age < SECONDS_TO_PASS
        service, top = _names(machine.version.config)
        at = timestamp(machine.updated_at)
        return [
            *(_check(name, passes, "critical", at) for name in service),
            *(_check(name, passes, "warning" if young else "critical", at) for name in top),
        ]

    def _seconds_to_pass(self, app: str, machine: Machine) -> float:
        image = machine.version.image
        new = image is None or not image.version.startswith(_OLD_VERSIONS)
        if new and app == seed.PRODUCTION_APP and self._faults.on("failing-health"):
            return float("inf")
        return SLOW_SECONDS_TO_PASS if self._faults.on("slow-health") else SECONDS_TO_PASS


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
