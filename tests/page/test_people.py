"""Whose eyes the page is seen through, what they may do, and what they find in the thread."""

import re

import pytest
from playwright.async_api import expect

from tests.page.conftest import Opens
from tests.page.screen import Workplace

pytestmark = [pytest.mark.journey, pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

WORDS = "I looked at this with care and it is as it should be"


async def test_another_person_at_the_screen_is_another_person_to_the_bot(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared)

    await screen.says("/drop whoami")
    await expect(screen.whisper("You are John")).to_be_visible()
    await screen.acts_as("Alem Bašić")
    await expect(screen.whisper("You are John")).to_be_hidden()
    await screen.says("/drop whoami")

    await expect(screen.whisper("You are Alem Bašić")).to_be_visible()
    await expect(screen.page).to_have_title("#drop-deploy · Alem Bašić · alai-talk")


async def test_people_are_switched_by_a_key_but_not_while_someone_types_a_number(
    prepared: Workplace, visit: Opens
) -> None:
    screen = await visit(prepared)
    await screen.box.press("2")
    await expect(screen.box).to_have_value("2")

    await screen.box.press("Alt+2")
    await expect(screen.box).to_have_value("")  # Alem has a draft of his own
    await expect(screen.people.get_by_role("button", pressed=True)).to_contain_text("Alem Bašić")
    await screen.talk.press("3")

    await expect(screen.people.get_by_role("button", pressed=True)).to_contain_text("Validator")
    await screen.box.press("Alt+1")
    await expect(screen.box).to_have_value("2")


async def test_beside_each_name_is_what_waits_for_them_and_who_acted_last(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared)

    await expect(screen.people.get_by_role("button", name="Alem Bašić")).to_contain_text(re.compile(r"\d+ items?"))
    await expect(screen.people.get_by_role("button", name="Validator")).to_contain_text(re.compile(r"\d+ items"))
    await expect(screen.people.get_by_role("button", name="Kari Nordmann")).not_to_contain_text("item")
    await prepared.people.says("validator", "/drop whoami")

    await expect(screen.people.get_by_role("button", name="Validator")).to_contain_text("/drop whoami")
    await prepared.people.says("john", "/drop window")
    await expect(screen.people.get_by_role("button", name="Validator")).not_to_contain_text("/drop whoami")
    await expect(screen.people.get_by_role("button", name="John")).to_contain_text("/drop window")


async def test_a_stranger_s_click_is_refused_where_only_they_see_it(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared)

    await screen.acts_as("Kari Nordmann")
    await screen.presses("Abandon", confirm=True)

    refusal = screen.whisper("You are not in the deployment team")
    await expect(refusal).to_be_visible()
    await screen.acts_as("John")
    await expect(refusal).to_be_hidden()
    await expect(screen.card).to_contain_text("Preparing")


async def test_a_button_that_asks_first_does_nothing_when_the_answer_is_no(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared)
    abandon = screen.card.get_by_role("button", name="Abandon")

    await abandon.click()
    dialog = screen.page.get_by_role("dialog", name="Abandon")
    await expect(dialog).to_contain_text("Give up this deployment?")
    await screen.page.keyboard.press("Escape")

    await expect(dialog).to_be_hidden()
    await expect(abandon).to_be_focused()
    await expect(screen.card).to_contain_text("Preparing")


async def test_the_thread_holds_a_card_per_section_with_its_items(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared)

    await screen.reads_the_thread()

    gates = screen.section("Code quality gates")
    await expect(gates).to_contain_text("TypeScript compiles")
    await expect(gates.get_by_role("button", name="Attest")).to_be_visible()


async def test_the_card_says_that_the_clock_is_moved(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared)

    await expect(screen.card).to_contain_text("CLOCK MOVED")
    await expect(screen.part("Clock")).to_contain_text("moved by")


async def test_the_focus_stays_on_its_button_while_other_cards_are_redrawn(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared)
    await screen.reads_the_thread()
    gates, staging = screen.section("Code quality gates"), screen.section("Staging verification")
    await expect(gates).to_contain_text("lint asks deploy-engineer · not connected")
    attest = staging.get_by_role("button", name="Attest")

    await attest.focus()
    await prepared.people.says("john", f"/drop attest CR-001 lint {WORDS}")

    await expect(gates).to_contain_text("lint attested by John")
    await expect(attest).to_be_focused()


async def test_a_card_that_changed_while_someone_was_thinking_says_so(prepared: Workplace, visit: Opens) -> None:
    screen = await visit(prepared)
    await screen.reads_the_thread()
    await expect(screen.section("Code quality gates")).to_contain_text("typecheck asks deploy-engineer · not connected")
    await screen.card.get_by_role("button", name="Abandon").click()
    before = await screen.card.inner_text()

    await prepared.people.says("john", f"/drop attest CR-001 typecheck {WORDS}")
    await expect(screen.card).not_to_have_text(before, use_inner_text=True)
    await screen.page.get_by_role("dialog", name="Abandon").get_by_role("button", name="Abandon").click()

    await expect(screen.card.get_by_role("alert")).to_contain_text("This button is no longer there")
    await expect(screen.card).to_contain_text("Preparing")
