"""What runs inside of a machine, over HTTP: exec, which may outlive its answer, and the list of processes."""

import math
import shlex

from sandbox.fly.calls import Call, Reply
from sandbox.fly.errors import Refused
from sandbox.fly.machine import Machine
from sandbox.fly.programs import Program
from sandbox.fly.reaching import lasts, within_reach


async def exec_command(call: Call) -> Reply:
    """200 whatever the command's exit code is; 408 when it takes too long, while it goes on."""
    machine, command = await within_reach(call), _command(call)
    if machine.state != "started":
        raise Refused(412, f"unable to exec on machine in current state: '{machine.state}'")
    program = _begun(call, machine, command)
    longest = min(call.platform.durations.longest_exec, _timeout(call))
    await lasts(call.platform, min(program.seconds, longest))
    if program.seconds > longest:
        text = 'Post "http://unix/v1/exec": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        raise Refused(408, text)
    body = {"exit_code": program.exit_code, "exit_signal": 0, "stdout": program.stdout, "stderr": program.stderr}
    return Reply(body, applied=True)


async def list_processes(call: Call) -> Reply:
    machine = call.machine
    if machine.state != "started":
        raise Refused(412, f"unable to list processes in current state: '{machine.state}'")
    command = " ".join((machine.config.get("init") or {}).get("cmd") or ["node", "server.js"])
    process = {"pid": 640, "stime": 1, "rtime": 2, "command": command, "directory": "/app", "cpu": 0, "rss": 52428800}
    return Reply([{**process, "listen_sockets": []}])


def _begun(call: Call, machine: Machine, command: list[str]) -> Program:
    """Begin it; what it does to the database is done when it has had its time, whoever still listens."""
    image = machine.version.image
    program = call.app.runtime.programs.begin(command, image.version if image else "")
    call.app.runtime.detach(program)
    return program


def _command(call: Call) -> list[str]:
    """`command` is an array (OpenAPI); the older `cmd` (flyctl) is a line."""
    command, line = call.body.get("command"), call.body.get("cmd")
    if isinstance(command, list) and command and all(isinstance(word, str) for word in command):
        return command
    if isinstance(line, str) and line.strip():
        return shlex.split(line)
    raise Refused(400, "command must be a list of words")


def _timeout(call: Call) -> float:
    seconds = call.body.get("timeout") or math.inf
    if not isinstance(seconds, int | float) or seconds < 0:
        raise Refused(400, "timeout must be a number of seconds")
    return seconds
