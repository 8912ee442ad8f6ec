"""Snapshots of volumes, as Fly lists them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

FAILED = frozenset({"failed", "error", "errored", "deleted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One snapshot of a volume: block by block, as after a power cut. While it is being made it may have no id."""

    id: str
    status: str
    created_at: datetime
    digest: str
    size: int
    retention_days: int

    @property
    def is_made(self) -> bool:
        return bool(self.id) and self.status == "created"

    @property
    def failed(self) -> bool:
        return self.status in FAILED


def youngest(snapshots: Iterable[Snapshot]) -> Snapshot | None:
    """Of those that are made."""
    made = (snapshot for snapshot in snapshots if snapshot.is_made)
    return max(made, key=lambda snapshot: snapshot.created_at, default=None)


def new_since(
    snapshots: Iterable[Snapshot], known: Iterable[str], since: datetime, leeway: timedelta
) -> tuple[Snapshot, ...]:
    """Those that were not known and were asked for since then, by Fly's clock, which may be a little behind."""
    before = frozenset(known)
    return tuple(one for one in snapshots if one.id not in before and one.created_at >= since - leeway)
