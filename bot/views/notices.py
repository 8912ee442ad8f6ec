"""A notice as Slack shows it. One that is late says when what it tells happened."""

from datetime import datetime, timedelta

from slack_sdk.models.blocks import Block

from bot.views.blocks import actions, button, section
from bot.views.deployment import Card
from bot.views.text import escape
from checklist.calendar import day_and_clock
from checklist.notices import DRIFT
from checklist.ports import Message

LATE = timedelta(minutes=1)


def notice_card(notice: Message, *, now: datetime) -> Card:
    """Its words, and its id as the block's, so that whoever looks for it finds it."""
    text = escape(notice.text, 2800)
    if notice.queued_at is not None and now - notice.queued_at > LATE:
        text += f" (this was at {day_and_clock(notice.queued_at)}; Slack did not take it then)"
    return Card(text=text, blocks=[section(text, block_id=notice.id), *_buttons(notice)])


def _buttons(notice: Message) -> list[Block]:
    """What the notice asks for, if it asks for anything."""
    if not notice.id.startswith(DRIFT):
        return []
    key = notice.id.rpartition("/")[2]
    return actions(f"-/drift/{key}", [button("Acknowledge", "acknowledge", key)])
