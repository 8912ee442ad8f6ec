"""Deployments in the record: what is saved is what comes back, once, and for whoever came first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import IntegrityError

from checklist.errors import AlreadyOpen, MovedOn, NoSuchDeployment
from checklist.marks import Mark, MarkState
from checklist.moves import OVER, Status
from checklist.ports import Passage
from checklist.words import DeploymentId
from storage.tables import ApprovalRow, PlanRow, table
from storage.work import SqlRecord
from tests.storage.examples import (
    ALEM,
    CR_1,
    CR_2,
    HEALTH,
    JOHN,
    NIGHT,
    QA,
    in_status,
    keep,
    keep_change,
    kept,
    opened,
    plan,
    signed,
    submitted,
)


@pytest.mark.parametrize("status", Status)
def test_a_deployment_comes_back_as_it_was_in_every_status(record: SqlRecord, status: Status) -> None:
    deployment = in_status(status)

    keep(record, deployment)

    assert kept(record) == deployment


def test_a_deployment_without_a_window_comes_back_without_one(record: SqlRecord) -> None:
    keep(record, replace(opened(), window=None))

    assert kept(record).window is None


def test_an_instant_comes_back_aware_and_in_utc(record: SqlRecord) -> None:
    oslo = timezone(timedelta(hours=1))

    keep(record, replace(opened(), opened_at=datetime(2026, 11, 25, 2, 30, tzinfo=oslo)))

    assert kept(record).opened_at.isoformat() == "2026-11-25T01:30:00+00:00"


def test_an_instant_without_a_zone_is_refused(record: SqlRecord) -> None:
    naive = datetime(2026, 11, 25, 2, 30, tzinfo=UTC).replace(tzinfo=None)

    with pytest.raises(Exception, match="without a zone"):
        keep(record, replace(opened(), opened_at=naive))


def test_change_requests_are_numbered_in_order(record: SqlRecord) -> None:
    with record.look() as work:
        first = work.deployments.next_id()
    keep(record, replace(opened(DeploymentId("CR-999")), status=Status.ABANDONED))

    with record.look() as work:
        thousandth = work.deployments.next_id()

    assert (first, thousandth) == ("CR-001", "CR-1000")


def test_a_change_request_that_was_never_opened_is_not_found(record: SqlRecord) -> None:
    with record.look() as work, pytest.raises(NoSuchDeployment) as refused:
        work.deployments.get(CR_2)

    assert refused.value.asked == "CR-002"


def test_the_last_deployment_is_the_newest_and_the_open_one_is_not_over(record: SqlRecord) -> None:
    keep(record, in_status(Status.COMPLETED))
    keep(record, opened(CR_2))
    with record.look() as work:
        before = (work.deployments.open(), work.deployments.last())

    keep_change(record, replace(opened(CR_2), status=Status.ABANDONED))

    assert before == (opened(CR_2), opened(CR_2))
    with record.look() as work:
        assert work.deployments.open() is None
        assert work.deployments.last() == replace(opened(CR_2), status=Status.ABANDONED, revision=1)


def test_an_app_has_one_open_deployment_at_a_time(record: SqlRecord) -> None:
    keep(record, opened())

    with pytest.raises(AlreadyOpen) as refused:
        keep(record, opened(CR_2))

    assert refused.value.open == CR_1


@pytest.mark.parametrize("status", Status)
def test_a_deployment_that_is_over_stands_in_nobody_s_way_and_any_other_does(record: SqlRecord, status: Status) -> None:
    keep(record, in_status(status))

    if status in OVER:
        keep(record, opened(CR_2))
    else:
        with pytest.raises(AlreadyOpen):
            keep(record, opened(CR_2))


def test_a_completed_deployment_is_not_rolled_back_over_an_open_one(record: SqlRecord) -> None:
    completed = in_status(Status.COMPLETED)
    keep(record, completed)
    keep(record, opened(CR_2))

    with pytest.raises(AlreadyOpen) as refused:
        keep_change(record, replace(completed, status=Status.ROLLING_BACK))

    assert refused.value.open == CR_2
    assert kept(record).status is Status.COMPLETED


def test_two_apps_may_each_have_an_open_deployment(record: SqlRecord) -> None:
    keep(record, opened())

    keep(record, opened(CR_2, app="drop-staging"))

    assert kept(record, CR_2).app == "drop-staging"


def test_a_change_request_s_number_is_never_given_twice(record: SqlRecord) -> None:
    keep(record, replace(opened(), status=Status.ABANDONED))

    with pytest.raises(IntegrityError):
        keep(record, opened())


def test_a_save_counts_the_revision(record: SqlRecord) -> None:
    keep(record, opened())

    saved = keep_change(record, replace(opened(), reason="because"))

    assert saved == replace(opened(), reason="because", revision=1)
    assert kept(record) == saved


def test_of_two_who_read_the_same_revision_the_second_is_told_that_it_moved_on(record: SqlRecord) -> None:
    keep(record, opened())
    first, second = kept(record), kept(record)
    keep_change(record, replace(first, reason="first"))

    with pytest.raises(MovedOn) as refused:
        keep_change(record, replace(second, reason="second"))

    assert refused.value.deployment == CR_1
    assert kept(record).reason == "first"


def test_who_changes_but_a_mark_is_told_that_it_moved_on_as_well(record: SqlRecord) -> None:
    keep(record, opened())
    first, second = kept(record), kept(record)
    keep_change(record, replace(first, marks={QA: Mark(state=MarkState.PASSED)}))

    with pytest.raises(MovedOn):
        keep_change(record, replace(second, marks={QA: Mark(state=MarkState.FAILED)}))

    assert kept(record).mark(QA).state is MarkState.PASSED


def test_a_deployment_that_was_never_opened_cannot_be_saved(record: SqlRecord) -> None:
    with pytest.raises(NoSuchDeployment):
        keep_change(record, opened())


def test_marks_steps_and_signatures_change_come_and_go(record: SqlRecord) -> None:
    full = in_status(Status.HALTED)
    keep(record, full)
    waived = Mark(state=MarkState.WAIVED, by=ALEM, at=NIGHT, note="staging is down", link="https://example.com")

    changed = keep_change(
        record,
        replace(full, marks={QA: full.marks[QA], HEALTH: waived}, steps=tuple(reversed(full.steps))),
    )
    shorter = keep_change(record, replace(changed, steps=changed.steps[:1], marks={QA: full.marks[QA]}))

    assert kept(record) == shorter


def test_two_saves_in_one_transaction_both_count(record: SqlRecord) -> None:
    keep(record, opened())

    with record.work() as work:
        found = work.deployments.get(CR_1)
        found = work.deployments.save(replace(found, marks={**found.marks, QA: Mark(state=MarkState.CHECKING)}))
        found = work.deployments.save(replace(found, marks={**found.marks, QA: Mark(state=MarkState.FAILED)}))
        work.commit()

    assert kept(record) == found
    assert found.revision == 2


def test_a_save_writes_no_row_that_did_not_change(record: SqlRecord, engine: Engine) -> None:
    keep(record, in_status(Status.DEPLOYING))
    written: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: written.append(call[2]))

    with record.work() as work:
        found = work.deployments.get(CR_1)
        written.clear()
        work.deployments.save(replace(found, reason="because"))
        work.commit()

    assert [statement.split()[:2] for statement in written if statement[:6] in {"INSERT", "UPDATE", "DELETE"}] == [
        ["UPDATE", "deployments"]
    ]


def test_every_approval_stays_on_record_with_the_revision_at_which_it_ended(record: SqlRecord, engine: Engine) -> None:
    keep(record, submitted())
    approved = keep_change(record, signed(kept(record)))
    voided = keep_change(record, replace(approved, status=Status.PREPARING, plan=None, approval=None))
    again = replace(voided, status=Status.AWAITING_APPROVAL, plan=plan(CR_1, version="0.5.1"))

    now = keep_change(record, signed(again, at=NIGHT + timedelta(minutes=5)))

    approvals = table(ApprovalRow)
    with engine.connect() as connection:
        rows = connection.execute(select(approvals.c.plan, approvals.c.ended_at_revision)).all()
    assert [tuple(row) for row in rows] == [(plan(CR_1).digest, 2), (plan(CR_1, version="0.5.1").digest, None)]
    assert kept(record).approval == now.approval


def test_the_same_plan_submitted_again_is_one_plan(record: SqlRecord, engine: Engine) -> None:
    keep(record, submitted())
    rejected = keep_change(record, replace(kept(record), status=Status.PREPARING, plan=None))

    keep_change(record, replace(rejected, status=Status.AWAITING_APPROVAL, plan=plan(CR_1)))

    with engine.connect() as connection:
        digests = connection.execute(select(table(PlanRow).c.digest)).scalars().all()
    assert digests == [plan(CR_1).digest]
    stored = kept(record).plan
    assert stored == plan(CR_1)
    assert stored.digest == plan(CR_1).digest


def test_the_newest_deployments_come_first_as_lines_of_the_past(record: SqlRecord) -> None:
    for number in range(1, 4):
        over = replace(in_status(Status.COMPLETED), id=DeploymentId(f"CR-{number:03d}"), plan=None, approval=None)
        keep(record, over)

    with record.look() as work:
        newest = work.deployments.newest(2)

    assert [passage.id for passage in newest] == ["CR-003", "CR-002"]
    assert newest[0] == Passage(
        id=DeploymentId("CR-003"),
        version="0.5.0",
        status=Status.COMPLETED,
        requester=JOHN,
        engineer=JOHN,
        opened_at=NIGHT,
        ended_at=NIGHT + timedelta(hours=1),
    )
