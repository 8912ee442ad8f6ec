"""The journal: append-only, chained, and any row that was altered is found."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, Engine, delete, text, update
from sqlalchemy.exc import DBAPIError

from checklist.record import GENESIS, ChainBroken
from storage.journal import PAGE, SqlJournal
from storage.tables import EntryRow, table
from storage.upgrade import verify_chain, verify_from, verify_whole
from storage.work import SqlRecord
from tests.storage.examples import CR_1, CR_2, fact

ENTRIES = table(EntryRow)


def told(record: SqlRecord, count: int) -> None:
    """A record with so many entries."""
    with record.work() as work:
        work.journal.append(*(fact("check.judged", key=f"item-{n}", words="æøå 🚀") for n in range(count)))
        work.commit()


@contextmanager
def tampering(engine: Engine) -> Iterator[Connection]:
    """A way in around the triggers, as for somebody with a shell."""
    on = " ON entries" if engine.dialect.name == "postgresql" else ""
    with engine.begin() as connection:
        for deed in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER entries_refuse_{deed}{on}"))
        yield connection


def tamper(engine: Engine, row: int, **columns: str | int | None) -> None:
    """Alter one row."""
    with tampering(engine) as connection:
        connection.execute(update(ENTRIES).where(ENTRIES.c.seq == row).values(columns))


def test_entries_come_back_in_order_and_chained(record: SqlRecord) -> None:
    told(record, 2)
    told(record, 1)

    with record.look() as work:
        first, second, third = work.journal.entries()

    assert [first.seq, second.seq, third.seq] == [1, 2, 3]
    assert [first.previous, second.previous, third.previous] == [GENESIS, first.hash, second.hash]
    assert first.fact == fact("check.judged", key="item-0", words="æøå 🚀")


def test_entries_are_read_by_deployment_and_from_a_place(record: SqlRecord) -> None:
    with record.work() as work:
        work.journal.append(fact(deployment=CR_1), fact(deployment=CR_2), fact(deployment=None), fact(deployment=CR_1))
        work.commit()

    with record.look() as work:
        assert [entry.seq for entry in work.journal.entries(CR_1)] == [1, 4]
        assert [entry.seq for entry in work.journal.entries(CR_1, after=1)] == [4]
        assert [entry.seq for entry in work.journal.entries(after=2)] == [3, 4]


def test_a_history_longer_than_a_page_is_read_whole(record: SqlRecord) -> None:
    told(record, PAGE + 3)

    with record.look() as work:
        assert [entry.seq for entry in work.journal.entries()] == list(range(1, PAGE + 4))


def test_the_newest_entry_of_a_kind_and_key_is_found(record: SqlRecord) -> None:
    with record.work() as work:
        work.journal.append(
            fact("machine.update.intended", key="e28", n=1),
            fact("machine.update.intended", key="e28", n=2),
            fact("machine.update.intended", key="f39", n=3),
            fact("machine.update.settled", key="e28", n=4),
            fact("machine.update.intended", CR_2, key="e28", n=5),
        )
        work.commit()

    with record.look() as work:
        newest = work.journal.newest(CR_1, "machine.update.intended", "e28")
        assert newest
        assert newest.fact.body["n"] == 2
        assert work.journal.newest(CR_1, "machine.update.settled", "f39") is None


def test_an_entry_s_instant_is_kept_in_utc_whatever_zone_it_was_told_in(record: SqlRecord, engine: Engine) -> None:
    oslo = datetime(2026, 11, 25, 2, 30, tzinfo=timezone(timedelta(hours=1)))

    with record.work() as work:
        work.journal.append(replace(fact(), at=oslo))
        work.commit()

    with record.look() as work:
        (entry,) = work.journal.entries()
    assert entry.fact.at.isoformat() == "2026-11-25T01:30:00+00:00"
    assert verify_chain(engine) == entry


@pytest.mark.parametrize("deed", ["UPDATE entries SET kind = 'nothing'", "DELETE FROM entries"])
def test_the_database_refuses_to_change_or_forget_an_entry(record: SqlRecord, engine: Engine, deed: str) -> None:
    told(record, 1)

    with engine.connect() as connection, pytest.raises(DBAPIError, match="keeps what it holds"):
        connection.execute(text(deed))


def test_a_chain_that_nobody_touched_verifies(record: SqlRecord, engine: Engine) -> None:
    assert verify_chain(engine) is None
    told(record, 5)

    whole, newest = verify_whole(engine), verify_chain(engine, last=2)

    assert whole
    assert whole == newest
    assert whole.seq == 5


@pytest.mark.parametrize(
    "altered",
    [
        {"kind": "approval.signed"},
        {"at": "2026-11-25T01:30:00+00:00"},
        {"at": "yesterday"},
        {"by": "alem"},
        {"deployment": "CR-002"},
        {"deployment": None},
        {"key": "item-9"},
        {"body": "{}"},
        {"body": "[]"},
        {"body": "not json"},
        {"previous": "0" * 64},
        {"hash": "0" * 64},
        {"seq": 70},
    ],
    ids=str,
)
def test_an_altered_entry_is_found(record: SqlRecord, engine: Engine, altered: dict[str, str | int | None]) -> None:
    told(record, 5)

    tamper(engine, 3, **altered)

    with pytest.raises(ChainBroken) as broken:
        verify_chain(engine)
    assert broken.value.seq == (4 if "seq" in altered else 3)


def test_a_forgotten_entry_is_found(record: SqlRecord, engine: Engine) -> None:
    told(record, 5)
    with tampering(engine) as connection:
        connection.execute(delete(ENTRIES).where(ENTRIES.c.seq == 3))

    with pytest.raises(ChainBroken) as broken:
        verify_chain(engine, last=2)
    assert broken.value.seq == 3


def test_only_the_newest_entries_are_walked_at_the_start_and_the_rest_later(record: SqlRecord, engine: Engine) -> None:
    told(record, 5)
    tamper(engine, 1, by="alem")

    head = verify_chain(engine, last=3)

    assert head
    assert head.seq == 5
    with pytest.raises(ChainBroken):
        verify_whole(engine)


def test_the_walk_goes_on_from_what_was_verified_before(record: SqlRecord, engine: Engine) -> None:
    told(record, 5)

    with engine.connect() as connection:
        head = verify_from(SqlJournal(connection), 3)

    assert head
    assert head.seq == 5


def test_the_last_entries_of_one_deployment_come_in_their_order(record: SqlRecord) -> None:
    with record.work() as work:
        for number in range(5):
            work.journal.append(fact(number=number), fact(deployment=CR_2, number=number))
        work.commit()

    with record.look() as work:
        last, count = work.journal.last(CR_1, 2), work.journal.count(CR_1)

    assert [entry.fact.body["number"] for entry in last] == [3, 4]
    assert {entry.fact.deployment for entry in last} == {CR_1}
    assert count == 5
