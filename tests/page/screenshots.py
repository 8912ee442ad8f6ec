"""The pictures of the README, taken anew by `make screenshots`. They need Chromium, like the page's tests."""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from sandbox.stories import passages
from tests.page.conftest import FLAGS, NAMES, TOUR_SEEN, opened_workplace
from tests.page.screen import Screen, Workplace

IMAGES = Path(__file__).parents[2] / "docs" / "images"
DESK: ViewportSize = {"width": 1120, "height": 840}
TALL: ViewportSize = {"width": 1120, "height": 920}  # the whole plan, as it is signed
PHONE: ViewportSize = {"width": 390, "height": 844}

# The page stands still from the moment that is looked for: what it would ask for next never comes.
HALF_WAY = """() => {
  const [first, second] = document.querySelectorAll(".tiles > li");
  const there = first.textContent.includes("v0.5.0") && first.matches(".tile-good") && !second.matches(".tile-good");
  if (there) window.fetch = () => new Promise(() => {});
  return there;
}"""


async def main() -> None:
    """Carry one release as far as each picture wants it, and take the picture."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        sys.exit(f"A browser is needed, and none of {', '.join(NAMES)} is installed.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        with tempfile.TemporaryDirectory() as folder:
            async with opened_workplace(Path(folder)) as workplace:
                await _pictures(browser, workplace)
        await browser.close()


async def _pictures(browser: Browser, workplace: Workplace) -> None:
    scene = workplace.colleagues()
    await passages.opens(scene)
    await passages.settles_before_approval(scene)
    await passages.asks_for_approval(scene)
    await _an_approval_waits(await _visit(browser, workplace, "alem", "light", size=TALL))
    await _an_approval_waits(await _visit(browser, workplace, "alem", "dark", size=PHONE), phone=True)
    await passages.approves(scene)
    await passages.settles_before_start(scene)
    screen = await _visit(browser, workplace, "john", "dark")
    async with asyncio.TaskGroup() as group:
        group.create_task(passages.starts(scene))
        await _machines_roll(screen)


async def _an_approval_waits(screen: Screen, *, phone: bool = False) -> None:
    page = screen.page
    await page.get_by_role("button", name="Channels" if phone else "Production").click()
    await screen.room("Drop").click()
    await expect(page.get_by_role("button", name="Approve", exact=True)).to_be_visible()
    await _save(page, "approval-phone" if phone else "approval")


async def _machines_roll(screen: Screen) -> None:
    """One machine runs the new version and is well, the other is on its way."""
    await expect(screen.card).to_contain_text("Deploying")
    while await screen.button("Dismiss").count():
        await screen.button("Dismiss").first.click()
    await screen.page.wait_for_function(HALF_WAY, timeout=60_000)
    await _save(screen.page, "rolling")


async def _visit(
    browser: Browser,
    workplace: Workplace,
    person: str,
    scheme: Literal["light", "dark"],
    *,
    size: ViewportSize = DESK,
) -> Screen:
    context = await browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    await context.add_init_script(TOUR_SEEN)
    page = await context.new_page()
    await page.goto(f"{workplace.sandbox.base_url}/?as={person}")
    screen = Screen(page)
    await expect(screen.card).to_be_visible()
    return screen


async def _save(page: Page, name: str) -> None:
    await page.mouse.move(0, 0)
    await page.screenshot(path=IMAGES / f"{name}.png", animations="disabled", caret="hide")


if __name__ == "__main__":
    asyncio.run(main())
