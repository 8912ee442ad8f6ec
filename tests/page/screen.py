"""What someone sees on the page, found as they find it: by role and by name."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import yaml
from playwright.async_api import Locator, Page

from sandbox.client import Control
from sandbox.server import Sandbox
from sandbox.stories.scene import Scene

Scheme = Literal["light", "dark"]
Press = Callable[[], Awaitable[None]]

RELEASE = {
    "version": "0.5.0",
    "commit": "4f9d2c7a1b",
    "customers": "A new screen for recurring transfers",
    "risk": "Low",
    "security": "None",
    "outcome": "Both machines run it",
}

QUESTIONS = {
    "Commit": "commit",
    "customers notice": "customers",
    "the risk": "risk",
    "impact on security": "security",
    "expected outcome": "outcome",
}  # what the modal asks, and what it is called in RELEASE

LOOKS, LOOK_AGAIN_MS = 150, 100
PRESSES = 5
LONG_MS = 60_000  # checks and machines are waited for, not only the page

# The widest that anything on the page sticks out of its own frame.
SIDEWAYS = """() => {
  const scrolls = (one) => one === document.documentElement || /auto|scroll/.test(getComputedStyle(one).overflowX);
  const frames = [document.documentElement, ...document.querySelectorAll("body *")].filter(scrolls);
  return Math.max(...frames.filter((one) => one.clientWidth).map((one) => one.scrollWidth - one.clientWidth));
}"""

DARK = """() =>
  getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((part) => Number(part) < 64)"""

# Visible text with its contrast (WCAG 2.2, relative luminance); a translucent ground lets what is below it through.
FAINT = """(least) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const over = (colors) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const color of colors) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([red, green, blue]) => 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  const grounds = (node) => node ? [...grounds(node.parentElement), getComputedStyle(node).backgroundColor] : ["#fff"];
  const contrast = (node) => {
    const behind = grounds(node);
    const [one, other] = [over(behind), over([...behind, getComputedStyle(node).color])].map(light);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const words = (node) => [...node.childNodes].filter((child) => child.nodeType === 3 && child.data.trim());
  const seen = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const off = (node) => node.closest("[aria-disabled=true], [aria-hidden=true], option");
  return [...document.querySelectorAll("body *")]
    .filter((node) => words(node).length && seen(node) && !off(node) && contrast(node) < least)
    .map((node) => `${node.className || node.localName}: ${words(node)[0].data.trim()} (${contrast(node).toFixed(2)})`);
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """A running sandbox with the bot in it, and the door through which a test acts without the page.

    `opened` is what its clock showed when it opened, in ISO 8601.
    """

    sandbox: Sandbox
    people: Control
    opened: str

    def colleagues(self) -> Scene:
        """The people of the sandbox's stories at this workplace, for what a test has no need to see done."""
        world = self.sandbox.world
        document = yaml.safe_load(world.checklist.read_text(encoding="utf-8"))
        return Scene(self.people, say=lambda line: None, record=world.database_url, checklist=document)


@dataclass(frozen=True, slots=True)
class Screen:
    """The page as one person uses it."""

    page: Page

    @property
    def box(self) -> Locator:
        """Where messages and commands to the channel are typed."""
        return self.page.get_by_role("textbox", name="Message #drop-deploy")

    @property
    def talk(self) -> Locator:
        """What was said in the channel."""
        return self.page.get_by_role("log", name="Messages in #drop-deploy")

    @property
    def thread(self) -> Locator:
        return self.page.get_by_role("log", name="Messages in the thread")

    def section(self, title: str) -> Locator:
        """A section's card in the thread."""
        return self.thread.get_by_role("article").filter(has=self.page.get_by_role("heading", name=title))

    @property
    def card(self) -> Locator:
        """The root card of the deployment."""
        heading = self.page.get_by_role("heading", name="Drop v0.5.0 · CR-001")
        return self.talk.get_by_role("article").filter(has=heading)

    @property
    def modal(self) -> Locator:
        return self.page.get_by_role("dialog", name="Open a deployment")

    def field(self, label: str) -> Locator:
        """An input of the open modal."""
        return self.modal.get_by_label(label)

    async def fills_in(self, release: Mapping[str, str]) -> None:
        """Fill in what the modal asks about the release; its version is there already."""
        for label, name in QUESTIONS.items():
            await self.field(label).fill(release[name])

    def whisper(self, text: str | re.Pattern[str]) -> Locator:
        """A message that only this person sees."""
        return self.talk.get_by_role("article").filter(has_text="Only visible to you").filter(has_text=text)

    def part(self, name: str) -> Locator:
        """A part of the side panel."""
        return self.page.get_by_role("region", name=name)

    @property
    def people(self) -> Locator:
        """The team in the rail."""
        return self.page.get_by_role("region", name="Acting as")

    @property
    def tour(self) -> Locator:
        """The note that leads a newcomer."""
        return self.page.get_by_role("region", name="Tour")

    @property
    def machines(self) -> Locator:
        """The machines of production."""
        return self.page.get_by_role("list", name="Machines of drop-app").locator("> li")

    def room(self, name: str) -> Locator:
        """A channel, or the direct messages with Drop, in the rail."""
        return self.page.get_by_role("region", name="Channels").get_by_role("button", name=name, exact=True)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    async def presses(self, name: str, *, on: Locator | None = None, confirm: bool = False) -> None:
        """Press a button of a card (of the root card), and say yes where it asks."""

        async def press() -> None:
            await (on or self.card).get_by_role("button", name=name, exact=True).click()
            if confirm:
                await self.page.locator("#confirm").get_by_role("button").last.click()

        await self.until_sent(press)

    async def until_sent(self, press: Press) -> None:
        """Press again when the card was drawn anew before the yes: Slack then knows no such button any more."""
        for _ in range(PRESSES):
            async with self.page.expect_response("**/control/click", timeout=LONG_MS) as answered:
                await press()
            if (await (await answered.value).json()).get("error") != "no_such_button":
                return
        raise AssertionError(f"the card was drawn anew at each of {PRESSES} presses")

    async def says(self, text: str) -> None:
        await self.box.fill(text)
        await self.box.press("Enter")

    async def acts_as(self, name: str) -> None:
        await self.people.get_by_role("button", name=name).click()

    async def reads_the_thread(self) -> None:
        """Open the thread below the root card."""
        await self.card.get_by_role("button", name=re.compile(r"\d+ repl")).click()
        await self.thread.wait_for()

    async def fits(self) -> None:
        """Wait until neither the page nor anything that scrolls in it is wider than what is shown of it."""
        await self.settles(SIDEWAYS, 0)

    async def is_readable(self, least: float) -> None:
        """Wait until no word on the screen has less contrast than that with what lies behind it."""
        await self.settles(FAINT, [], least)

    async def is_dark(self, *, dark: bool) -> None:
        """Wait until the ground is dark, or is not."""
        await self.settles(DARK, dark)

    async def settles(self, look: str, wanted: object, argument: object = None) -> None:
        """Look again and again: what was done a moment ago may not be drawn yet."""
        seen: object = None
        for _ in range(LOOKS):
            seen = await self.page.evaluate(look, argument)
            if seen == wanted:
                return
            await self.page.wait_for_timeout(LOOK_AGAIN_MS)
        assert seen == wanted, seen
