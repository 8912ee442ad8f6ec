"""The page on a phone and in the dark."""

import pytest
from playwright.async_api import ViewportSize, expect

from tests.page.conftest import Opens
from tests.page.screen import Scheme, Workplace

pytestmark = [pytest.mark.journey, pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

PHONE: ViewportSize = {"width": 390, "height": 844}
READABLE = 4.5  # WCAG 2.2, 1.4.3: contrast of text


async def test_a_phone_never_scrolls_sideways(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared, size=PHONE)
    await expect(screen.card).to_be_visible()
    await screen.fits()

    await screen.reads_the_thread()
    await expect(screen.thread.get_by_role("heading", name="Code quality gates")).to_be_visible()
    await screen.fits()


async def test_a_phone_fits_the_panel_and_the_people_too(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared, size=PHONE)

    await screen.button("Production").click()
    await expect(screen.part("Clock")).to_be_in_viewport()
    await screen.fits()

    await screen.button("Close panel").click()
    await screen.button("Acting as John").click()
    await screen.acts_as("Validator")
    await expect(screen.button("Acting as Validator")).to_be_visible()
    await screen.fits()


async def test_a_phone_fits_the_modal(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm, size=PHONE)

    await screen.says("/drop deploy 0.5.0")
    await expect(screen.field("Version")).to_be_in_viewport()
    await expect(screen.modal.get_by_role("button", name="Open")).to_be_in_viewport()

    await screen.fits()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everything_is_readable_by_day_and_by_night(prepared: Workplace, visit: Opens, scheme: Scheme) -> None:
    screen = await visit(prepared, scheme=scheme)
    await screen.reads_the_thread()
    await expect(screen.thread.get_by_role("heading", name="Code quality gates")).to_be_visible()

    await screen.is_dark(dark=scheme == "dark")
    await screen.is_readable(READABLE)


async def test_the_theme_is_chosen_by_a_button_and_kept(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared)

    await screen.button("Dark theme").click()
    await screen.page.reload()

    await expect(screen.button("Light theme")).to_be_visible()
    await screen.is_dark(dark=True)
