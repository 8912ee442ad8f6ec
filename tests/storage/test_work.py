"""A unit of work: all of it or nothing of it, one writer at a time, and readers in nobody's way."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import ResourceClosedError

from checklist.errors import AlreadyOpen
from checklist.ports import Notice, Record, RunRequest
from checklist.words import MachineId, RunId
from storage.upgrade import verify_whole
from storage.work import ReadsOnly, SqlRecord, SqlWork
from tests.storage.examples import CONFIG, CR_1, CR_2, NIGHT, SURVEY, fact, keep, kept, opened
from tests.storage.queue import queued

DEPLOY = RunRequest(id=RunId("deploy/CR-001/1"), workflow="deploy", app="drop-app", arguments=("CR-001",))


class Interrupted(Exception):
    """The process could not go on."""


def everything(work: SqlWork) -> None:
    """One of each thing that a unit of work can write."""
    work.deployments.add(opened())
    work.surveys.put(CR_1, SURVEY)
    work.configs.keep(CR_1, [CONFIG])
    work.journal.append(fact())
    work.outbox.put(Notice(id="CR-001/opened", deployment=CR_1, text="opened"))
    work.runs.enqueue(DEPLOY)
    work.clicks.first("trigger-1")


def nothing_is_kept(record: SqlRecord, engine: Engine) -> bool:
    with record.look() as work:
        kept = work.configs.of(CR_1)
        known = (work.deployments.last(), work.surveys.newest(CR_1), *work.journal.entries(), *work.messages.pending())
    return not any((*known, *kept)) and queued(engine) == []


def test_the_record_is_what_the_product_asks_for(record: SqlRecord) -> None:
    asked_for: Record = record

    with asked_for.work() as work:
        assert work.deployments.next_id() == CR_1


def test_a_commit_keeps_everything_the_queued_run_included(record: SqlRecord, engine: Engine) -> None:
    with record.work() as work:
        everything(work)
        work.commit()

    with record.look() as work:
        assert work.deployments.get(CR_1) == opened()
        assert work.surveys.newest(CR_1) == SURVEY
        assert work.configs.of(CR_1) == (CONFIG,)
        assert [entry.fact for entry in work.journal.entries()] == [fact()]
        assert [message.id for message in work.messages.pending()] == ["CR-001/opened"]
    assert queued(engine) == [DEPLOY.id]


def test_nothing_is_kept_without_a_commit(record: SqlRecord, engine: Engine) -> None:
    with record.work() as work:
        everything(work)

    assert nothing_is_kept(record, engine)
    with record.work() as work:
        assert work.clicks.first("trigger-1")


def test_nothing_is_kept_of_a_unit_of_work_that_was_interrupted(record: SqlRecord, engine: Engine) -> None:
    def interrupted() -> None:
        with record.work() as work:
            everything(work)
            raise Interrupted

    with pytest.raises(Interrupted):
        interrupted()

    assert nothing_is_kept(record, engine)


def test_what_was_done_before_a_refusal_can_still_be_kept(record: SqlRecord) -> None:
    keep(record, opened())

    with record.work() as work:
        with pytest.raises(AlreadyOpen):
            work.deployments.add(opened(CR_2))
        work.journal.append(fact("deploy.refused", CR_2))
        work.commit()

    with record.look() as work:
        assert [entry.fact.kind for entry in work.journal.entries()] == ["deploy.refused"]


def test_the_newest_survey_counts(record: SqlRecord) -> None:
    keep(record, opened())
    with record.work() as work:
        work.surveys.put(CR_1, SURVEY)
        work.surveys.put(CR_1, replace(SURVEY, running_version="0.4.10"))
        work.commit()

    with record.look() as work:
        newest = work.surveys.newest(CR_1)
        assert newest
        assert (newest.running_version, newest.at) == ("0.4.10", NIGHT)


def test_the_configs_that_were_kept_last_are_those_of_the_deployment(record: SqlRecord) -> None:
    keep(record, opened())
    with record.work() as work:
        work.configs.keep(CR_1, [CONFIG, replace(CONFIG, machine=MachineId("f39"))])
        work.configs.keep(CR_1, [replace(CONFIG, instance_id="01B")])
        work.commit()

    with record.look() as work:
        assert work.configs.of(CR_1) == (replace(CONFIG, instance_id="01B"),)
        assert work.configs.of(CR_2) == ()


def test_what_is_committed_is_over(record: SqlRecord) -> None:
    with record.work() as work:
        work.commit()
        with pytest.raises(ResourceClosedError):
            work.journal.append(fact())

    with record.look() as work:
        assert work.journal.head() is None


def test_a_look_cannot_commit(record: SqlRecord) -> None:
    with record.look() as work, pytest.raises(ReadsOnly):
        work.commit()


def test_a_look_sees_the_last_commit_while_somebody_writes(record: SqlRecord) -> None:
    keep(record, opened())

    with record.work() as work, record.look() as look:
        work.deployments.save(replace(work.deployments.get(CR_1), reason="not yet"))
        assert look.deployments.get(CR_1) == opened()


def test_a_look_shows_one_moment_whatever_is_committed_meanwhile(record: SqlRecord) -> None:
    keep(record, opened())

    with record.look() as look:
        before = look.deployments.get(CR_1)
        with record.work() as work:
            work.deployments.save(replace(before, reason="because"))
            work.commit()
        after = look.deployments.get(CR_1)

    assert after == before
    assert kept(record).reason == "because"


def test_writers_take_turns_and_none_is_lost(record: SqlRecord, engine: Engine) -> None:
    keep(record, opened())

    def count() -> None:
        for _ in range(10):
            with record.work() as work:
                found = work.deployments.get(CR_1)
                work.deployments.save(replace(found, attempts={"check": found.attempts.get("check", 0) + 1}))
                work.journal.append(fact("counted"))
                work.commit()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert kept(record).attempts == {"check": 40}
    head = verify_whole(engine)
    assert head
    assert head.seq == 40
