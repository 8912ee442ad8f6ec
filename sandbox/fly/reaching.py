"""The way to a machine that is to be changed: it stands, its host answers, and the lease is the caller's."""

import asyncio

from sandbox.fly.calls import Call
from sandbox.fly.errors import Refused
from sandbox.fly.machine import Machine
from sandbox.fly.platform import Platform

LOOK_EVERY = 0.02


async def changeable(call: Call) -> Machine:
    """The machine in the path, if the call's nonce may change it."""
    machine = await within_reach(call)
    call.platform.leases.check(machine.id, call.nonce)
    return machine


async def within_reach(call: Call) -> Machine:
    """The machine in the path; 404 for a destroyed one. A host that does not answer lets the call hang, then fail."""
    machine = call.standing
    if machine.host_status != "ok":
        await lasts(call.platform, call.platform.durations.unreachable)
        raise Refused(next(call.platform.hung), "the machine's host does not answer")
    return machine


async def lasts(platform: Platform, seconds: float) -> None:
    """Let so much real time go by."""
    until = platform.stopwatch() + seconds
    while True:
        if platform.stopwatch() >= until:
            return
        await asyncio.sleep(LOOK_EVERY)
