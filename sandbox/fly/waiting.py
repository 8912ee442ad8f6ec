"""The wait endpoint: at most a minute, and 408 for "not yet"."""

import asyncio

from sandbox.fly.calls import Call, Reply
from sandbox.fly.errors import Refused
from sandbox.fly.machine import TRANSIENT, Machine
from sandbox.fly.reaching import LOOK_EVERY

LONGEST = 60
_STATES = {"started", "stopped", "suspended", "destroyed", "failed", "settled"}
_LENGTH_OF_A_VERSION = 26


async def wait_for_state(call: Call) -> Reply:
    """Answer when the machine is in one of the states; without a version, the one before may answer for it."""
    wanted, version, seconds = _states(call), _version(call), _seconds(call)
    machine, watch = call.machine, call.platform.stopwatch
    until = watch() + seconds
    while True:
        machine.settle()
        if machine.state == "destroyed" and not wanted & {"destroyed", "settled"}:
            raise Refused(404, "machine not found")
        if (found := _reached(machine, wanted, version)) is not None:
            event = machine.events[0]["id"] if machine.events else ""
            return Reply({"ok": True, "state": found[1], "event_id": event, "version": found[0]})
        if watch() >= until:
            raise _late(call, machine, wanted)
        await asyncio.sleep(LOOK_EVERY)


def _reached(machine: Machine, wanted: set[str], version: str) -> tuple[str, str] | None:
    instances = [one for one in machine.instances() if version in ("", one[0])]
    if not instances:
        raise Refused(404, "machine version not found")
    newest, state = instances[0]
    if "settled" in wanted and state not in TRANSIENT:
        return newest, state
    return next((one for one in instances if one[1] in wanted), None)


def _late(call: Call, machine: Machine, wanted: set[str]) -> Refused:
    states = ", ".join(sorted(wanted))
    text = f"machine failed to reach desired state, {states}, currently {machine.state}"
    return Refused(408, text, silent=next(call.platform.silence))


def _states(call: Call) -> set[str]:
    states = {state for text in call.query.getall("state", ["started"]) for state in text.split(",")}
    if not states <= _STATES:
        raise Refused(400, f"invalid WaitMachineRequest.State: {', '.join(sorted(states - _STATES))}")
    return states


def _version(call: Call) -> str:
    version = call.query.get("version") or call.query.get("instance_id") or ""
    if version and len(version) != _LENGTH_OF_A_VERSION:
        raise Refused(400, "invalid WaitMachineRequest.Version: value length must be 26 characters")
    return version


def _seconds(call: Call) -> int:
    text = call.query.get("timeout", str(LONGEST))
    if not text.isdecimal() or not 1 <= int(text) <= LONGEST:
        raise Refused(400, "invalid WaitMachineRequest.Timeout: value must be inside range [1s, 1m0s]")
    return int(text)
