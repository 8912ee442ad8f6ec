"""Whoever uses the page without eyes, mouse or a wide screen: names, headings, keys, and room for a thumb."""

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.page.conftest import Opens
from tests.page.screen import Workplace

pytestmark = [pytest.mark.journey, pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

PHONE: ViewportSize = {"width": 390, "height": 844}
THUMB = 40  # pixels
PRESSED = {"button", "link", "checkbox", "radio", "switch", "textbox", "combobox", "listbox", "option", "menuitem"}

# What is wrong with the document's structure, one line each.
MISTAKES = """() => {
  const all = [...document.querySelectorAll("body *")];
  const ids = all.map((node) => node.id).filter(Boolean);
  const refs = ["aria-labelledby", "aria-describedby", "aria-controls", "aria-activedescendant"];
  const lost = all.flatMap((node) => refs.flatMap((ref) => (node.getAttribute(ref) ?? "").split(" ")
    .filter((id) => id && !ids.includes(id)).map((id) => `${ref} names nothing: ${id}`)));
  const seen = all.filter((node) => node.checkVisibility());
  const headings = seen.filter((node) => /^H[1-6]$/.test(node.tagName)).map((node) => Number(node.tagName[1]));
  const jumps = headings.filter((level, at) => level > (headings[at - 1] ?? level) + 1);
  const main = seen.filter((node) => node.tagName === "MAIN" && node.firstElementChild.checkVisibility());
  return [
    ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `two are called ${id}`),
    ...lost,
    ...jumps.map((level) => `a heading of level ${level} skips one`),
    ...(headings.filter((level) => level === 1).length === 1 ? [] : ["there is not one heading of level 1"]),
    ...(main.length <= 1 ? [] : ["there is more than one main part"]),
  ];
}"""

# What can be pressed and is lower than a thumb; a box or switch in a label is as large as the label.
SMALL = """(least) => [...document.querySelectorAll("button, a[href], input, select, textarea, summary")]
  .filter((node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !node.matches(".skip"))
  .map((node) => node.closest("label") ?? node)
  .filter((node) => node.getBoundingClientRect().height < least)
  .map((node) => `${node.textContent.slice(0, 30)} ${node.getBoundingClientRect().height}`)"""

CATCHES_THEME = """new MutationObserver((_, self) => {
  if (!document.body) return;
  self.disconnect();
  window.themeAtFirst = document.documentElement.dataset.theme ?? "none";
}).observe(document, { childList: true, subtree: true })"""


async def test_everything_that_can_be_pressed_has_a_name(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared)
    await screen.reads_the_thread()
    await expect(screen.section("Code quality gates")).to_be_visible()
    assert await nameless(screen.page) == []
    await screen.settles(MISTAKES, [])

    await screen.presses("Attest", on=screen.section("Code quality gates"))
    await expect(screen.page.get_by_role("dialog", name="Attest")).to_be_visible()
    assert await nameless(screen.page) == []
    await screen.settles(MISTAKES, [])
    await screen.page.keyboard.press("Escape")
    await expect(screen.page.get_by_role("dialog", name="Attest")).to_be_hidden()


async def test_on_a_phone_everything_has_room_for_a_thumb(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared, size=PHONE)
    await expect(screen.card).to_be_visible()
    await screen.settles(SMALL, [], THUMB)
    await screen.settles(MISTAKES, [])

    await screen.reads_the_thread()
    await expect(screen.section("Code quality gates")).to_be_visible()
    await screen.settles(SMALL, [], THUMB)
    await screen.settles(MISTAKES, [])

    await screen.button("Close thread").click()
    await screen.button("Production").click()
    await expect(screen.part("Faults")).to_be_visible()
    await screen.settles(SMALL, [], THUMB)


async def test_tab_stays_in_the_modal_and_goes_round(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm)
    await screen.says("/drop deploy 0.5.0")
    await expect(screen.field("Version")).to_be_focused()

    await screen.page.keyboard.press("Shift+Tab")

    await expect(screen.modal.get_by_role("button", name="Open")).to_be_focused()
    await screen.page.keyboard.press("Tab")
    await expect(screen.field("Version")).to_be_focused()


async def test_what_is_new_is_said_once_and_politely(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared)
    await expect(screen.card).to_be_visible()
    news = screen.page.locator("#news")
    await expect(news).to_be_empty()

    await screen.says("/drop window")

    await expect(news).to_contain_text("Drop: ")
    await expect(news).to_have_attribute("role", "status")
    await expect(screen.talk).to_have_attribute("aria-live", "off")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_theme_is_chosen_before_anything_is_painted(browser: Browser, shared: Workplace, scheme: str) -> None:
    other = {"light": "dark", "dark": "light"}[scheme]
    context = await browser.new_context(color_scheme="light" if other == "light" else "dark")
    await context.add_init_script(f'localStorage.setItem("drop-sandbox-theme", "{scheme}")')
    await context.add_init_script(CATCHES_THEME)
    page = await context.new_page()

    await page.goto(shared.sandbox.base_url)

    assert await page.evaluate("window.themeAtFirst") == scheme
    await context.close()


async def nameless(page: Page) -> list[str]:
    """The roles of what can be pressed and has no name, as the browser tells assistive technology."""
    session = await page.context.new_cdp_session(page)
    tree = await session.send("Accessibility.getFullAXTree")
    pressed = [node for node in tree["nodes"] if node.get("role", {}).get("value") in PRESSED and not node["ignored"]]
    assert len(pressed) > 5  # a tree in which nothing can be pressed would prove nothing
    return [str(node["role"]["value"]) for node in pressed if not node.get("name", {}).get("value")]
