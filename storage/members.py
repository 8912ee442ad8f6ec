"""The accounts of the people whom the checklist names, as rows that every process reads."""

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from checklist.people import Member, Standing
from storage.tables import MemberRow, table

MEMBERS = table(MemberRow)
ALL = select(MEMBERS).order_by(MEMBERS.c.account)
ADD = insert(MEMBERS)
CHANGE = update(MEMBERS).where(MEMBERS.c.account == bindparam("known"))


class SqlMembers:
    """The port Members over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[Member, ...]:
        return tuple(map(_member, self._connection.execute(ALL)))

    def keep(self, member: Member) -> None:
        values = {
            "account": member.user,
            "name": member.name,
            "standing": str(member.standing),
            "updated": member.updated,
            "seen_at": member.seen_at,
        }
        if not self._connection.execute(CHANGE, {**values, "known": member.user}).rowcount:
            self._connection.execute(ADD, values)


def _member(row: Row[*tuple[object, ...]]) -> Member:
    return Member(
        user=row.account,
        name=row.name,
        standing=Standing(row.standing),
        updated=row.updated,
        seen_at=row.seen_at,
    )
