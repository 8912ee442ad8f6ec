"""The accounts of people in the record: what one process saw every other reads."""

from dataclasses import replace

from checklist.people import Member, Standing
from storage.work import SqlRecord
from tests.storage.examples import NIGHT

ALEM = Member(user="U0ALEM", name="Alem Bašić", standing=Standing.MEMBER, updated=7, seen_at=NIGHT)
JOHN = Member(user="U0JOHN", name="John", standing=Standing.GUEST, updated=8, seen_at=NIGHT)


def keep(record: SqlRecord, *members: Member) -> None:
    with record.work() as work:
        for member in members:
            work.members.keep(member)
        work.commit()


def kept(record: SqlRecord) -> tuple[Member, ...]:
    with record.look() as work:
        return work.members.all()


def test_each_account_is_kept_as_it_was_seen(record: SqlRecord) -> None:
    keep(record, JOHN, ALEM)

    assert kept(record) == (ALEM, JOHN)


def test_what_was_seen_later_takes_the_place_of_what_was_seen_before(record: SqlRecord) -> None:
    gone = replace(ALEM, standing=Standing.DEACTIVATED, updated=9)

    keep(record, ALEM, JOHN)
    keep(record, gone)

    assert kept(record) == (gone, JOHN)


def test_nothing_is_kept_of_a_transaction_that_was_not_committed(record: SqlRecord) -> None:
    with record.work() as work:
        work.members.keep(ALEM)

    assert kept(record) == ()
