"""A notice as Slack shows it. One that is late says when what it tells happened."""

from datetime import datetime, timedelta

from bot.views.blocks import section
from bot.views.deployment import Card
from bot.views.text import escape
from checklist.calendar import day_and_clock
from checklist.ports import Message

LATE = timedelta(minutes=1)


def notice_card(notice: Message, *, now: datetime) -> Card:
    """Its words, and its id as the block's, so that whoever looks for it finds it."""
    text = escape(notice.text, 2800)
    if notice.queued_at is not None and now - notice.queued_at > LATE:
        text += f" (this was at {day_and_clock(notice.queued_at)}; Slack did not take it then)"
    return Card(text=text, blocks=[section(text, block_id=notice.id)])
