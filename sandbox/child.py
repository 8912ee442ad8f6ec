"""The bot as a child process: started with the sandbox's environment only, killed, and started again."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PATIENCE_SECONDS = 15.0


class Child:
    """One process at a time. A dead one stays dead until someone starts it; `starts` holds real Unix times."""

    def __init__(self, command: Sequence[str], environment: Callable[[], Mapping[str, str]], output: Path) -> None:
        self._command = list(command)
        self._environment = environment
        self._output = output
        self._process: asyncio.subprocess.Process | None = None
        self.starts: list[float] = []

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The process id while it lives."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return max(0, len(self.starts) - 1)

    @property
    def exit_code(self) -> int | None:
        """What the last process ended with; None while it lives, and before the first."""
        return None if self._process is None else self._process.returncode

    async def start(self) -> None:
        """Start the process unless it lives; what it prints is appended to the output file."""
        if self.running or not self._command:
            return
        with self._output.open("ab") as output:
            self.starts.append(time.time())
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                cwd=self._output.parent,  # what it leaves where it stands goes with the rest
                env=_found_from_here(self._environment()),
                start_new_session=True,
            )

    async def ended(self) -> int | None:
        """Wait until the process has ended by itself, and return its exit code."""
        return None if self._process is None else await self._process.wait()

    async def kill(self) -> None:
        """SIGKILL the process and whatever it started, and wait until it is gone."""
        await self._end(signal.SIGKILL)

    def pause(self, *, on: bool) -> None:
        """SIGSTOP the process, as a host does that is paused, or let it go on."""
        if self._process is not None and self.running:
            _signal(self._process.pid, signal.SIGSTOP if on else signal.SIGCONT)

    async def stop(self) -> int | None:
        """Ask the process to end, and kill it if it will not; its exit code, or None when there was none to ask."""
        await self._end(signal.SIGTERM)
        return self._process.returncode if self._process else None

    async def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        _signal(process.pid, how)
        try:
            await asyncio.wait_for(process.wait(), _PATIENCE_SECONDS)
        except TimeoutError:
            _signal(process.pid, signal.SIGKILL)
            await process.wait()


def _found_from_here(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which Python looks where we stand for the bot's code, as it does for ours."""
    places = (os.getcwd(), environment.get("PYTHONPATH", ""))
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, places))}


def _signal(group: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it may have ended by itself a moment ago
        os.killpg(group, how)
