"""What is said in Slack, as rows: notices that are said once, cards that are edited in place, clicks that counted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, bindparam, func, select, update

from checklist.ports import Message, Notice
from checklist.words import DeploymentId
from storage.inserts import insert_once
from storage.tables import BEHIND, SET_ASIDE, WAITS, ClickRow, DeploymentRow, MessageRow, table

MESSAGES, CLICKS, DEPLOYMENTS = table(MessageRow), table(ClickRow), table(DeploymentRow)
ONE = select(MESSAGES).where(MESSAGES.c.id == bindparam("id"))
WAITING = select(MESSAGES).where(WAITS).order_by(MESSAGES.c.number)
BELOW = select(MESSAGES).where(MESSAGES.c.thread == bindparam("root")).order_by(MESSAGES.c.number)
ASIDE = select(MESSAGES).where(SET_ASIDE).order_by(MESSAGES.c.number)
CHANGE = update(MESSAGES).where(MESSAGES.c.id == bindparam("message"))
SENDING = CHANGE.values(state="sending", since=func.coalesce(MESSAGES.c.since, bindparam("now")))
REFUSED = CHANGE.values(attempts=MESSAGES.c.attempts + 1)
CARDS_BEHIND = select(DEPLOYMENTS.c.id).where(BEHIND).order_by(DEPLOYMENTS.c.number.desc())
SHOWN = update(DEPLOYMENTS).where(DEPLOYMENTS.c.id == bindparam("deployment")).values(shown=bindparam("seen"))


def real_time() -> datetime:
    return datetime.now(UTC)


class NoSuchMessage(LookupError):
    """The publisher speaks of a message that was never queued."""


class SqlMessages:
    """The ports Outbox and Messages over one transaction."""

    def __init__(self, connection: Connection, now: Callable[[], datetime] = real_time) -> None:
        self._connection = connection
        self._now = now

    def put(self, notice: Notice) -> None:
        message = Message(id=notice.id, deployment=notice.deployment, text=notice.text, to=notice.to)
        self._add(replace(message, queued_at=self._now()), kind="notice")

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

    def below(self, root: str) -> tuple[Message, ...]:
        return tuple(map(_message, self._connection.execute(BELOW, {"root": root})))

    def sending(self, id: str, *, since: str) -> None:
        self._known(id, self._connection.execute(SENDING, {"message": id, "now": since}).rowcount)

    def sent(self, id: str, *, channel: str, ts: str) -> None:
        self._change(id, state="sent", channel=channel, ts=ts)

    def drawn(self, id: str, digest: str) -> None:
        self._change(id, drawn=digest)

    def gone(self, id: str) -> None:
        self._change(id, state="pending", channel="", ts="", drawn="", since=None)

    def refused(self, id: str) -> int:
        self._known(id, self._connection.execute(REFUSED, {"message": id}).rowcount)
        message = self.get(id)
        return message.attempts if message else 0

    def undelivered(self, id: str) -> None:
        self._change(id, state="undelivered")

    def set_aside(self) -> tuple[Message, ...]:
        return tuple(map(_message, self._connection.execute(ASIDE)))

    def behind(self) -> tuple[DeploymentId, ...]:
        return tuple(map(DeploymentId, self._connection.execute(CARDS_BEHIND).scalars()))

    def shown(self, deployment: DeploymentId, revision: int) -> None:
        self._connection.execute(SHOWN, {"deployment": deployment, "seen": revision})

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
            queued_at=message.queued_at,
        )

    def _change(self, id: str, **values: str | None) -> None:
        self._known(id, self._connection.execute(CHANGE.values(values), {"message": id}).rowcount)

    def _known(self, id: str, changed: int) -> None:
        if changed != 1:
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
        queued_at=row.queued_at,
        since=row.since,
        attempts=row.attempts,
    )
