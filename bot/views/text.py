"""Text that is safe to show, and the small pictures that stand for states."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from checklist.marks import MarkState
from checklist.moves import Status
from checklist.steps import StepState

OSLO = ZoneInfo("Europe/Oslo")
UNSAFE = {"Cc", "Cf"}  # control characters, bidirectional overrides, zero-width characters

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
    """What people or other systems wrote, as mrkdwn that can name nobody, link nowhere and format nothing unseen."""
    clean = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in UNSAFE)
    clean = re.sub(r"\s+", " ", clean).strip()
    short = clean if len(clean) <= limit else clean[: limit - 1] + "…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clock(at: datetime | None) -> str:
    """An instant on Oslo's clock, `02:14`."""
    return f"{at.astimezone(OSLO):%H:%M}" if at else ""


def day_and_clock(at: datetime) -> str:
    """An instant on Oslo's clock with its day and offset, `Wed 25 Nov 02:14 CET`."""
    local = at.astimezone(OSLO)
    return f"{local:%a} {local.day} {local:%b %H:%M %Z}"


def bar(done: int, of: int, width: int = 12) -> str:
    """A progress bar that is full only when all is done."""
    filled = done * width // of if of else width
    return "█" * filled + "░" * (width - filled)
