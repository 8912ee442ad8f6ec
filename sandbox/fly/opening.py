"""The two apps as they stand when the sandbox opens."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from sandbox import seed
from sandbox.faults import Faults
from sandbox.fly.documents import Json, timestamp, ulid
from sandbox.fly.durations import Durations
from sandbox.fly.images import REGISTRY, Reference, Registry
from sandbox.fly.machine import Machine, Version
from sandbox.fly.programs import Database, Programs
from sandbox.fly.runtime import Runtime

# It reads back as a bool or as a word, depending on who last wrote it (docs: the service's configuration).
_AUTOSTOP: tuple[str | bool, ...] = ("off", False)


@dataclass(frozen=True, slots=True)
class Fleet:
    """How many machines production has when the sandbox opens, besides its two apps: all run the same version."""

    started: int = 2  # serve, in the process group app
    workers: int = 0  # run, in the process group worker, and serve nothing
    stopped: int = 0
    suspended: int = 0
    standbys: int = 0  # stopped, and told to stand in for the first machine
    volumes: int = 0  # so many of the started ones have a volume of their own

    @property
    def size(self) -> int:
        """All of them."""
        return self.started + self.workers + self.stopped + self.suspended + self.standbys

    def __post_init__(self) -> None:
        if self.started < 1 or not 0 <= self.volumes <= self.started:
            raise ValueError("a fleet needs a started machine, and at most as many volumes as started machines")


TWO_MACHINES = Fleet()


@dataclass(frozen=True, slots=True)
class App:
    """An app: its machines by id, also the destroyed ones, the digests of its secrets, its releases, newest first."""

    name: str
    id: str
    number: int
    machines: dict[str, Machine]
    secrets: list[Json]
    releases: list[Json]
    runtime: Runtime

    @property
    def standing(self) -> list[Machine]:
        """The machines that are not destroyed, as they are now."""
        self.settle()
        return [machine for machine in self.machines.values() if machine.state != "destroyed"]

    @property
    def log_lines(self) -> list[Json]:
        """What the processes said: timestamp, message, level, instance, region."""
        self.settle()
        return self.runtime.log_lines

    @property
    def database(self) -> Database:
        """The schema behind the app, with the commands that were begun on it."""
        self.settle()
        return self.runtime.programs.database

    def settle(self) -> None:
        """Let everything happen that has had its time."""
        self.runtime.settle()
        for machine in self.machines.values():
            machine.settle()

    def holder(self, volume: str) -> Machine | None:
        """The machine to which a volume is attached."""
        return next((machine for machine in self.standing if volume in machine.volumes), None)

    def document(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "internal_numeric_id": self.number,
            "network": "default",
            "status": "deployed",
            "machine_count": len(self.standing),
            "volume_count": 0,
            "organization": {"name": "Drop", "slug": seed.FLY_ORG, "internal_numeric_id": 4711},
        }


@dataclass(frozen=True, slots=True)
class Opening:
    """What the apps need of the platform that they are put on."""

    now: Callable[[], datetime]
    stopwatch: Callable[[], float]
    registry: Registry
    durations: Durations
    faults: Faults
    fleet: Fleet

    def apps(self) -> dict[str, App]:
        """Production, staging and their database by name; of the database only the volume matters here."""
        return {
            seed.PRODUCTION_APP: self._production(),
            seed.STAGING_APP: self._staging(),
            seed.DATABASE_APP: self._database(),
        }

    def _production(self) -> App:
        runtime = self._runtime(seed.PRODUCTION_APP, seed.PRODUCTION_TAG)
        return App(
            seed.PRODUCTION_APP,
            "jlyv9r5d56v18xrg",
            2201,
            {
                id: self._machine(id, seed.PRODUCTION_TAG, settings, rest, runtime)
                for id, (settings, rest) in zip(_ids(), self._members(), strict=False)
            },
            self._secrets(seed.PRODUCTION_APP),
            self._releases(("v0.4.2", "v0.4.2", "v0.4.1"), newest=63),
            runtime,
        )

    def _staging(self) -> App:
        runtime = self._runtime(seed.STAGING_APP, seed.STAGING_TAG)
        settings = config(seed.STAGING_ENV, "off", "88")
        return App(
            seed.STAGING_APP,
            "z4k6r1x0pmv2ln9e",
            2202,
            {id: self._machine(id, seed.STAGING_TAG, settings, "started", runtime) for id in seed.STAGING_MACHINES},
            self._secrets(seed.STAGING_APP),
            self._releases(("v0.5.0", "v0.4.2"), newest=88),
            runtime,
        )

    def _database(self) -> App:
        runtime = self._runtime(seed.DATABASE_APP, seed.PRODUCTION_TAG)
        return App(seed.DATABASE_APP, "q2v7n8m4d1xk5z9r", 2203, {}, [], [], runtime)

    def _members(self) -> Iterator[tuple[Json, str]]:
        """The configuration and the state of each machine of production."""
        fleet, first = self.fleet, seed.PRODUCTION_MACHINES[0]
        for number in range(fleet.started):
            web = config(seed.PRODUCTION_ENV, _AUTOSTOP[number % 2], "63")
            yield (_with_volume(web, number) if number < fleet.volumes else web), "started"
        for _ in range(fleet.workers):
            yield _worker(config(seed.PRODUCTION_ENV, "off", "63")), "started"
        for rest, many in (("stopped", fleet.stopped), ("suspended", fleet.suspended)):
            for _ in range(many):
                yield config(seed.PRODUCTION_ENV, "stop", "63"), rest
        for _ in range(fleet.standbys):
            standby = config({**seed.PRODUCTION_ENV, "FLY_STANDBY_FOR": first}, "off", "63")
            yield {**standby, "standbys": [first]}, "stopped"

    def _runtime(self, app: str, tag: str) -> Runtime:
        programs = Programs(Database.of_version(tag.removeprefix("v")), self.faults)
        return Runtime(app, self.now, self.stopwatch, self.durations, self.faults, programs)

    def _machine(self, id: str, tag: str, settings: Json, rest: str, runtime: Runtime) -> Machine:
        since = self._days_ago(12)
        text = f"{REGISTRY}/{seed.IMAGE_REPOSITORY}:{tag}"
        reference = Reference(REGISTRY, seed.IMAGE_REPOSITORY, tag, None)
        version = Version(ulid(since), {**settings, "image": text}, reference, self.registry.pulled(reference))
        return Machine(id, random_name(id), seed.FLY_REGION, version, since, runtime, rest=rest)

    def _secrets(self, app: str) -> list[Json]:
        at = timestamp(self._days_ago(40))
        return [
            {"name": name, "digest": _digest(f"{app}/{name}"), "created_at": at, "updated_at": at}
            for name in seed.SECRETS
        ]

    def _releases(self, tags: tuple[str, ...], *, newest: int) -> list[Json]:
        return [self._release(newest - age, tag, self._days_ago(12 + 9 * age)) for age, tag in enumerate(tags)]

    def _release(self, version: int, tag: str, at: datetime) -> Json:
        return {
            "id": f"Nj7oGMlVVpZ7JToybJoXL{version:04d}",
            "version": version,
            "stable": True,
            "in_progress": False,
            "status": "complete",
            "strategy": "ROLLING",
            "description": "Release",
            "user": {"id": "u9k2", "name": seed.JOHN.name, "email": "john@alai.example"},
            "created_at": timestamp(at),
            "image_ref": f"{REGISTRY}/{seed.IMAGE_REPOSITORY}:{tag}",
        }

    def _days_ago(self, days: int) -> datetime:
        return self.now() - timedelta(days=days)


def config(env: dict[str, str], autostop: str | bool, release: str) -> Json:
    """A web app's configuration as flyctl leaves it behind: one HTTP service with a check, and a check of its own."""
    http_check = {"type": "http", "interval": "15s", "timeout": "2s", "grace_period": "5s", "method": "GET"}
    service = {
        "protocol": "tcp",
        "internal_port": 8080,
        "autostop": autostop,
        "autostart": True,
        "min_machines_running": 1,
        "force_instance_key": None,
        "ports": [{"port": 80, "handlers": ["http"], "force_https": True}, {"port": 443, "handlers": ["http", "tls"]}],
        "concurrency": {"type": "requests", "soft_limit": 200, "hard_limit": 250},
        "checks": [{**http_check, "path": "/api/health"}],
    }
    return {
        "env": {**env, "FLY_PROCESS_GROUP": "app", "PRIMARY_REGION": seed.FLY_REGION},
        "init": {},
        "guest": {"cpu_kind": "shared", "cpus": 1, "memory_mb": 512},
        "metadata": {
            "fly_flyctl_version": "0.4.45",
            "fly_platform_version": "v2",
            "fly_process_group": "app",
            "fly_release_id": f"Nj7oGMlVVpZ7JToybJoXL{int(release):04d}",
            "fly_release_version": release,
        },
        "services": [service],
        "checks": {"up": {"type": "tcp", "port": 8080, "interval": "15s", "timeout": "2s", "grace_period": "1s"}},
        "restart": {"policy": "on-failure", "max_retries": 10},
        "stop_config": {"signal": "SIGTERM", "timeout": "30s"},
    }


def random_name(id: str) -> str:
    """A name as the platform makes them up for a machine that was given none."""
    return f"quiet-fjord-{int(id, 16) % 9_999_999}"


def _ids() -> Iterator[str]:
    """The ids of production's machines: the known ones first, then as many as a fleet wants."""
    yield from seed.PRODUCTION_MACHINES
    for number in count():
        yield _digest(f"machine {number}")[:14]


def _with_volume(settings: Json, number: int) -> Json:
    mount = {"volume": f"vol_{_digest(f'volume {number}')}", "path": "/data", "name": "data", "size_gb": 1}
    return {**settings, "mounts": [{**mount, "encrypted": True}]}


def _worker(settings: Json) -> Json:
    """The same in the process group worker: no service, and its own check instead."""
    group = {"metadata": {**settings["metadata"], "fly_process_group": "worker"}}
    env = {"env": {**settings["env"], "FLY_PROCESS_GROUP": "worker"}}
    kept = {key: value for key, value in settings.items() if key != "services"}
    return {**kept, **group, **env, "init": {}}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
