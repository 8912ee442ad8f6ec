"""The tables. Instants are UTC; what only the domain reads is JSON."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Index, TypeDecorator, text
from sqlmodel import Field, SQLModel

from checklist.moves import OVER

IS_OPEN = text("status NOT IN ({})".format(", ".join(f"'{status}'" for status in sorted(OVER))))


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC and read back aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.utcoffset() is None:
            raise ValueError("an instant without a zone says nothing")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class DeploymentRow(SQLModel, table=True):
    """One deployment; `body` holds what is never searched for."""

    __tablename__ = "deployments"
    __table_args__ = (
        Index("one_open_deployment_per_app", "app", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    )

    id: str = Field(primary_key=True)
    number: int = Field(unique=True)
    app: str
    status: str
    revision: int
    version: str
    opened_at: datetime = Field(sa_type=Instant)
    body: str


class MarkRow(SQLModel, table=True):
    __tablename__ = "marks"

    deployment: str = Field(primary_key=True, foreign_key="deployments.id")
    item: str = Field(primary_key=True)
    state: str
    body: str


class StepRow(SQLModel, table=True):
    __tablename__ = "steps"

    deployment: str = Field(primary_key=True, foreign_key="deployments.id")
    place: int = Field(primary_key=True)
    step: str
    state: str
    body: str


class PlanRow(SQLModel, table=True):
    """Every plan that was ever shown for signing."""

    __tablename__ = "plans"

    digest: str = Field(primary_key=True)
    deployment: str = Field(foreign_key="deployments.id", index=True)
    body: str


class SurveyRow(SQLModel, table=True):
    """The newest survey of a deployment."""

    __tablename__ = "surveys"

    deployment: str = Field(primary_key=True, foreign_key="deployments.id")
    at: datetime = Field(sa_type=Instant)
    body: str


class EntryRow(SQLModel, table=True):
    """One entry of the record. Triggers refuse UPDATE and DELETE; the chain shows what got past them."""

    __tablename__ = "entries"
    __table_args__ = (
        Index("entries_of_a_deployment", "deployment", "seq"),
        Index("entries_by_key", "deployment", "kind", "key", "seq"),
    )

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str
    at: str  # ISO 8601, as it was hashed
    by: str
    deployment: str | None = None
    key: str | None = None
    body: str
    previous: str
    hash: str


class MessageRow(SQLModel, table=True):
    """A message in Slack: a notice that is said once, or a card that is edited in place."""

    __tablename__ = "messages"

    id: str = Field(primary_key=True)
    place: int = Field(unique=True)
    deployment: str
    kind: str = Field(index=True)  # notice or card
    text: str = ""
    recipient: str | None = None
    thread: str | None = None
    state: str = Field(default="pending", index=True)
    channel: str = ""
    ts: str = ""
    drawn: str = ""


class ClickRow(SQLModel, table=True):
    """The business key of a Slack payload that was counted."""

    __tablename__ = "clicks"

    key: str = Field(primary_key=True)
