"""Many at once: of twenty who do the same thing, one has done it, and every other one is told so."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from checklist.errors import AlreadyOpen, MovedOn, Refusal
from checklist.ports import Notice
from storage.engine import record_engine
from storage.upgrade import verify_whole
from storage.work import SqlRecord
from tests.storage.examples import CR_1, fact, keep, keep_change, kept, opened
from tests.storage.queue import enqueue

MANY = 20


def at_once(deed: Callable[[], object]) -> Counter[object]:
    """What twenty threads that begin together come back with: what they did, or the kind of their refusal."""
    barrier = Barrier(MANY)

    def one(_: int) -> object:
        barrier.wait()
        try:
            return deed()
        except Refusal as refusal:
            return type(refusal)

    with ThreadPoolExecutor(MANY) as threads:
        return Counter(threads.map(one, range(MANY)))


def test_of_twenty_clicks_with_one_key_one_is_first(record: SqlRecord) -> None:
    def click() -> bool:
        with record.work() as work:
            first = work.clicks.first("trigger-1")
            work.commit()
        return first

    assert at_once(click) == {True: 1, False: MANY - 1}


def test_of_twenty_who_open_a_deployment_one_has_opened_it(record: SqlRecord) -> None:
    def deploy() -> str:
        with record.work() as work:
            deployment = opened(work.deployments.next_id())
            work.deployments.add(deployment)
            work.commit()
        return deployment.id

    assert at_once(deploy) == {CR_1: 1, AlreadyOpen: MANY - 1}


def test_of_twenty_who_saw_the_same_card_one_has_changed_the_deployment(record: SqlRecord) -> None:
    keep(record, opened())
    seen = kept(record)

    def change() -> int:
        return keep_change(record, replace(seen, reason="mine")).revision

    assert at_once(change) == {seen.revision + 1: 1, MovedOn: MANY - 1}


def test_of_twenty_who_say_the_same_notice_one_is_queued(record: SqlRecord) -> None:
    def say() -> None:
        with record.work() as work:
            work.outbox.put(Notice(id="CR-001/halted", deployment=CR_1, text="halted"))
            work.commit()

    at_once(say)

    with record.look() as work:
        assert [message.id for message in work.messages.pending()] == ["CR-001/halted"]


def test_what_two_processes_append_at_once_is_one_chain(engine: Engine, url: str) -> None:
    other = record_engine(url)  # a second process has an engine of its own, and no lock in common with the first
    records = [SqlRecord(each, enqueue) for each in (engine, other)]

    def append(record: SqlRecord) -> None:
        for _ in range(20):
            with record.work() as work:
                work.journal.append(fact("counted"), fact("counted"))
                work.commit()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(append, records))

    other.dispose()
    head = verify_whole(engine)
    assert head
    assert head.seq == 80


def test_a_click_of_a_decision_that_was_refused_may_come_again(record: SqlRecord) -> None:
    keep(record, opened())
    with record.work() as work:
        assert work.clicks.first("trigger-1")
        with pytest.raises(AlreadyOpen):
            work.deployments.add(opened(work.deployments.next_id()))

    with record.work() as work:
        assert work.clicks.first("trigger-1")


def test_a_unit_of_work_is_over_with_its_commit(record: SqlRecord) -> None:
    with record.work() as work:
        work.journal.append(fact("first"))
        work.commit()
        with pytest.raises(SQLAlchemyError):
            work.journal.append(fact("second"))

    with record.look() as look:
        assert [entry.fact.kind for entry in look.journal.entries()] == ["first"]
