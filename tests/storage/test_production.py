"""What production is known to be, in the record: one row for each machine, and one open drift for each app."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from checklist.drift import Drift, KnownMachine
from checklist.words import MachineId, PersonId
from storage.work import SqlRecord
from tests.storage.examples import BEFORE, IMAGE, NIGHT

APP = "drop-app"
FIRST = KnownMachine(
    id=MachineId("148e"),
    instance_id="01A",
    digest=BEFORE,
    tag="v0.4.9",
    config_hash="c" * 64,
    parts={"env.LOG_LEVEL": "e0", "services[0].internal_port": "f1"},
    since=7,
)
SECOND = replace(FIRST, id=MachineId("3d8d"), parts={})
DRIFT = Drift(app=APP, key="0a1b", lines=("machine 148e is gone",), found=(SECOND,), seen_at=NIGHT)


def see(record: SqlRecord, drift: Drift) -> Drift:
    with record.work() as work:
        seen = work.production.see(drift)
        work.commit()
    return seen


def test_each_machine_is_known_as_it_was_kept(record: SqlRecord) -> None:
    with record.work() as work:
        work.production.keep(APP, (SECOND, FIRST))
        work.production.keep("drop-staging", (FIRST,))
        work.commit()

    with record.look() as work:
        assert work.production.known(APP) == (FIRST, SECOND)
        assert work.production.known("drop-other") == ()


def test_what_is_kept_takes_the_place_of_what_was(record: SqlRecord) -> None:
    moved = replace(FIRST, digest=IMAGE, since=9)
    with record.work() as work:
        work.production.keep(APP, (FIRST, SECOND))
        work.production.keep(APP, (moved,))
        work.commit()

    with record.look() as work:
        assert work.production.known(APP) == (moved,)


def test_a_drift_is_open_until_it_is_acknowledged(record: SqlRecord) -> None:
    seen = see(record, DRIFT)
    with record.look() as work:
        assert work.production.drift(APP) == seen
        assert work.production.drift("drop-staging") is None

    with record.work() as work:
        work.production.acknowledge(seen, by=PersonId("john"), at=NIGHT + timedelta(minutes=1))
        work.commit()

    with record.look() as work:
        assert work.production.drift(APP) is None
    assert see(record, DRIFT).number > seen.number


def test_what_is_seen_later_takes_the_place_of_the_open_drift(record: SqlRecord) -> None:
    further = replace(see(record, DRIFT), key="2c3d", lines=("another",), found=(FIRST, SECOND))

    see(record, further)

    with record.look() as work:
        assert work.production.drift(APP) == further


def test_an_app_has_one_open_drift(record: SqlRecord) -> None:
    see(record, DRIFT)

    with pytest.raises(IntegrityError), record.work() as work:
        work.production.see(DRIFT)
