"""The tour: it leads a newcomer through a release, by keyboard alone if they like, and never stands in the way."""

import re

import pytest
from playwright.async_api import ViewportSize, expect

from tests.page.conftest import Opens
from tests.page.screen import LONG_MS, Screen, Workplace

pytestmark = [pytest.mark.journey, pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

PHONE: ViewportSize = {"width": 390, "height": 844}

# Whether the note is on the screen, lies over nothing that it points at, and leaves no dialog below it.
IN_THE_CLEAR = """() => {
  const note = document.getElementById("tour").getBoundingClientRect();
  const inside = note.left >= 0 && note.top >= 0 && note.right <= innerWidth && note.bottom <= innerHeight;
  const clear = (node) => {
    const at = node.getBoundingClientRect();
    return note.left >= at.right || note.right <= at.left || note.top >= at.bottom || note.bottom <= at.top;
  };
  return inside && [...document.querySelectorAll(".tour-target, #modal[open]")].every(clear);
}"""


async def test_the_tour_leads_through_a_release_by_keyboard_alone(fresh: Workplace, visit: Opens) -> None:
    screen = await visit(fresh, newcomer=True)

    await opens_a_release(screen)
    await gets_it_settled(screen)
    await gets_it_approved(screen)
    await starts_it_and_watches(screen)
    await breaks_it_and_rolls_back(screen)

    await expect(screen.part("drop-app")).to_contain_text("Healthy · 200")
    await tabs_to(screen, "Finish")
    await screen.page.keyboard.press("Enter")
    await expect(screen.tour).to_be_hidden()


async def test_the_tour_starts_by_itself_once_and_again_when_it_is_asked_for(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm, newcomer=True)
    await at_step(screen, "Open a release")

    await screen.button("End the tour").click()
    await expect(screen.tour).to_be_hidden()
    await screen.page.reload()
    await expect(screen.part("drop-app")).to_contain_text("Healthy · 200")
    await expect(screen.tour).to_be_hidden()
    await screen.button("Tour").click()

    await at_step(screen, "Open a release")
    await screen.page.keyboard.press("Escape")
    await expect(screen.tour).to_be_hidden()


async def test_each_step_of_the_tour_can_be_skipped(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm, newcomer=True)

    for number in range(1, 10):
        await expect(screen.tour).to_contain_text(f"{number} of 9")
        await in_the_clear(screen)
        await screen.tour.get_by_role("button", name="Skip this step").click()

    await at_step(screen, "That was a release")


async def test_on_a_phone_the_tour_has_a_place_of_its_own(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm, size=PHONE, newcomer=True)
    await at_step(screen, "Open a release")
    await screen.tour.get_by_role("button", name="Type it for me").click()
    await screen.page.keyboard.press("Enter")

    await expect(screen.modal.get_by_role("button", name="Open")).to_be_in_viewport()
    await in_the_clear(screen)
    await screen.fits()
    await screen.tour.get_by_role("button", name="Fill it in").click()
    await expect(screen.field("What is the risk?")).not_to_have_value("")


async def opens_a_release(screen: Screen) -> None:
    await at_step(screen, "Open a release")
    await tabs_to(screen, "Type it for me")
    await screen.page.keyboard.press("Enter")
    await expect(screen.box).to_be_focused()
    await screen.page.keyboard.press("Enter")
    await fills_in(screen, "Open a deployment")


async def gets_it_settled(screen: Screen) -> None:
    """One section by hand, the rest by the team."""
    await at_step(screen, "Speak for a line")
    await points_at(screen, re.compile(r"\d+ repl"))
    await presses_what_it_points_at(screen)
    await points_at(screen, "Attest")
    await presses_what_it_points_at(screen)
    await fills_in(screen, "Attest")
    await at_step(screen, "The team answers")
    await tabs_to(screen, "Let them answer")
    await screen.page.keyboard.press("Enter")


async def gets_it_approved(screen: Screen) -> None:
    await at_step(screen, "Ask for approval")
    await points_at(screen, "Request approval")
    await presses_what_it_points_at(screen)
    await at_step(screen, "Approve it as the CEO")
    await points_at(screen, "Alem Bašić")
    await screen.page.keyboard.press("Alt+2")
    await screen.until_sent(lambda: presses_and_agrees(screen, "Approve"))


async def starts_it_and_watches(screen: Screen) -> None:
    await at_step(screen, "Start it")
    await points_at(screen, "John")
    await screen.page.keyboard.press("Alt+1")
    await screen.until_sent(lambda: presses_and_agrees(screen, "Start deployment"))
    await at_step(screen, "Watch the machines")


async def breaks_it_and_rolls_back(screen: Screen) -> None:
    await at_step(screen, "Break it")
    await presses_what_it_points_at(screen, key="Space")
    await expect(screen.part("drop-app")).to_contain_text("Unhealthy · 503")
    await at_step(screen, "Roll back")
    await points_at(screen, "Roll back")
    await presses_what_it_points_at(screen)
    await agrees(screen, "Roll back", key="Control+Enter")
    await at_step(screen, "That was a release")


async def at_step(screen: Screen, title: str) -> None:
    """Wait until the tour is there, with its note where it covers nothing."""
    await expect(screen.tour.get_by_role("heading")).to_have_text(title, timeout=LONG_MS)
    await in_the_clear(screen)


async def in_the_clear(screen: Screen) -> None:
    await screen.page.wait_for_function(IN_THE_CLEAR)


async def points_at(screen: Screen, text: str | re.Pattern[str]) -> None:
    await expect(screen.page.locator(".tour-target")).to_contain_text(text, timeout=LONG_MS)
    await in_the_clear(screen)


async def fills_in(screen: Screen, dialog: str) -> None:
    """Let the tour fill in the form, and send it: the button to send has the focus then."""
    await expect(screen.page.get_by_role("dialog", name=dialog)).to_be_visible()
    await in_the_clear(screen)
    await tabs_to(screen, "Fill it in")
    await screen.page.keyboard.press("Enter")
    await expect(screen.page.locator("#modal .button-primary[type=submit]")).to_be_focused()
    await screen.page.keyboard.press("Enter")


async def presses_and_agrees(screen: Screen, name: str) -> None:
    """The button of that name, to which the tour points, and the yes that it asks for."""
    await points_at(screen, name)
    await presses_what_it_points_at(screen)
    await agrees(screen, name)


async def agrees(screen: Screen, dialog: str, key: str = "Enter") -> None:
    """Say yes in the dialog that has just opened."""
    await expect(screen.page.get_by_role("dialog", name=dialog)).to_be_visible()
    await screen.page.keyboard.press(key)


async def tabs_to(screen: Screen, name: str) -> None:
    """Go there with the Tab key, as whoever has no mouse does."""
    await _tabs_until(screen, "(wanted) => document.activeElement.textContent === wanted", name)


async def presses_what_it_points_at(screen: Screen, key: str = "Enter") -> None:
    """Go to the button that the tour points at, and press it."""
    await _tabs_until(screen, '() => Boolean(document.activeElement.closest(".tour-target"))', None)
    await screen.page.keyboard.press(key)


async def _tabs_until(screen: Screen, there: str, wanted: str | None) -> None:
    for _ in range(200):
        if await screen.page.evaluate(there, wanted):
            return
        await screen.page.keyboard.press("Tab")
    pytest.fail(f"Tab never came to {wanted or 'what the tour points at'}")
