"""Machines come and go: create, which makes another machine each time that it is asked, and destroy."""

from sandbox import seed
from sandbox.fly.calls import Call, Reply
from sandbox.fly.documents import Json, ulid
from sandbox.fly.errors import Refused
from sandbox.fly.images import Reference
from sandbox.fly.machine import Machine, Version
from sandbox.fly.machine_calls import document, knows_secrets, ordered, whole
from sandbox.fly.opening import random_name

_TRUE = {"true", "1"}


async def create_machine(call: Call) -> Reply:
    """The reply leaves before the image is pulled. With `lease_ttl` the machine is leased to the caller at once."""
    app, body = call.app, call.body
    config, reference = ordered(body)
    seconds = whole(body, "lease_ttl")
    knows_secrets(call)
    _refuse_what_is_taken(call, config)
    machine = _made(call, config, reference)
    app.machines[machine.id] = machine
    if seconds:
        call.platform.leases.grant(machine.id, owner=call.token.owner, description="", seconds=seconds)
    return Reply(document(call.platform, machine), applied=True)


async def destroy_machine(call: Call) -> Reply:
    """`force` (OpenAPI) and `kill` (flyctl) are the same. On a lost host no nonce is asked for."""
    machine = call.standing
    if machine.host_status == "ok":
        call.platform.leases.check(machine.id, call.nonce)
    machine.destroy(force=bool(_TRUE & {call.query.get("force"), call.query.get("kill")}))
    return Reply({"ok": True}, applied=True)


def _made(call: Call, config: Json, reference: Reference) -> Machine:
    app, body, runtime = call.app, call.body, call.app.runtime
    id, now = call.platform.new_id(), runtime.now()
    machine = Machine(
        id,
        str(body.get("name") or random_name(id)),
        str(body.get("region") or seed.FLY_REGION),
        Version(ulid(now), config, reference, call.platform.registry.pulled(reference)),
        now,
        app.runtime,
        cordoned=body.get("skip_service_registration") is True,
    )
    machine.launch(start=body.get("skip_launch") is not True)
    return machine


def _refuse_what_is_taken(call: Call, config: Json) -> None:
    app, body = call.app, call.body
    if body.get("name") in {machine.name for machine in app.standing}:
        raise Refused(422, f"a machine with the name {body['name']} exists already")
    volumes = [str(mount.get("volume")) for mount in config.get("mounts") or []]
    if any(app.holder(call.platform.volumes.named(app.name, volume).id) for volume in volumes):
        raise Refused(412, "insufficient resources to create new machine with existing volume")
