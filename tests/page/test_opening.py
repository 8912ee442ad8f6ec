"""A release is opened on the page: the channel, the command, the modal, the card."""

import re

import pytest
from playwright.async_api import expect

from tests.page.conftest import Opens
from tests.page.screen import Workplace

pytestmark = [pytest.mark.journey, pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

REQUIRED = "Please complete this required field."


async def test_the_page_shows_the_channel_and_the_machines(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm)

    await expect(screen.page.get_by_role("heading", name="#drop-deploy", exact=True)).to_be_visible()
    machines = screen.page.get_by_role("list", name="Machines of drop-app")
    await expect(machines.locator("> li")).to_have_count(2)
    await expect(machines.locator("> li").first).to_contain_text("v0.4.2")
    await expect(screen.part("drop-app")).to_contain_text("Healthy · 200")
    await expect(screen.part("Bot process")).to_contain_text("Running as pid")


async def test_a_required_field_left_empty_says_so_and_takes_the_focus(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm)
    await screen.says("/drop deploy 0.5.0")

    await screen.field("Commit").fill("4f9d2c7a1b")
    await screen.modal.get_by_role("button", name="Open").click()

    risk = screen.field("What is the risk?")
    await expect(risk).to_have_attribute("aria-invalid", "true")
    await expect(risk).to_have_accessible_description(REQUIRED)
    await expect(screen.field("Commit")).not_to_have_attribute("aria-invalid", "true")
    await expect(screen.field("Commit")).to_have_value("4f9d2c7a1b")
    await expect(screen.field("What will customers notice?")).to_be_focused()


async def test_what_the_bot_refuses_is_said_on_the_field(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm)
    await screen.says("/drop deploy 0.5.0")

    for question in ("customers notice", "the risk", "impact on security", "expected outcome"):
        await screen.field(question).fill("Nothing to speak of")
    await screen.field("Commit").fill("not a commit")
    await screen.modal.get_by_role("button", name="Open").click()

    await expect(screen.field("Commit")).to_have_attribute("aria-invalid", "true")
    await expect(screen.field("Commit")).to_have_accessible_description(re.compile("is not a commit. Write 7 to 40"))
    await expect(screen.field("Commit")).to_be_focused()
    await expect(screen.field("What is the risk?")).to_have_value("Nothing to speak of")


async def test_escape_closes_the_modal_and_gives_the_focus_back(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm)
    await screen.says("/drop deploy 0.5.0")
    await expect(screen.field("Version")).to_be_focused()

    await screen.page.keyboard.press("Escape")

    await expect(screen.modal).to_be_hidden()
    await expect(screen.box).to_be_focused()
    assert (await calm.people.state("john"))["view"] is None
