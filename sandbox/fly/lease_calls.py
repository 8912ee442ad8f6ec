"""Leases over HTTP: take, keep, look, let go."""

from sandbox.fly.calls import Call, Reply
from sandbox.fly.errors import Refused
from sandbox.fly.reaching import within_reach


async def take_lease(call: Call) -> Reply:
    """201 with a lease: a new one, or with the nonce of the one in force the same for longer."""
    leases, seconds = call.platform.leases, _seconds(call)
    machine = await within_reach(call)
    if call.nonce:
        return Reply(leases.extend(machine.id, call.nonce, seconds=seconds).document(), status=201, applied=True)
    leases.check(machine.id, "")
    description = str(call.body.get("description") or "")
    lease = leases.grant(machine.id, owner=call.token.owner, description=description, seconds=seconds)
    return Reply(lease.document(), status=201, applied=True)


async def get_lease(call: Call) -> Reply:
    return Reply(call.platform.leases.held(call.machine.id).document())


async def release_lease(call: Call) -> Reply:
    machine = await within_reach(call)
    call.platform.leases.release(machine.id, call.nonce)
    return Reply({"status": "success", "data": {"ok": True}}, applied=True)


def _seconds(call: Call) -> int:
    """The time to live, from the body (OpenAPI) or the query (flyctl)."""
    text = str(call.body.get("ttl") or call.query.get("ttl") or "")
    if not text.isdecimal() or int(text) == 0:
        raise Refused(400, "invalid lease: ttl must be a positive number of seconds")
    return int(text)
