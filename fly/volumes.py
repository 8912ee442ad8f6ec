"""Fly's volumes, as far as their snapshots go."""

from urllib.parse import quote

import httpx
from pydantic import AwareDatetime, BaseModel, TypeAdapter

from checklist.record import Json
from checklist.volumes import Snapshot
from fly.client import Call, Count, MachinesApi, uncounted
from fly.pacing import Pacing


class _Snapshot(BaseModel):
    id: str | None = None
    status: str = ""
    created_at: AwareDatetime
    digest: str | None = None
    size: int | None = None
    retention_days: int | None = None


_LIST = TypeAdapter(list[_Snapshot])


class FlyVolumes:
    """The port Volumes over Fly's Machines API."""

    def __init__(
        self, http: httpx.AsyncClient, *, base_url: str, token: str, pacing: Pacing, count: Count = uncounted
    ) -> None:
        self._api = MachinesApi(http, base_url=base_url, token=token, pacing=pacing, count=count)

    async def snapshots(self, app: str, volume: str) -> tuple[Snapshot, ...]:
        call = Call(action="list snapshots", key=volume, path=_snapshots(app, volume))
        return await self._api.ask(call, understood)

    async def take_snapshot(self, app: str, volume: str) -> None:
        """The answer holds the job, not the snapshot: nothing of it is worth reading (flyctl ignores it, too)."""
        call = Call(action="take snapshot", key=volume, method="POST", path=_snapshots(app, volume), seconds=60)
        await self._api.send(call)


def _snapshots(app: str, volume: str) -> str:
    return f"/apps/{quote(app, safe='')}/volumes/{quote(volume, safe='')}/snapshots"


def understood(document: Json) -> tuple[Snapshot, ...]:
    """The oldest first. Raises ValueError."""
    read = (
        Snapshot(
            id=one.id or "",
            status=one.status,
            created_at=one.created_at,
            digest=one.digest or "",
            size=one.size or 0,
            retention_days=one.retention_days or 0,
        )
        for one in _LIST.validate_python(document)
    )
    return tuple(sorted(read, key=lambda snapshot: snapshot.created_at))
