"""Notices are said once, cards have one row, a click counts once."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from checklist.ports import Message, Notice
from storage.messages import NoSuchMessage
from storage.work import SqlRecord
from tests.storage.examples import CR_1, keep, opened
from tests.storage.queue import enqueue

START = Notice(id="CR-001/announce-start", deployment=CR_1, text="Deploying Drop v0.5.0 to production")
TO_ALEM = Notice(id="CR-001/submitted/2", deployment=CR_1, text="CR-001 asks for approval", to="U0ALEM")
SINCE = "1764034200.000000"
ROOT = Message(id="CR-001/card", deployment=CR_1, thread=None)


def queue(record: SqlRecord, *notices: Notice) -> None:
    with record.work() as work:
        for notice in notices:
            work.outbox.put(notice)
        work.commit()


def test_notices_wait_in_the_order_in_which_they_were_queued(record: SqlRecord) -> None:
    queue(record, TO_ALEM)
    queue(record, START)

    with record.look() as work:
        waiting = [(message.id, message.text, message.to) for message in work.messages.pending()]
    assert waiting == [(TO_ALEM.id, TO_ALEM.text, "U0ALEM"), (START.id, START.text, None)]


def test_a_notice_knows_when_what_it_tells_happened(engine: Engine) -> None:
    moved = datetime(2026, 11, 26, 1, 13, tzinfo=UTC)
    record = SqlRecord(engine, enqueue, lambda: moved)

    queue(record, START)

    with record.look() as work:
        assert [message.queued_at for message in work.messages.pending()] == [moved]


def test_the_same_notice_queued_twice_is_one_notice(record: SqlRecord) -> None:
    queue(record, START, START)
    queue(record, START)

    with record.look() as work:
        assert [message.id for message in work.messages.pending()] == [START.id]


def test_a_notice_that_may_have_been_posted_still_waits_and_says_so(record: SqlRecord) -> None:
    queue(record, START)
    with record.work() as work:
        work.messages.sending(START.id, since=SINCE)
        work.commit()

    with record.look() as work:
        assert [(message.state, message.since) for message in work.messages.pending()] == [("sending", SINCE)]
        assert work.outbox.said(START.id) is None


def test_a_second_try_does_not_forget_when_the_first_one_was(record: SqlRecord) -> None:
    queue(record, START)
    with record.work() as work:
        work.messages.sending(START.id, since=SINCE)
        work.messages.sending(START.id, since="1764037800.000000")
        work.commit()

    with record.look() as work:
        assert [message.since for message in work.messages.pending()] == [SINCE]


def test_a_notice_that_is_set_aside_waits_no_longer_and_can_be_found(record: SqlRecord) -> None:
    queue(record, TO_ALEM, START)
    with record.work() as work:
        attempts = [work.messages.refused(TO_ALEM.id) for _ in range(2)]
        work.messages.undelivered(TO_ALEM.id)
        work.commit()

    with record.look() as work:
        assert attempts == [1, 2]
        assert [message.id for message in work.messages.pending()] == [START.id]
        assert [(message.id, message.attempts) for message in work.messages.set_aside()] == [(TO_ALEM.id, 2)]


def test_a_card_that_is_gone_is_posted_anew_and_does_not_look_for_the_old_one(record: SqlRecord) -> None:
    with record.work() as work:
        work.messages.card(ROOT)
        work.messages.sending(ROOT.id, since=SINCE)
        work.messages.sent(ROOT.id, channel="C0DROPDEPLOY", ts="1.2")
        work.messages.gone(ROOT.id)

        assert work.messages.card(ROOT) == ROOT


def test_a_root_card_knows_what_stands_in_its_thread(record: SqlRecord) -> None:
    section = Message(id="CR-001/section/code", deployment=CR_1, thread=ROOT.id)
    with record.work() as work:
        work.messages.card(ROOT)
        work.messages.card(section)

        assert work.messages.below(ROOT.id) == (section,)


def test_a_deployment_is_behind_until_its_cards_show_its_revision(record: SqlRecord) -> None:
    keep(record, opened())

    def behind() -> tuple[str, ...]:
        with record.look() as work:
            return work.messages.behind()

    def shows(revision: int) -> None:
        with record.work() as work:
            work.messages.shown(CR_1, revision)
            work.commit()

    assert behind() == (CR_1,)
    shows(opened().revision)
    assert behind() == ()
    with record.work() as work:
        changed = work.deployments.save(work.deployments.get(CR_1))
        work.commit()
    assert behind() == (CR_1,)
    shows(changed.revision)
    assert behind() == ()


def test_a_notice_that_was_said_is_known_by_its_place_in_slack(record: SqlRecord) -> None:
    queue(record, START)
    with record.work() as work:
        work.messages.sent(START.id, channel="C0DROPDEPLOY", ts="1764034200.000100")
        work.commit()

    queue(record, START)

    with record.look() as work:
        assert work.messages.pending() == ()
        assert work.outbox.said(START.id) == "1764034200.000100"


def test_what_was_never_queued_was_never_said(record: SqlRecord) -> None:
    with record.look() as work:
        assert work.outbox.said("CR-001/announce-start") is None
        assert work.messages.get("CR-001/announce-start") is None


def test_a_card_has_one_row_that_keeps_where_it_was_posted_and_what_it_shows(record: SqlRecord) -> None:
    with record.work() as work:
        assert work.messages.card(ROOT) == ROOT
        work.messages.sending(ROOT.id, since=SINCE)
        work.messages.sent(ROOT.id, channel="C0DROPDEPLOY", ts="1.2")
        work.messages.drawn(ROOT.id, "d" * 64)
        work.commit()

    with record.work() as work:
        again = work.messages.card(ROOT)

    assert (again.state, again.channel, again.ts, again.drawn) == ("sent", "C0DROPDEPLOY", "1.2", "d" * 64)


def test_a_card_does_not_wait_among_the_notices(record: SqlRecord) -> None:
    with record.work() as work:
        work.messages.card(ROOT)

        assert work.messages.pending() == ()


def test_news_of_a_message_that_was_never_queued_is_a_mistake(record: SqlRecord) -> None:
    with record.work() as work, pytest.raises(NoSuchMessage):
        work.messages.sent("CR-001/card", channel="C0DROPDEPLOY", ts="1.2")


def test_a_click_counts_once(record: SqlRecord) -> None:
    with record.work() as work:
        first = (work.clicks.first("trigger-1"), work.clicks.first("trigger-1"), work.clicks.first("trigger-2"))
        work.commit()

    with record.work() as work:
        assert first == (True, False, True)
        assert work.clicks.first("trigger-1") is False
