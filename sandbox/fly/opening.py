"""The two apps as they stand when the sandbox opens."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox import seed
from sandbox.fly.documents import Json, timestamp, ulid
from sandbox.fly.images import REGISTRY, Reference, Registry
from sandbox.fly.machine import Machine, Version

# It reads back as a bool or as a word, depending on who last wrote it (docs: the service's configuration).
_AUTOSTOP: tuple[str | bool, ...] = ("off", False)


@dataclass(frozen=True, slots=True)
class App:
    """An app: its machines by id, the digests of its secrets, and its releases, newest first."""

    name: str
    id: str
    number: int
    machines: dict[str, Machine]
    secrets: list[Json]
    releases: list[Json]

    def document(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "internal_numeric_id": self.number,
            "network": "default",
            "status": "deployed",
            "machine_count": len(self.machines),
            "volume_count": 0,
            "organization": {"name": "Drop", "slug": seed.FLY_ORG, "internal_numeric_id": 4711},
        }


@dataclass(frozen=True, slots=True)
class Opening:
    """What a machine needs of the platform that it is put on."""

    now: Callable[[], datetime]
    stopwatch: Callable[[], float]
    registry: Registry

    def apps(self) -> dict[str, App]:
        """Production and staging by name."""
        staging_env = {**seed.PRODUCTION_ENV, "APP_ENV": "staging"}
        return {
            seed.PRODUCTION_APP: App(
                seed.PRODUCTION_APP,
                "jlyv9r5d56v18xrg",
                2201,
                {
                    id: self._machine(id, seed.PRODUCTION_TAG, config(seed.PRODUCTION_ENV, autostop, "63"))
                    for id, autostop in zip(seed.PRODUCTION_MACHINES, _AUTOSTOP, strict=True)
                },
                self._secrets(seed.PRODUCTION_APP),
                self._releases(("v0.4.2", "v0.4.2", "v0.4.1"), newest=63),
            ),
            seed.STAGING_APP: App(
                seed.STAGING_APP,
                "z4k6r1x0pmv2ln9e",
                2202,
                {
                    id: self._machine(id, seed.STAGING_TAG, config(staging_env, "off", "88"))
                    for id in seed.STAGING_MACHINES
                },
                self._secrets(seed.STAGING_APP),
                self._releases(("v0.5.0", "v0.4.2"), newest=88),
            ),
        }

    def _machine(self, id: str, tag: str, settings: Json) -> Machine:
        since = self._days_ago(12)
        text = f"{REGISTRY}/{seed.IMAGE_REPOSITORY}:{tag}"
        reference = Reference(REGISTRY, seed.IMAGE_REPOSITORY, tag, None)
        version = Version(ulid(since), {**settings, "image": text}, reference, self.registry.pulled(reference))
        name = f"quiet-fjord-{int(id[:4], 16) % 9000}"
        return Machine(id, name, seed.FLY_REGION, version, since, self.now, self.stopwatch)

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


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
