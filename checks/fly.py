"""fly.*: what the machines, the secrets and the registry say. Values of secrets are never read."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from checklist.kinds import FlyImageDigest, FlyMachineChecks, FlyRegistryManifest, FlySecretsPresent
from checklist.marks import Verdict
from checklist.plan import Machine
from checklist.ports import Fleet, Registry
from checklist.record import Json
from checks.verdicts import counted, failed, passed

PATIENCE = timedelta(seconds=5)  # for one answer of the registry
LOST = "is on a host that cannot be reached"
SHORT = 19  # characters of a digest that a person compares: "sha256:" and twelve digits


class FlyChecks:
    """Reads Fly through the ports Fleet and Registry."""

    def __init__(self, fleet: Fleet, registry: Registry) -> None:
        self._fleet = fleet
        self._registry = registry

    async def image_digest(self, params: FlyImageDigest) -> Verdict:
        """Every machine is started and runs exactly this digest, whatever its tag says."""
        machines = await self._fleet.machines(params.app)
        wrong = _each(machines, lambda machine: _other_image(machine, params.digest))
        if wrong:
            return failed(f"{params.app}: {wrong}", _evidence(machines))
        return passed(f"{counted(machines)} of {params.app} run {params.digest[:SHORT]}", _evidence(machines))

    async def machine_checks(self, params: FlyMachineChecks) -> Verdict:
        """A machine without checks is not healthy: nobody looked (flyctl #4565)."""
        machines = await self._fleet.machines(params.app)
        running = tuple(machine for machine in machines if not machine.rests)
        if len(running) < params.min_machines:
            reason = f"{params.app} has {counted(running)}, {params.min_machines} are needed"
            return failed(reason, _evidence(machines))
        wrong = _each(machines, _sick)
        if wrong:
            return failed(f"{params.app}: {wrong}", _evidence(machines))
        return passed(f"all checks of {counted(machines)} of {params.app} pass", _evidence(machines))

    async def secrets_present(self, params: FlySecretsPresent) -> Verdict:
        seen = await self._fleet.secrets(params.app)
        missing = sorted(set(params.names) - seen.keys())
        unwanted = sorted(set(params.absent) & seen.keys())
        evidence: dict[str, Json] = {"app": params.app, "secrets": {name: seen[name].digest for name in sorted(seen)}}
        if missing or unwanted:
            parts = [f"no secret {', '.join(missing)}"] * bool(missing)
            parts += [f"secret {', '.join(unwanted)} must not be there"] * bool(unwanted)
            return failed(f"{params.app}: {'; '.join(parts)}", evidence)
        present = [f"all {len(params.names)} secrets"] * bool(params.names)
        absent = [f"none of the {len(params.absent)} secrets that must not be there"] * bool(params.absent)
        return passed(f"{params.app} has {', and '.join(present + absent)}", evidence)

    async def registry_manifest(self, params: FlyRegistryManifest) -> Verdict:
        found = await self._registry.digest(params.repository, params.digest, within=PATIENCE)
        image = f"{params.repository}@{params.digest[:SHORT]}"
        evidence: dict[str, Json] = {"repository": params.repository, "asked": params.digest, "found": found}
        if found is None:
            return failed(f"the registry does not have {image}", evidence)
        if params.digest.startswith("sha256:") and found != params.digest:
            return failed(f"the registry answered {found[:SHORT]} for {image}", evidence)
        return passed(f"the registry has {image}", evidence)


def _each(machines: Iterable[Machine], wrong: Callable[[Machine], str]) -> str:
    """What is wrong with each machine, in one line; nothing when all is well."""
    return "; ".join(f"machine {machine.id} {words}" for machine in machines if (words := wrong(machine)))


def _other_image(machine: Machine, digest: str) -> str:
    if not machine.reachable:
        return LOST
    if machine.digest != digest:
        return f"runs {machine.digest[:SHORT] or 'an unknown image'}, not {digest[:SHORT]}"
    return "" if machine.state == "started" or machine.rests else f"is {machine.state}"


def _sick(machine: Machine) -> str:
    if not machine.reachable:
        return LOST
    if machine.healthy or machine.rests:
        return ""
    if machine.state != "started":
        return f"is {machine.state}"
    bad = [f"{name} is {status}" for name, status in sorted(machine.checks.items()) if status != "passing"]
    return f"fails: {', '.join(bad)}" if bad else "has no checks"


def _evidence(machines: Iterable[Machine]) -> dict[str, Json]:
    return {
        machine.id: {
            "instance_id": machine.instance_id,
            "state": machine.state,
            "digest": machine.digest,
            "tag": machine.tag,
            "checks": dict(machine.checks),
        }
        for machine in machines
    }
