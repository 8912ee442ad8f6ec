"""Notices and cards in SQL, and the keys of the payloads that were counted."""

from sqlalchemy import exists, func, insert, select, update
from sqlmodel import Session, col

from checklist.ports import Message, Notice
from checklist.words import DeploymentId
from storage.tables import ClickRow, MessageRow


class SqlMessages:
    """The ports Outbox and Messages over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, notice: Notice) -> None:
        message = Message(id=notice.id, deployment=notice.deployment, text=notice.text, to=notice.to)
        self._add(message, kind="notice")

    def said(self, id: str) -> str | None:
        found = self.get(id)
        return found.ts if found and found.state == "sent" else None

    def pending(self) -> tuple[Message, ...]:
        waiting = select(MessageRow).where(col(MessageRow.kind) == "notice", col(MessageRow.state) != "sent")
        return tuple(_message(row) for row in self._session.execute(waiting.order_by(col(MessageRow.place))).scalars())

    def get(self, id: str) -> Message | None:
        row = self._session.execute(select(MessageRow).where(col(MessageRow.id) == id)).scalar_one_or_none()
        return _message(row) if row else None

    def card(self, message: Message) -> Message:
        self._add(message, kind="card")
        return self.get(message.id) or message

    def sending(self, id: str) -> None:
        self._set(id, state="sending")

    def sent(self, id: str, *, channel: str, ts: str) -> None:
        self._set(id, state="sent", channel=channel, ts=ts)

    def drawn(self, id: str, digest: str) -> None:
        self._set(id, drawn=digest)

    def _add(self, message: Message, *, kind: str) -> None:
        if self._session.execute(select(exists().where(col(MessageRow.id) == message.id))).scalar():
            return
        place = (self._session.execute(select(func.max(col(MessageRow.place)))).scalar() or 0) + 1
        self._session.execute(
            insert(MessageRow).values(
                id=message.id,
                place=place,
                deployment=message.deployment,
                kind=kind,
                text=message.text,
                recipient=message.to,
                thread=message.thread,
                state="pending",
                channel="",
                ts="",
                drawn="",
            )
        )

    def _set(self, id: str, **values: str) -> None:
        self._session.execute(update(MessageRow).where(col(MessageRow.id) == id).values(**values))


class SqlClicks:
    """The port Clicks over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def first(self, key: str) -> bool:
        if self._session.execute(select(exists().where(col(ClickRow.key) == key))).scalar():
            return False
        self._session.execute(insert(ClickRow).values(key=key))
        return True


def _message(row: MessageRow) -> Message:
    return Message(
        id=row.id,
        deployment=DeploymentId(row.deployment),
        text=row.text,
        to=row.recipient,
        thread=row.thread,
        state=row.state,
        channel=row.channel,
        ts=row.ts,
        drawn=row.drawn,
    )
