"""The sandbox's page in a real Chromium, with the real bot behind it. Everything here lives in one event loop."""

import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright, expect

from bot.cli import RUN
from sandbox.client import Control
from sandbox.server import Sandbox
from tests.page.screen import RELEASE, Scheme, Screen, Workplace

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK: ViewportSize = {"width": 1440, "height": 900}
TOUR_SEEN = 'localStorage.setItem("drop-sandbox-tour", "seen")'  # it starts by itself only once
PATIENCE_MS = 15_000  # only a machine that is busy with something else takes so long

FAILED = pytest.StashKey[bool]()
LAST_LINES = 40

Opens = Callable[..., Awaitable[Screen]]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is. Without one the page cannot be tested, and each test says so."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"the page needs a browser, and none of {', '.join(NAMES)} is installed")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def fresh(chromium: str, tmp_path: Path) -> AsyncIterator[Workplace]:
    """A workplace of the test's own, where nothing has been said yet."""
    async with opened_workplace(tmp_path) as workplace:
        yield workplace


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workplace]:
    async with opened_workplace(tmp_path_factory.mktemp("calm")) as workplace:
        yield workplace


@pytest_asyncio.fixture(loop_scope="session")
async def calm(shared: Workplace) -> AsyncIterator[Workplace]:
    """A workplace where no deployment is open. Several tests share it, and find it as the first one did."""
    await shared.people.moves_clock(to=shared.opened)
    yield shared
    await shared.people.closes("john")
    left = await shared.people.state()
    for fault in (fault["name"] for fault in left["faults"] if fault["on"]):
        await shared.people.faults(fault, on=False)
    if not left["bot"]["running"]:
        await shared.people.starts()
        await shared.people.waits_for_the_bot()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def prepared(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workplace]:
    """A workplace where John has opened a deployment. Several tests look at it: none may bring it any further."""
    async with opened_workplace(tmp_path_factory.mktemp("prepared")) as workplace:
        await workplace.people.says("john", "/drop deploy 0.5.0")
        await workplace.people.submits("john", **RELEASE)
        yield workplace


@pytest_asyncio.fixture(loop_scope="session")
async def visit(request: pytest.FixtureRequest, browser: Browser) -> AsyncIterator[Opens]:
    """Opens the page of a workplace. At the end of the test it must not have complained about anything.

    Of a test that failed, the report has what the page said last and what the bot wrote.
    """
    complaints: list[str] = []
    visited: list[tuple[Screen, Workplace]] = []
    async with AsyncExitStack() as closing:

        async def opens(
            workplace: Workplace,
            *,
            size: ViewportSize = DESK,
            scheme: Scheme = "light",
            newcomer: bool = False,
        ) -> Screen:
            context = await browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
            closing.push_async_callback(context.close)
            if not newcomer:
                await context.add_init_script(TOUR_SEEN)
            screen = await _opened(context, workplace, complaints)
            visited.append((screen, workplace))
            return screen

        yield opens
        if request.node.stash.get(FAILED, False):
            for screen, workplace in visited:
                await _tells(screen, workplace)
    assert complaints == []


@asynccontextmanager
async def opened_workplace(folder: Path) -> AsyncIterator[Workplace]:
    """A sandbox with the product's own files, and the real bot connected to it."""
    checklist, manifest = ROOT / "checklist.yml", ROOT / "manifest.yml"
    async with (
        Sandbox(folder, bot_command=RUN, checklist=checklist, manifest=manifest) as sandbox,
        Control(sandbox.base_url) as people,
    ):
        await people.waits_for_the_bot()
        yield Workplace(sandbox=sandbox, people=people, opened=(await people.state())["now"])
        await people.kills()  # quicker than to wait until it has ended


async def _tells(screen: Screen, workplace: Workplace) -> None:
    log = (workplace.sandbox.world.folder / "bot.log").read_text(encoding="utf-8")
    sys.stdout.write(await screen.talk.inner_text())
    sys.stdout.write("\n".join(["", *log.splitlines()[-LAST_LINES:], ""]))


async def _opened(context: BrowserContext, workplace: Workplace, complaints: list[str]) -> Screen:
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    _listen(page, complaints)
    await page.goto(workplace.sandbox.base_url)
    screen = Screen(page)
    await screen.box.wait_for()
    return screen


def _listen(page: Page, complaints: list[str]) -> None:
    """Keep whatever the browser's console would show in red or yellow."""
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None,
    )
