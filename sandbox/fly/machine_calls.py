"""Machines over HTTP: list and read, update, and the moves from state to state."""

from sandbox.fly.calls import Call, Reply
from sandbox.fly.documents import Json, timestamp
from sandbox.fly.errors import Cut, Refused
from sandbox.fly.images import Reference
from sandbox.fly.machine import SIGNALS, Machine
from sandbox.fly.platform import Platform
from sandbox.fly.reaching import changeable, within_reach

NEWEST_EVENTS = 20
MOST_EVENTS = 50


async def list_machines(call: Call) -> Reply:
    """The machines that every filter of the query lets through."""
    if call.platform.faults.on("empty-list"):
        return Reply([])
    every, standing = call.app.machines.values(), call.app.standing
    listed = every if call.query.get("include_deleted") == "true" else standing
    machines = [machine for machine in listed if call.sees(machine) and _wanted(call, machine)]
    documents = [document(call.platform, machine) for machine in machines]
    if call.query.get("summary") == "true":
        documents = [{key: value for key, value in one.items() if key != "config"} for one in documents]
    return Reply(documents)


async def get_machine(call: Call) -> Reply:
    return Reply(document(call.platform, call.machine))


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
    platform, (config, reference) = call.platform, ordered(call.body)
    machine = await changeable(call)
    knows_secrets(call)
    machine.refuse_while_moving()
    _still_at(call.body.get("current_version"), machine)
    _same_volumes(config, machine)
    if platform.faults.strikes("reset-before-apply"):
        raise Cut(applied=False)
    machine.update(
        config,
        reference,
        platform.registry.pulled(reference),
        launch=not call.body.get("skip_launch"),
        reverts=platform.faults.strikes("silent-revert"),
    )
    if call.nonce and platform.faults.strikes("lease-expiry"):
        platform.leases.release(machine.id, call.nonce)
    if platform.faults.strikes("apply-then-timeout"):
        raise Cut(applied=True)
    return Reply(document(platform, machine), applied=True)


async def start_machine(call: Call) -> Reply:
    machine = await changeable(call)
    return Reply({"previous_state": machine.start(), "migrated": False, "new_host": ""}, applied=True)


async def stop_machine(call: Call) -> Reply:
    """200 for a machine that is stopped already, too."""
    machine = await changeable(call)
    before = machine.state
    machine.stop()
    return Reply({"ok": True}, applied=machine.state != before)


async def suspend_machine(call: Call) -> Reply:
    (await changeable(call)).suspend()
    return Reply({"ok": True}, applied=True)


async def restart_machine(call: Call) -> Reply:
    (await changeable(call)).restart()
    return Reply({"ok": True}, applied=True)


async def signal_machine(call: Call) -> Reply:
    """By name (OpenAPI) or by number (flyctl); no lease is asked for."""
    signal = call.body.get("signal")
    number = SIGNALS.get(signal) if isinstance(signal, str) else signal
    if not isinstance(number, int) or number not in SIGNALS.values():
        raise Refused(400, f"unknown signal {signal}")
    (await within_reach(call)).signal(number)
    return Reply({"ok": True}, applied=True)


async def cordon_machine(call: Call) -> Reply:
    return await _cordoned(call, True)


async def uncordon_machine(call: Call) -> Reply:
    return await _cordoned(call, False)


def document(platform: Platform, machine: Machine) -> Json:
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
        "checks": platform.health.checks(machine),
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


def ordered(body: Json) -> tuple[Json, Reference]:
    config = body.get("config")
    if not isinstance(config, dict):
        raise Refused(400, "config is required")
    reference = Reference.parse(str(config.get("image") or ""))
    if reference is None:
        raise Refused(400, "config.image is no image reference")
    return config, reference


def knows_secrets(call: Call) -> None:
    """412 while the version of the secrets that the caller wants (`min_secrets_version`) is not known here."""
    wanted = whole(call.body, "min_secrets_version")
    if wanted > call.platform.secrets.version(call.app):
        raise Refused(412, f"secrets version {wanted} is not known yet")


def whole(body: Json, name: str) -> int:
    """A field that is a whole number or not there; 400 for anything else."""
    value = body.get(name) or 0
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Refused(400, f"{name} must be a whole number")
    return value


def _still_at(expected: object, machine: Machine) -> None:
    if expected and expected != machine.version.id:
        raise Refused(409, f"machine version is {machine.version.id}, not {expected}")


def _same_volumes(config: Json, machine: Machine) -> None:
    asked = {str(mount.get("volume")) for mount in config.get("mounts") or []}
    if asked != machine.volumes:
        raise Refused(400, "a machine's volumes cannot be changed by an update")


async def _cordoned(call: Call, cordoned: bool) -> Reply:
    machine = await changeable(call)
    changed = machine.cordoned != cordoned
    machine.cordoned = cordoned
    return Reply({"ok": True}, applied=changed)
