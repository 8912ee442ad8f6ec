"""The sandbox's own levers: the clock, the faults, and the button that kills the bot."""

import re

import pytest
from playwright.async_api import expect

from tests.page.conftest import Opens
from tests.page.screen import RELEASE, Workplace

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]


async def test_the_clock_s_buttons_move_the_time_of_everyone(fresh: Workplace, visit: Opens) -> None:
    screen = await visit(fresh)
    clock = screen.part("Clock")
    await expect(clock.get_by_role("time")).to_have_text(re.compile("^02:1"))
    await expect(clock).to_contain_text("Window open")

    await screen.button("+1 h").click()
    await expect(clock.get_by_role("time")).to_have_text(re.compile("^03:1"))
    await screen.button("+15 min").click()
    await expect(clock.get_by_role("time")).to_have_text(re.compile("^03:2"))
    await screen.button("to 06:01").click()
    await expect(clock.get_by_role("time")).to_have_text(re.compile("^06:01"))
    await expect(clock).to_contain_text("Window closed")
    await screen.says("/drop window")
    await expect(screen.whisper("closed")).to_be_visible()

    await screen.button("to next window").click()
    await expect(clock.get_by_role("time")).to_have_text(re.compile("^02:00"))
    await expect(clock).to_contain_text("Window open")
    await screen.says("/drop window")
    await expect(screen.whisper("Open now")).to_be_visible()


async def test_the_clock_goes_back_to_real_time(fresh: Workplace, visit: Opens) -> None:
    screen = await visit(fresh)

    await screen.button("reset").click()

    await expect(screen.part("Clock")).to_contain_text("real time")


async def test_a_killed_bot_is_shown_and_a_command_fails_as_in_slack(fresh: Workplace, visit: Opens) -> None:
    screen = await visit(fresh)

    await screen.button("Kill").click()
    await expect(screen.part("Bot process")).to_contain_text("Not running")
    await screen.says("/drop whoami")
    await expect(screen.whisper("/drop failed with the error “dispatch_failed”")).to_be_visible()

    await screen.button("Start").click()
    await expect(screen.part("Bot process")).to_contain_text("1 Slack connection, 1 restart")
    await screen.says("/drop whoami")
    await expect(screen.whisper("You are John")).to_be_visible()


async def test_a_modal_sent_to_a_dead_bot_stays_open_with_what_was_typed(fresh: Workplace, visit: Opens) -> None:
    screen = await visit(fresh)
    await screen.says("/drop deploy 0.5.0")
    for label, value in (
        ("Commit", RELEASE["commit"]),
        ("customers notice", RELEASE["customers"]),
        ("the risk", RELEASE["risk"]),
        ("impact on security", RELEASE["security"]),
        ("expected outcome", RELEASE["outcome"]),
    ):
        await screen.field(label).fill(value)

    await fresh.people.kills()
    await screen.modal.get_by_role("button", name="Open").click()

    await expect(screen.modal.get_by_role("alert").filter(has_text="Drop is not connected")).to_be_visible()
    await expect(screen.field("the risk")).to_have_value(RELEASE["risk"])


async def test_a_fault_is_a_switch_that_stays_as_it_was_put(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm)
    unwell = screen.page.get_by_role("switch", name="The app's own health page says error")

    await unwell.check()

    await expect(screen.part("drop-app")).to_contain_text("Unhealthy · 503")
    await expect(unwell).to_be_checked()
    await expect(unwell).to_be_focused()
    await unwell.uncheck()
    await expect(screen.part("drop-app")).to_contain_text("Healthy · 200")
