"""Text that is safe to show, and the small pictures that stand for states."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate

from checklist.calendar import OSLO
from checklist.marks import BOT, MarkState
from checklist.moves import Status
from checklist.people import Team
from checklist.steps import StepState

UNSAFE = {"Cc", "Cf"}  # control characters, bidirectional overrides, zero-width characters
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
AS_ENTITIES = str.maketrans(ENTITIES)
LOOKALIKES = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})

MARK_SIGNS: Mapping[MarkState, str] = {
    MarkState.OPEN: ":white_circle:",
    MarkState.CHECKING: ":hourglass_flowing_sand:",
    MarkState.PASSED: ":white_check_mark:",
    MarkState.FAILED: ":x:",
    MarkState.INCONCLUSIVE: ":question:",
    MarkState.ATTESTED: ":speech_balloon:",
    MarkState.WAIVED: ":warning:",
    MarkState.NOT_APPLICABLE: ":fast_forward:",
}
STEP_SIGNS: Mapping[StepState, str] = {
    StepState.PENDING: ":white_circle:",
    StepState.RUNNING: ":arrows_counterclockwise:",
    StepState.WAITING: ":bell:",
    StepState.DONE: ":white_check_mark:",
    StepState.SKIPPED: ":fast_forward:",
    StepState.FAILED: ":x:",
    StepState.UNKNOWN: ":question:",
}
STATUS_WORDS: Mapping[Status, str] = {
    Status.PREPARING: "preparing",
    Status.AWAITING_APPROVAL: "awaiting approval",
    Status.APPROVED: "approved",
    Status.DEPLOYING: "deploying",
    Status.HALTED: "halted",
    Status.VERIFYING: "verifying",
    Status.COMPLETED: "completed",
    Status.ROLLING_BACK: "rolling back",
    Status.ROLLED_BACK: "rolled back",
    Status.ROLLBACK_INCOMPLETE: "rollback incomplete",
    Status.ABANDONED: "abandoned",
}


def escape(text: str, limit: int = 500) -> str:
    """What people or other systems wrote, as mrkdwn that can name nobody, link nowhere and format nothing.

    Slack has a way to write `&`, `<` and `>` as they are, and none for its markup: there a sign that looks the same
    stands in (docs.slack.dev, "Formatting text"). `limit` counts characters of what comes out.
    """
    shown = _without_markup(_cut(" ".join(printable(text).split()), limit))
    return shown.translate(AS_ENTITIES)


def printable(text: str) -> str:
    """Without what moves a terminal's cursor, turns the reading direction, or cannot be seen."""
    if text.isprintable():  # most text is: a card has hundreds, and is drawn often
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in UNSAFE)


def _cut(text: str, limit: int) -> str:
    """As many characters as fit once they are written for Slack; half an entity would be read as text."""
    if len(text.translate(AS_ENTITIES)) <= limit:
        return text
    lengths = [len(ENTITIES.get(c, c)) for c in text]
    return text[: bisect_right(list(accumulate(lengths)), limit - 1)] + "…"


def _without_markup(text: str) -> str:
    """The same number of characters."""
    quiet = text.translate(LOOKALIKES)
    if "_" in quiet:
        quiet = re.sub(r"(?<!\w)_|_(?!\w)", "ˍ", quiet)  # inside a word it is no markup: DATABASE_URL stays what it is
    if ":" in quiet:
        quiet = re.sub(r":(?=[\w+'-]+:)", "∶", quiet)  # :emoji:
    return "›" + quiet[1:] if quiet.startswith(">") else quiet  # a quotation


def called(by: str, team: Team) -> str:
    """Who did it, by name; what the bot did, Drop did."""
    return "Drop" if by == BOT else escape(team.name(by))


def clock(at: datetime | None) -> str:
    """An instant on Oslo's clock, `02:14`."""
    return f"{at.astimezone(OSLO):%H:%M}" if at else ""


def bar(done: int, of: int, width: int = 12) -> str:
    """A progress bar that is full only when all is done."""
    filled = done * width // of if of else width
    return "█" * filled + "░" * (width - filled)
