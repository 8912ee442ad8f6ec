"""What is said in Slack, as rows: notices that are said once, cards that are edited in place, clicks that counted."""

from sqlalchemy import Connection, Row, bindparam, select, update

from checklist.ports import Message, Notice
from storage.once import insert_once
from storage.tables import WAITS, ClickRow, MessageRow, table

MESSAGES, CLICKS = table(MessageRow), table(ClickRow)
ONE = select(MESSAGES).where(MESSAGES.c.id == bindparam("id"))
WAITING = select(MESSAGES).where(WAITS).order_by(MESSAGES.c.number)
CHANGE = update(MESSAGES).where(MESSAGES.c.id == bindparam("message"))


class NoSuchMessage(LookupError):
    """The publisher speaks of a message that was never queued."""


class SqlMessages:
    """The ports Outbox and Messages over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, notice: Notice) -> None:
        message = Message(id=notice.id, deployment=notice.deployment, text=notice.text, to=notice.to)
        self._add(message, kind="notice")

    def said(self, id: str) -> str | None:
        found = self.get(id)
        return found.ts if found and found.state == "sent" else None

    def pending(self) -> tuple[Message, ...]:
        return tuple(map(_message, self._connection.execute(WAITING)))

    def get(self, id: str) -> Message | None:
        row = self._connection.execute(ONE, {"id": id}).first()
        return _message(row) if row else None

    def card(self, message: Message) -> Message:
        """What is there already stays as it is: its place in Slack is known to its row alone."""
        self._add(message, kind="card")
        return self.get(message.id) or message

    def sending(self, id: str) -> None:
        self._change(id, state="sending")

    def sent(self, id: str, *, channel: str, ts: str) -> None:
        self._change(id, state="sent", channel=channel, ts=ts)

    def drawn(self, id: str, digest: str) -> None:
        self._change(id, drawn=digest)

    def _add(self, message: Message, *, kind: str) -> None:
        insert_once(
            self._connection,
            MESSAGES,
            id=message.id,
            deployment=message.deployment,
            kind=kind,
            recipient=message.to,
            thread=message.thread,
            text=message.text,
            state=message.state,
            channel=message.channel,
            ts=message.ts,
            drawn=message.drawn,
        )

    def _change(self, id: str, **values: str) -> None:
        if self._connection.execute(CHANGE.values(values), {"message": id}).rowcount != 1:
            raise NoSuchMessage(id)


class SqlClicks:
    """The port Clicks over one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def first(self, key: str) -> bool:
        return insert_once(self._connection, CLICKS, key=key)


def _message(row: Row[*tuple[object, ...]]) -> Message:
    return Message(
        id=row.id,
        deployment=row.deployment,
        text=row.text,
        to=row.recipient,
        thread=row.thread,
        state=row.state,
        channel=row.channel,
        ts=row.ts,
        drawn=row.drawn,
    )
