"""A whole release on the page: asked for, refused to the wrong person, approved, rolled out, verified, taken back."""

import re

import pytest
from playwright.async_api import expect

from sandbox.stories import passages
from tests.page.conftest import Opens
from tests.page.screen import LONG_MS, RELEASE, Screen, Workplace

pytestmark = [pytest.mark.journey, pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]


async def test_a_release_reaches_production_on_the_page_and_is_taken_back(fresh: Workplace, visit: Opens) -> None:
    screen = await visit(fresh)
    await opens(screen)
    await passages.settles_before_approval(fresh.colleagues())

    await screen.presses("Request approval")
    await expect(screen.card).to_contain_text("Awaiting approval — Alem Bašić to approve")
    await refuses_john_s_own_signature(screen)
    await signs_in_direct_messages(screen)
    await passages.settles_before_start(fresh.colleagues())

    await screen.acts_as("John")
    await screen.room("drop-deploy").click()
    await screen.presses("Start deployment", confirm=True)
    await expect(screen.machines.filter(has_text="v0.5.0")).to_have_count(2, timeout=LONG_MS)
    await the_validator_speaks(screen, "prod-smoke")
    await expect(screen.card).to_contain_text("Verifying", timeout=LONG_MS)

    await rolls_back(screen)
    await expect(screen.machines.filter(has_text="v0.4.2")).to_have_count(2, timeout=LONG_MS)
    await the_validator_speaks(screen, "rb-verify-smoke")
    await expect(screen.card).to_contain_text("Rolled back", timeout=LONG_MS)
    await expect(screen.part("drop-app")).to_contain_text("Healthy · 200")


async def opens(screen: Screen) -> None:
    """The command, the modal with the version in it, the card."""
    await screen.says("/drop deploy 0.5.0")
    await expect(screen.field("Version")).to_have_value("0.5.0")
    await screen.fills_in(RELEASE)
    await screen.modal.get_by_role("button", name="Open").click()
    await expect(screen.modal).to_be_hidden()
    await expect(screen.card).to_contain_text("Preparing")


async def refuses_john_s_own_signature(screen: Screen) -> None:
    """Who asked may not approve: the words come to him alone, and the card stays as it is."""
    await screen.presses("Approve", confirm=True)
    await expect(screen.whisper("Approve is for approver, and you hold none of these roles")).to_be_visible()
    await expect(screen.card).to_contain_text("Awaiting approval")


async def signs_in_direct_messages(screen: Screen) -> None:
    """Alem finds what waits for him beside his name, and the plan where only he looks."""
    alem = screen.people.get_by_role("button", name="Alem Bašić")
    await expect(alem).to_contain_text("Approve")
    await alem.click()
    await screen.room("Drop").click()
    told = screen.page.get_by_role("log", name="Messages in Drop").get_by_role("article")
    plan = told.filter(has=screen.page.get_by_role("heading", name="Drop v0.5.0 · CR-001"))
    await expect(plan).to_contain_text("If it goes wrong")
    await screen.presses("Approve", on=plan, confirm=True)
    await expect(plan).to_contain_text("Approved")
    await expect(told.filter(has_text="Receipt: Alem Bašić signed plan")).to_be_visible()
    await expect(alem).not_to_contain_text("Approve")


async def the_validator_speaks(screen: Screen, step: str) -> None:
    """The step that waits is attested in the thread, and the way goes on."""
    await expect(screen.card).to_contain_text(f"attests {step}", timeout=LONG_MS)
    await screen.acts_as("Validator")
    await screen.reads_the_thread()
    card = screen.thread.get_by_role("article").filter(has_text=re.compile(rf"{step}\s*waiting"))
    await screen.presses("Attest", on=card)
    modal = screen.page.get_by_role("dialog", name="Attest")
    await modal.get_by_role("textbox").first.fill("Ran the user-flows suite against production, all green.")
    await modal.get_by_role("button", name="Attest").click()
    await expect(modal).to_be_hidden()
    await screen.button("Close thread").click()


async def rolls_back(screen: Screen) -> None:
    """John alone, in one press; the reason may be left empty."""
    await screen.acts_as("John")
    await screen.presses("Roll back")
    await screen.page.get_by_role("dialog", name="Roll back").get_by_role("button", name="Roll back").click()
    await expect(screen.card).to_contain_text("Rolling back")
