"""Stories are played here: a sandbox, a bot in it, people who act, and the history checked at the end."""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox import yaml_files
from sandbox.canaries import CANARIES, leaks
from sandbox.client import Control
from sandbox.history import INVARIANTS, Violation, check_history, read_cells, read_notices
from sandbox.server import Sandbox
from sandbox.shell import Shell
from sandbox.small_disk import NoSmallDisk, SmallDisk, small_disk
from sandbox.stories.audience import Audience
from sandbox.stories.bluegreen import bluegreen
from sandbox.stories.canary import canary
from sandbox.stories.crash import crash
from sandbox.stories.disk_full import disk_full
from sandbox.stories.double_click import double_click
from sandbox.stories.drift import drift
from sandbox.stories.failing_health import failing_health
from sandbox.stories.kills import Kill, Kills
from sandbox.stories.lease_held import lease_held
from sandbox.stories.migration_fails import migration_fails
from sandbox.stories.outside_window import outside_window
from sandbox.stories.plan_changed import plan_changed
from sandbox.stories.rehearsal import rehearsal
from sandbox.stories.rejected import rejected
from sandbox.stories.restart import restart
from sandbox.stories.rollback import rollback
from sandbox.stories.scene import Scene, Unexpected
from sandbox.stories.silent_revert import silent_revert
from sandbox.stories.slack_down import slack_down
from sandbox.stories.standard import standard
from sandbox.stories.two_processes import two_processes
from sandbox.stories.undo import undo
from sandbox.stories.window_closes import window_closes
from sandbox.stories.wrong_people import wrong_people
from sandbox.world import surroundings

Story = Callable[[Scene], Awaitable[None]]

STORIES: Mapping[str, Story] = {
    "standard": standard,
    "rejected": rejected,
    "outside-window": outside_window,
    "plan-changed": plan_changed,
    "window-closes": window_closes,
    "failing-health": failing_health,
    "rollback": rollback,
    "undo": undo,
    "migration-fails": migration_fails,
    "silent-revert": silent_revert,
    "lease-held": lease_held,
    "rehearsal": rehearsal,
    "crash": crash,
    "restart": restart,
    "slack-down": slack_down,
    "two-processes": two_processes,
    "wrong-people": wrong_people,
    "double-click": double_click,
    "disk-full": disk_full,
    "drift": drift,
    "bluegreen": bluegreen,
    "canary": canary,
}
SMALL_DISKS = {"disk-full"}  # stories that fill the disk
BOTS = {"two-processes": 2}  # a story of several bots needs a database that they can share
_LAST_LINES = 40
_COMES_TO_REST_WITHIN = 20.0  # seconds
_LOOK_AGAIN = 0.3


class Broken(Exception):
    """The history of a story does not hold; each violation is a line."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("\n".join(str(violation) for violation in violations))


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every sandbox here is made of: how the bot is started, and the product's own two files."""

    bot_command: Sequence[str]
    checklist: Path
    manifest: Path | None
    http: bool = False  # Slack delivers by signed HTTP, not by Socket Mode
    database_url: str = ""  # empty is a SQLite file in the sandbox's folder
    bots: int = 1
    disk: SmallDisk | None = None


def play(
    name: str,
    bot_command: Sequence[str],
    checklist: Path,
    manifest: Path | None,
    folder: Path | None = None,
    *,
    http: bool = False,
    database_url: str = "",
) -> int:
    """Act the story, print its conversation, and return what the process should exit with."""
    house = House(
        bot_command=bot_command,
        checklist=checklist,
        manifest=manifest,
        http=http,
        database_url=database_url,
        bots=BOTS.get(name, 1),
    )
    with contextlib.ExitStack() as stack:
        where = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drop-sandbox-")))
        if name in SMALL_DISKS:
            try:
                house = replace(house, disk=stack.enter_context(small_disk(where)))
            except NoSmallDisk:
                _print(f"{name} mounts a small disk in a user namespace of its own, which this machine does not allow.")
                return 2
        return asyncio.run(_played(name, house, where))


async def _played(name: str, house: House, folder: Path) -> int:
    begun, log = time.monotonic(), folder / "bot.log"
    try:
        entries = await act(STORIES[name], house, folder, say=_print)
    except (Unexpected, Broken, TimeoutError) as trouble:
        _print(f"\n{name} failed: {trouble}\n\nThe bot's last words ({log}):\n{_tail(log)}")
        return 1
    _print(f"\n{name}: {entries} entries in the record, {time.monotonic() - begun:.0f} s")
    _print(f"history: {len(INVARIANTS)} invariants hold")
    return 0


async def kills(
    seed: int, count: int, house: House, folder: Path, *, say: Callable[[str], None] = lambda line: None
) -> list[Kill]:
    """A deployment with `count` SIGKILLs between its start and its completion, each at a moment from the seed.

    Raises Unexpected when it does not complete, and Broken when its history does not hold.
    """
    story = Kills(seed=seed, count=count)
    await act(story, house, folder, say=say)
    return story.happened


async def act(story: Story, house: House, folder: Path, *, say: Callable[[str], None]) -> int:
    """Act the story and check its history; how many entries the record has then. Raises Unexpected, Broken."""
    async with staged(house, folder, say=say) as scene:
        await story(scene)
        return await holds(scene)


@asynccontextmanager
async def staged(house: House, folder: Path, *, say: Callable[[str], None]) -> AsyncIterator[Scene]:
    """A scene in a sandbox of its own, with the bot connected and an audience that prints what it sees."""
    box = Sandbox(
        folder,
        bot_command=house.bot_command,
        checklist=house.checklist,
        manifest=house.manifest,
        http=house.http,
        database_url=house.database_url,
        bots=house.bots,
    )
    async with box as sandbox, Control(sandbox.base_url) as control:
        document = yaml_files.read(sandbox.world.checklist.read_text(encoding="utf-8"))
        scene = Scene(
            control,
            say=say,
            record=sandbox.world.database_url,
            checklist=document,
            shell=Shell(command=house.bot_command[:-1], environment=surroundings(sandbox.environment())),
            disk=house.disk,
        )
        await control.waits_for_the_bot()
        async with _watched(scene):
            yield scene
        await _exports(scene, folder)
        found = leaks(sandbox.world)
        if found:
            raise Unexpected(f"secrets stay where they belong, but: {', '.join(found)}")


async def _exports(scene: Scene, folder: Path) -> None:
    """The part of each deployment is exported, as an auditor would have it, and verifies. Raises Unexpected."""
    for deployment in sorted({entry["deployment"] for entry in scene.entries() if entry["deployment"]}):
        file = str(folder / f"{deployment}.jsonl")
        for words in (("audit", "export", deployment, "--to", file), ("audit", "verify", file)):
            code, said = await scene.in_the_shell(*words)
            scene.requires(code == 0, f"drop-bot {' '.join(words)} to go well, but: {said}")


@asynccontextmanager
async def _watched(scene: Scene) -> AsyncIterator[None]:
    """The audience watches, and looks once more at the end."""
    audience = Audience(scene)
    audience.notices(await scene.look())
    watching = asyncio.create_task(audience.watches())
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        audience.notices(await scene.look())


async def holds(scene: Scene) -> int:
    """How many entries the record has, if the history holds. Raises Broken."""
    deadline = time.monotonic() + _COMES_TO_REST_WITHIN
    while violations := await _violations(scene):
        if time.monotonic() > deadline or not all(one.invariant.startswith("I10 ") for one in violations):
            raise Broken(violations)
        await asyncio.sleep(_LOOK_AGAIN)  # what Slack shows follows the record at the pace that Slack allows
    return len(scene.entries())


async def _violations(scene: Scene) -> list[Violation]:
    log = await scene.control.log()
    return check_history(
        scene.entries(),
        log["fly"],
        log["slack"],
        scene.checklist,
        notices=read_notices(scene.record),
        cells=read_cells(scene.record),
        secrets=CANARIES.values(),
    )


def _tail(file: Path) -> str:
    if not file.exists():
        return "(nothing)"
    return "\n".join(file.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
