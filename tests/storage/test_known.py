"""What the process knows of a deployment is what stands in the database: never less, never more."""

from dataclasses import replace
from functools import partial

from sqlalchemy import Engine

from checklist.deployment import Deployment
from checklist.marks import Mark, MarkState
from storage.known import MOST
from storage.work import SqlRecord
from tests.storage.examples import CR_1, HEALTH, QA, afresh, keep, keep_change, kept, opened
from tests.storage.queries import Query, asked

SETTLED = Mark(state=MarkState.ATTESTED, by="alem")


def queries(engine: Engine, record: SqlRecord) -> list[Query]:
    """What a look at the deployment asks the database for."""
    return asked(engine, partial(kept_by, record))


def kept_by(record: SqlRecord) -> Deployment:
    with record.look() as work:
        return work.deployments.get(CR_1)


def test_what_was_read_or_written_here_costs_one_row_to_read_again(record: SqlRecord, engine: Engine) -> None:
    keep(record, opened())

    assert len(queries(engine, record)) == 1
    assert len(queries(engine, afresh(record))) > 3


def test_what_another_process_wrote_is_read(record: SqlRecord) -> None:
    keep(record, opened())
    other = afresh(record)

    keep_change(other, replace(kept(other), marks={HEALTH: SETTLED}))

    assert kept(record).marks == {HEALTH: SETTLED}


def test_what_was_never_committed_is_not_known_of_the_revision_that_another_wrote(record: SqlRecord) -> None:
    keep(record, opened())
    with record.work() as work:
        work.deployments.save(replace(work.deployments.get(CR_1), marks={HEALTH: SETTLED}))
        assert work.deployments.get(CR_1).marks == {HEALTH: SETTLED}
    other = afresh(record)

    keep_change(other, replace(kept(other), marks={QA: SETTLED}))

    assert kept(record).marks == {QA: SETTLED}


def test_what_was_read_in_a_transaction_that_had_written_it_is_not_known_either(record: SqlRecord) -> None:
    keep(record, opened())
    with record.work() as work:
        work.deployments.save(replace(work.deployments.get(CR_1), marks={HEALTH: SETTLED}))
        work.deployments.last()

    keep_change(afresh(record), replace(opened(), marks={QA: SETTLED}, revision=kept(afresh(record)).revision))

    assert kept(record).marks == {QA: SETTLED}


def test_no_more_than_a_few_are_known(record: SqlRecord) -> None:
    keep(record, opened())
    for _ in range(MOST + 2):
        with record.work() as work:
            work.deployments.add(replace(opened(work.deployments.next_id()), app=f"app-{work.deployments.next_id()}"))
            work.commit()

    assert len(record._known._kept) == MOST
    assert kept(record).id == CR_1
