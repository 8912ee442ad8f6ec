"""Machines over HTTP: list, read, update, start, stop, cordon."""

from sandbox.fly.calls import Call, Reply
from sandbox.fly.documents import Json, timestamp
from sandbox.fly.errors import Cut, Refused
from sandbox.fly.images import Reference
from sandbox.fly.machine import Machine
from sandbox.fly.platform import Platform

NEWEST_EVENTS = 20
MOST_EVENTS = 50


async def list_machines(call: Call) -> Reply:
    """The machines that every filter of the query lets through."""
    machines = [machine for machine in call.platform.machines(call.app.name) if _wanted(call, machine)]
    documents = [document(call.platform, call.app.name, machine) for machine in machines]
    if call.query.get("summary") == "true":
        documents = [{key: value for key, value in one.items() if key != "config"} for one in documents]
    return Reply(documents)


async def get_machine(call: Call) -> Reply:
    return Reply(document(call.platform, call.app.name, call.machine))


async def list_events(call: Call) -> Reply:
    limit = call.query.get("limit", str(NEWEST_EVENTS))
    if not limit.isdecimal() or not 1 <= int(limit) <= MOST_EVENTS:
        raise Refused(400, "limit must be a number from 1 to 50")
    return Reply(call.machine.events[: int(limit)])


async def list_versions(call: Call) -> Reply:
    machine = call.machine
    versions = [machine.version, *(one for one in reversed(machine.history) if one is not machine.version)]
    return Reply([{"version": one.id, "user_config": one.config} for one in versions])


async def update_machine(call: Call) -> Reply:
    """Replace the whole configuration. The reply leaves before the image is pulled, so it proves nothing."""
    machine, platform = call.machine, call.platform
    config, reference = _ordered(call.body)
    platform.leases.check(machine.id, call.nonce)
    machine.refuse_while_moving()
    _still_at(call.body.get("current_version"), machine)
    if platform.faults.strikes("reset-before-apply"):
        raise Cut(applied=False)
    machine.update(config, reference, platform.registry.pulled(reference), launch=not call.body.get("skip_launch"))
    if platform.faults.strikes("apply-then-timeout"):
        raise Cut(applied=True)
    return Reply(document(platform, call.app.name, machine), applied=True)


async def start_machine(call: Call) -> Reply:
    machine = _changeable(call)
    return Reply({"previous_state": machine.start(), "migrated": False, "new_host": ""}, applied=True)


async def stop_machine(call: Call) -> Reply:
    """200 for a machine that is stopped already, too."""
    machine = _changeable(call)
    before = machine.state
    machine.stop()
    return Reply({"ok": True}, applied=machine.state != before)


async def cordon_machine(call: Call) -> Reply:
    return _cordoned(call, True)


async def uncordon_machine(call: Call) -> Reply:
    return _cordoned(call, False)


def document(platform: Platform, app: str, machine: Machine) -> Json:
    """A machine as the API shows it. On a host that is not well, most of it is missing (docs: host_status)."""
    version, lease = machine.version, platform.leases.of(machine.id)
    well = machine.host_status == "ok"
    config = version.config
    return {
        "id": machine.id,
        "name": machine.name,
        "state": machine.state,
        "region": machine.region,
        "image_ref": version.reference.document(version.image) if well else {},
        "instance_id": version.id,
        "version": version.id,
        "private_ip": f"fdaa:0:3ec2:a7b:{machine.id[:4]}:{machine.id[4:8]}:{machine.id[8:12]}:2",
        "created_at": timestamp(machine.created_at),
        "updated_at": timestamp(machine.updated_at),
        **({"config": config} if well else {}),
        "incomplete_config": None if well else {key: config[key] for key in ("image", "guest") if key in config},
        "events": list(machine.events),
        "checks": platform.health.checks(app, machine),
        "host_status": machine.host_status,
        "cordoned": machine.cordoned,
        **({"nonce": lease.nonce} if lease else {}),
    }


def _wanted(call: Call, machine: Machine) -> bool:
    states = [state for text in call.query.getall("state", []) for state in text.split(",")]
    region = call.query.get("region", machine.region)
    metadata = machine.version.config.get("metadata") or {}
    wanted = {key.removeprefix("metadata."): call.query[key] for key in call.query if key.startswith("metadata.")}
    return (
        machine.region == region
        and (not states or machine.state in states)
        and all(metadata.get(key) == value for key, value in wanted.items())
    )


def _ordered(body: Json) -> tuple[Json, Reference]:
    config = body.get("config")
    if not isinstance(config, dict):
        raise Refused(400, "config is required")
    reference = Reference.parse(str(config.get("image") or ""))
    if reference is None:
        raise Refused(400, "config.image is no image reference")
    return config, reference


def _still_at(expected: object, machine: Machine) -> None:
    if expected and expected != machine.version.id:
        raise Refused(409, f"machine version is {machine.version.id}, not {expected}")


def _changeable(call: Call) -> Machine:
    machine = call.machine
    call.platform.leases.check(machine.id, call.nonce)
    return machine


def _cordoned(call: Call, cordoned: bool) -> Reply:
    machine = _changeable(call)
    changed = machine.cordoned != cordoned
    machine.cordoned = cordoned
    return Reply({"ok": True}, applied=changed)
