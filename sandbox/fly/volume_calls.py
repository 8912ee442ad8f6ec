"""Volumes over HTTP: list, read, create, and snapshots, which are only scheduled when the answer comes."""

from sandbox.fly.calls import Call, Reply
from sandbox.fly.documents import Json, timestamp
from sandbox.fly.errors import Refused
from sandbox.fly.volumes import Volume


async def list_volumes(call: Call) -> Reply:
    return Reply([call.platform.volumes.document(volume) for volume in call.platform.volumes.of(call.app.name)])


async def get_volume(call: Call) -> Reply:
    return Reply(call.platform.volumes.document(_volume(call)))


async def create_volume(call: Call) -> Reply:
    """Empty, or from a snapshot of the same region that is ready."""
    name, region, size = (call.body.get(key) for key in ("name", "region", "size_gb"))
    if not isinstance(name, str) or not isinstance(region, str) or not isinstance(size, int):
        raise Refused(400, "name, region and size_gb are required")
    if snapshot := call.body.get("snapshot_id"):
        _restorable(call, snapshot, region)
    volume = call.platform.volumes.create(call.app.name, name=name, region=region, size_gb=size)
    return Reply(call.platform.volumes.document(volume), applied=True)


async def list_snapshots(call: Call) -> Reply:
    return Reply(call.platform.volumes.snapshots(_volume(call)))


async def schedule_snapshot(call: Call) -> Reply:
    """The job, not the snapshot: it is found by reading the list until it has what it had not."""
    volume = _volume(call)
    snapshot = call.platform.volumes.schedule(volume)
    backup: Json = {
        "id": f"bk_{snapshot.id.removeprefix('vs_')}",
        "app_id": call.app.number,
        "volume_id": volume.id,
        "state": "prepare",
        "type": "BACKUP_TYPE_ON_DEMAND",
        "created_at": timestamp(snapshot.asked_at),
        "graph_id": snapshot.id,
    }
    return Reply({"Msg": {"backup": backup}}, applied=True)


def _volume(call: Call) -> Volume:
    return call.platform.volumes.named(call.app.name, call.params["volume"])


def _restorable(call: Call, id: object, region: str) -> None:
    volumes = call.platform.volumes
    for volume in volumes.of(call.app.name):
        if any(one["id"] == id for one in volumes.snapshots(volume)) and volume.region == region:
            return
    raise Refused(404, "snapshot not found")
