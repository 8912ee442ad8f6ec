"""The sandbox's own levers: the clock, the faults, and the button that kills the bot."""

import re

import pytest
from playwright.async_api import expect

from tests.page.conftest import Opens
from tests.page.screen import RELEASE, Workplace

pytestmark = [pytest.mark.journey, pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]


async def test_the_clock_s_buttons_move_the_time_of_everyone(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm)
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


async def test_the_clock_goes_back_to_real_time(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm)

    await screen.button("reset").click()

    await expect(screen.part("Clock")).to_contain_text("real time")


async def test_a_killed_bot_is_shown_and_loses_nothing_that_was_typed(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm)
    await screen.says("/drop deploy 0.5.0")
    await screen.fills_in(RELEASE)
    await calm.people.kills()

    await screen.modal.get_by_role("button", name="Open").click()
    await expect(screen.modal.get_by_role("alert").filter(has_text="Drop is not connected")).to_be_visible()
    await expect(screen.field("the risk")).to_have_value(RELEASE["risk"])
    await screen.page.keyboard.press("Escape")
    await expect(screen.modal).to_be_hidden()
    await screen.says("/drop whoami")
    await expect(screen.whisper("/drop failed with the error “dispatch_failed”")).to_be_visible()
    await expect(screen.part("Bot process")).to_contain_text("Not running")

    await screen.button("Start").click()
    await expect(screen.part("Bot process")).to_contain_text(re.compile(r"1 Slack connection, \d+ restart"))
    await screen.says("/drop whoami")
    await expect(screen.whisper("You are John")).to_be_visible()


async def test_faults_stand_by_what_they_break_and_say_what_one_should_see(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm)
    faults = screen.part("Faults")

    for part in ("The bot", "Slack", "Fly.io", "The app"):
        await expect(faults.get_by_role("heading", name=part, exact=True)).to_be_visible()

    known = (await calm.people.state())["faults"]
    await expect(faults.get_by_role("switch")).to_have_count(len(known))
    for fault in known:
        switch = faults.get_by_role("switch", name=str(fault["label"]), exact=True)
        await expect(switch).to_have_accessible_description(str(fault["sight"]))


async def test_how_many_faults_are_on_is_seen_without_the_panel(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm)
    production = screen.button("Production")
    await expect(production).to_have_accessible_description("")

    await screen.page.get_by_role("switch", name="Fly.io answers 503").check()
    await screen.page.get_by_role("switch", name="The image registry answers 503").check()

    await expect(production).to_have_accessible_description("2 faults are on")
    await expect(screen.part("Faults")).to_contain_text("2 on")
    await screen.button("Switch all off").click()
    await expect(production).to_have_accessible_description("")
    await expect(screen.page.get_by_role("switch", name="Fly.io answers 503")).not_to_be_checked()


async def test_a_fault_that_strikes_a_few_times_says_how_often_and_goes_off(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm)
    limited = screen.page.get_by_role("switch", name="Slack rate-limits the next three writes")

    await limited.check()
    await expect(screen.part("Faults")).to_contain_text("On: strikes 3 more times")
    await calm.people.faults("slack-ratelimited", on=False)

    await expect(limited).not_to_be_checked()


async def test_a_fault_is_a_switch_that_stays_as_it_was_put(calm: Workplace, visit: Opens) -> None:
    screen = await visit(calm)
    unwell = screen.page.get_by_role("switch", name="The app's own health page says error")

    await unwell.check()

    await expect(screen.part("drop-app")).to_contain_text("Unhealthy · 503")
    await expect(unwell).to_be_checked()
    await expect(unwell).to_be_focused()
    await unwell.uncheck()
    await expect(screen.part("drop-app")).to_contain_text("Healthy · 200")
