"""One-off machines: a command that runs once, from an exact image on a machine of its own, as a release command."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checklist.plan import GONE, LAUNCH_ID, PROCESS_GROUP, Machine
from checklist.record import Json
from checklist.words import ImageDigest, MachineId

RELEASE_GROUP = "fly_app_release_command"
ONE_OFF_GROUPS = frozenset({RELEASE_GROUP, "fly_app_console"})  # of machines that are no part of the fleet

NOT_YET = frozenset({"created", "creating"})  # its image is being pulled


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One launch of one command. The same launch is the same job, however often it is asked for."""

    app: str
    launch: str
    image: ImageDigest
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOff:
    """A one-off machine as it was read. It never starts twice: once its command has ended it is destroyed."""

    id: MachineId
    state: str
    digest: ImageDigest
    began: bool = False  # its command was started
    exit_code: int | None = None  # of its command, once it has ended

    @property
    def is_gone(self) -> bool:
        return self.state in GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command inside a running machine came to."""

    exit_code: int
    stdout: str
    stderr: str


def one_off(job: Job, fleet: Iterable[Machine]) -> dict[str, Json]:
    """The config of the job's machine: environment and files of the app, and nothing else of it.

    As flyctl's `ToReleaseMachineConfig`. Raises LookupError when no machine shows what the app's environment is.
    """
    machines = [machine for machine in fleet if machine.config]
    model = next((machine for machine in machines if machine.group == "app"), next(iter(machines), None))
    if model is None:
        raise LookupError("no machine shows the environment")
    files = {"files": model.config["files"]} if "files" in model.config else {}
    marks: dict[str, Json] = {PROCESS_GROUP: RELEASE_GROUP, "fly_platform_version": "v2", LAUNCH_ID: job.launch}
    return {
        **files,
        "image": f"registry.fly.io/{job.app}@{job.image}",
        "init": {"cmd": list(job.command)},
        "env": {**model.env, "RELEASE_COMMAND": "1", "FLY_PROCESS_GROUP": RELEASE_GROUP},
        "guest": _biggest(machine.config.get("guest") for machine in machines if machine.group == model.group),
        "restart": {"policy": "no"},
        "auto_destroy": True,
        "dns": {"skip_registration": True},
        "metadata": marks,
    }


def _biggest(guests: Iterable[Json]) -> Json:
    """As flyctl, which otherwise takes a shared-cpu-2x."""
    usual: dict[str, Json] = {"cpu_kind": "shared", "cpus": 2, "memory_mb": 512}
    return max((guest for guest in guests if isinstance(guest, dict)), key=_size, default=usual)


def _size(guest: Mapping[str, Json]) -> tuple[bool, float, float]:
    cpus, memory = guest.get("cpus"), guest.get("memory_mb")
    return guest.get("cpu_kind") == "performance", _number(cpus), _number(memory)


def _number(value: Json) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
