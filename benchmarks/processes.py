"""How long a process takes until it serves, and how much memory it then holds."""

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.workplace import ROOT
from bot.cli import RUN
from sandbox.server import Sandbox

RUNS = 3
PATIENCE_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.005
SETTLED_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Process:
    """`seconds` from the start to the connection; `resident` in bytes a moment later."""

    seconds: float
    resident: int


async def measured_processes(folder: Path) -> list[Process]:
    """Each in a sandbox of its own, one after the other."""
    return [await _measured(folder / str(run)) for run in range(RUNS)]


async def _measured(folder: Path) -> Process:
    checklist, manifest = ROOT / "checklist.yml", ROOT / "manifest.yml"
    async with Sandbox(folder, bot_command=RUN, checklist=checklist, manifest=manifest) as sandbox:
        await _connected(sandbox)
        seconds = time.time() - sandbox.child.starts[0]
        await asyncio.sleep(SETTLED_SECONDS)
        assert sandbox.child.pid is not None
        return Process(seconds, _resident(sandbox.child.pid))


async def _connected(sandbox: Sandbox) -> None:
    """Looked at closely: the sandbox counts its connections, and does not say when one comes."""
    for _ in range(int(PATIENCE_SECONDS / LOOK_EVERY_SECONDS)):
        if sandbox.world.link.connections:
            return
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    raise TimeoutError("the bot did not connect")


def _resident(pid: int) -> int:
    """Linux: the second number of /proc/PID/statm counts resident pages (proc_pid_statm(5))."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
