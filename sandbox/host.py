"""The sandbox as a newcomer has it: served until Ctrl-C, with the bot in it or its settings printed."""

import asyncio
import shlex
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sandbox.server import Sandbox


def host(
    bot_command: Sequence[str],
    checklist: Path,
    manifest: Path,
    *,
    port: int,
    http: bool = False,
    database_url: str = "",
) -> int:
    """Serve until SIGINT or SIGTERM; what the process should exit with. Without a command, say how to start a bot."""
    with tempfile.TemporaryDirectory(prefix="drop-sandbox-") as folder:
        try:
            command = bot_command or None
            box = Sandbox(
                Path(folder),
                port=port,
                bot_command=command,
                checklist=checklist,
                manifest=manifest,
                http=http,
                database_url=database_url,
            )
            asyncio.run(_hosted(box, Path(folder) / "bot.log" if command else None))
        except OSError as error:
            _say(f"Port {port} cannot be had ({error.strerror}). Choose another: drop-bot sandbox --port 0")
            return 1
    return 0


async def _hosted(box: Sandbox, log: Path | None) -> None:
    async with box as sandbox:
        _say(f"The sandbox is at {sandbox.base_url}   (Ctrl-C ends it)")
        if log:
            _say(f"The bot is its child, and writes to {log}")
        else:
            settings = " \\\n  ".join(f"{name}={shlex.quote(value)}" for name, value in sandbox.environment().items())
            _say(f"Start a bot in it with these settings:\n\n  {settings} \\\n  drop-bot run")
        await _ended()


async def _ended() -> None:
    end = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, end.set)
    await end.wait()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
