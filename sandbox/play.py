"""Stories are played here: a sandbox, a bot in it, people who act, and the history checked at the end."""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import yaml

from sandbox.client import Control
from sandbox.history import INVARIANTS, Violation, check_history, read_record
from sandbox.server import Sandbox
from sandbox.stories.audience import Audience
from sandbox.stories.scene import Scene, Unexpected
from sandbox.stories.standard import standard

Story = Callable[[Scene], Awaitable[None]]

STORIES: Mapping[str, Story] = {
    "standard": standard,
}
_LAST_LINES = 40


class Broken(Exception):
    """The history of a story does not hold; each violation is a line."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("\n".join(str(violation) for violation in violations))


def play(
    name: str, bot_command: Sequence[str], checklist: Path, manifest: Path | None, folder: Path | None = None
) -> int:
    """Act the story, print its conversation, and return what the process should exit with."""
    with contextlib.ExitStack() as stack:
        where = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drop-sandbox-")))
        return asyncio.run(_played(name, bot_command, checklist, manifest, where))


async def _played(name: str, bot_command: Sequence[str], checklist: Path, manifest: Path | None, folder: Path) -> int:
    begun = time.monotonic()
    try:
        async with staged(bot_command, checklist, manifest, folder, say=_print) as scene:
            await STORIES[name](scene)
            entries = await holds(scene)
    except (Unexpected, Broken, TimeoutError) as trouble:
        _print(
            f"\n{name} failed: {trouble}\n\nThe bot's last words ({folder / 'bot.log'}):\n{_tail(folder / 'bot.log')}"
        )
        return 1
    _print(f"\n{name}: {entries} entries in the record, {time.monotonic() - begun:.0f} s")
    _print(f"history: {len(INVARIANTS)} invariants hold")
    return 0


@asynccontextmanager
async def staged(
    bot_command: Sequence[str],
    checklist: Path,
    manifest: Path | None,
    folder: Path,
    *,
    say: Callable[[str], None],
    patient: bool = False,
) -> AsyncIterator[Scene]:
    """A scene in a sandbox of its own, with the bot connected and an audience that prints what it sees."""
    async with (
        Sandbox(folder, bot_command=bot_command, checklist=checklist, manifest=manifest) as sandbox,
        Control(sandbox.base_url) as control,
    ):
        document = yaml.safe_load(sandbox.world.checklist.read_text(encoding="utf-8"))
        scene = Scene(control, say=say, record=folder / "drop.db", checklist=document, patient=patient)
        await control.waits_for_the_bot()
        watching = asyncio.create_task(Audience(scene).watches())
        try:
            yield scene
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError, aiohttp.ClientError):
                await watching


async def holds(scene: Scene) -> int:
    """How many entries the record has, if the history holds. Raises Broken."""
    log, entries = await scene.control.log(), scene.entries()
    violations = check_history(entries, log["fly"], log["slack"], scene.checklist)
    if violations:
        raise Broken(violations)
    return len(entries)


def _tail(file: Path) -> str:
    if not file.exists():
        return "(nothing)"
    return "\n".join(file.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
