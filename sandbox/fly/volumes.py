"""Volumes and their snapshots, which take a while to be made, and are gone when their retention is over."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox import seed
from sandbox.faults import Faults
from sandbox.fly.documents import Json, timestamp
from sandbox.fly.errors import Refused
from sandbox.fly.opening import App

SECONDS_WAITING = 0.2
SECONDS_RUNNING = 0.4
RETENTION_DAYS = 5

_GIGABYTE = 1024**3
_USED = 17_638_389
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot from the moment that it was asked for; `since` is by the stopwatch. `spoilt` is what becomes of it."""

    id: str
    asked_at: datetime
    since: float
    retention_days: int
    spoilt: str = ""

    def status(self, watch: float) -> str:
        age = watch - self.since
        if age < SECONDS_WAITING:
            return "waiting"
        if age < SECONDS_WAITING + SECONDS_RUNNING:
            return "running"
        return self.spoilt or "created"

    def document(self, status: str, size_gb: int) -> Json:
        """While it is pending it has neither id nor digest nor size."""
        made = status == "created"
        return {
            "id": self.id if made else "",
            "size": _USED if made else 0,
            "volume_size": size_gb * _GIGABYTE,
            "digest": hashlib.sha256(self.id.encode()).hexdigest() if made else "",
            "created_at": timestamp(self.asked_at),
            "status": status,
            "retention_days": self.retention_days,
        }


@dataclass(slots=True)
class Volume:
    """A disk in one region."""

    id: str
    app: str
    name: str
    region: str
    size_gb: int
    created_at: datetime
    retention: int = RETENTION_DAYS
    snapshots: list[Snapshot] = field(default_factory=list)

    def document(self, machine: str | None) -> Json:
        """A volume, and the machine that has it mounted."""
        blocks = self.size_gb * _GIGABYTE // _BLOCK
        free = blocks - _USED // _BLOCK
        return {
            "id": self.id,
            "name": self.name,
            "state": "created",
            "size_gb": self.size_gb,
            "region": self.region,
            "zone": "a1b2",
            "encrypted": True,
            "attached_machine_id": machine,
            "attached_alloc_id": None,
            "created_at": timestamp(self.created_at),
            "fstype": "ext4",
            "snapshot_retention": self.retention,
            "auto_backup_enabled": True,
            "host_status": "ok",
            "host_dedication_id": "",
            "block_size": _BLOCK,
            "blocks": blocks,
            "blocks_free": free,
            "blocks_avail": free,
            "bytes_used": _USED,
            "bytes_total": self.size_gb * _GIGABYTE,
            "type": "local",
        }


class Volumes:
    """The volumes of every app. Real time (`stopwatch`) makes snapshots; the moved clock (`now`) dates them."""

    def __init__(
        self, apps: Mapping[str, App], now: Callable[[], datetime], stopwatch: Callable[[], float], faults: Faults
    ) -> None:
        self._apps = apps
        self._now = now
        self._stopwatch = stopwatch
        self._faults = faults
        self._volumes = [self._of_the_database(), *self._mounted()]

    def of(self, app: str) -> list[Volume]:
        return [volume for volume in self._volumes if volume.app == app]

    def document(self, volume: Volume) -> Json:
        if volume.id == seed.DATABASE_VOLUME:
            return volume.document(seed.DATABASE_MACHINE)
        holder = self._apps[volume.app].holder(volume.id)
        return volume.document(holder.id if holder else None)

    def named(self, app: str, id: str) -> Volume:
        """Raises Refused(404)."""
        for volume in self.of(app):
            if volume.id == id:
                return volume
        raise Refused(404, "volume not found")

    def create(self, app: str, *, name: str, region: str, size_gb: int) -> Volume:
        """A new volume; a snapshot is restored into one, never over another."""
        volume = Volume(f"vol_{secrets.token_hex(8)}", app, name, region, size_gb, self._now())
        self._volumes.append(volume)
        return volume

    def snapshots(self, volume: Volume) -> list[Json]:
        """The snapshots that are not past their retention, the newest first."""
        now = self._now()
        kept = [one for one in volume.snapshots if one.asked_at + timedelta(days=one.retention_days) > now]
        kept.sort(key=lambda one: (one.asked_at, one.since), reverse=True)
        return [one.document(self._status(one), volume.size_gb) for one in kept]

    def schedule(self, volume: Volume) -> Snapshot:
        """Ask for a snapshot: nothing has been made when this returns."""
        spoilt = "failed" if self._faults.strikes("snapshot-fails") else ""
        snapshot = Snapshot(_new_id(), self._now(), self._stopwatch(), volume.retention, spoilt)
        volume.snapshots.append(snapshot)
        return snapshot

    def _status(self, snapshot: Snapshot) -> str:
        """While snapshots hang, none that was asked for is ever ready."""
        status = snapshot.status(self._stopwatch())
        hangs = self._faults.on("snapshot-hangs") and snapshot.since > float("-inf")
        return "running" if hangs and status != "waiting" else status

    def _of_the_database(self) -> Volume:
        since = self._now() - timedelta(days=200)
        volume = Volume(seed.DATABASE_VOLUME, seed.DATABASE_APP, "pg_data", seed.FLY_REGION, 10, since)
        volume.snapshots += [self._nightly(days) for days in range(1, RETENTION_DAYS)]
        return volume

    def _mounted(self) -> list[Volume]:
        """What the machines have mounted when the platform opens."""
        return [
            Volume(mount["volume"], app.name, mount["name"], machine.region, mount["size_gb"], machine.created_at)
            for app in self._apps.values()
            for machine in app.machines.values()
            for mount in machine.version.config.get("mounts") or []
        ]

    def _nightly(self, days: int) -> Snapshot:
        return Snapshot(_new_id(), self._now() - timedelta(days=days), float("-inf"), RETENTION_DAYS)


def _new_id() -> str:
    return f"vs_{secrets.token_hex(9)[:17]}"
