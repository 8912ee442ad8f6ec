"""The tables. Instants are UTC text of one width, so that they sort, and read the same in every database."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Dialect, Index, MetaData, String, Table, Text, TypeDecorator, text
from sqlmodel import Field, SQLModel

from checklist.moves import OVER
from checklist.record import Json
from storage.codec import from_json, to_json

IS_OPEN = text("status NOT IN ({})".format(", ".join(f"'{status}'" for status in sorted(OVER))))
STANDS = text("ended_at_revision IS NULL")
WAITS = text("kind = 'notice' AND state IN ('pending', 'sending')")
SET_ASIDE = text("state = 'undelivered'")
UNACKNOWLEDGED = text("acknowledged_at IS NULL")
BEHIND = text("shown <> revision")


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC and read back aware. Raises ValueError for a naive one."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("an instant without a zone says nothing")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return datetime.fromisoformat(value) if value else None


class JsonText(TypeDecorator[Mapping[str, Json]]):
    """A JSON object as canonical text: what was hashed is what is stored."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Json] | None, dialect: Dialect) -> str | None:
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Json] | None:
        return None if value is None else from_json(value)


class Row(SQLModel):
    """What all tables share: names for constraints that are the same in every database."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )


class DeploymentRow(Row, table=True):
    """One deployment. At most one per app is not over."""

    __tablename__ = "deployments"
    __table_args__ = (
        Index("one_open_deployment_per_app", "app", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        Index("ix_deployments_behind", "number", sqlite_where=BEHIND, postgresql_where=BEHIND),
    )

    id: str = Field(primary_key=True)
    number: int = Field(unique=True)
    app: str
    status: str
    revision: int
    version: str
    image: str
    digest: str
    commit: str
    customers: str
    risk: str
    security: str
    outcome: str
    migrations: bool
    maintenance: bool
    strategy: str = Field(sa_column_kwargs={"server_default": "rolling"})
    requester: str
    engineer: str
    window_opens: datetime | None = Field(sa_type=Instant)
    window_closes: datetime | None = Field(sa_type=Instant)
    window_zone: str | None
    checklist: str
    plan: str | None = Field(sa_type=String)  # the digest of the plan that is signed, or waits for it
    attempts: dict[str, int] = Field(sa_type=JsonText)
    mutated: bool
    reason: str
    opened_at: datetime = Field(sa_type=Instant)
    restores: str = Field(sa_column_kwargs={"server_default": "image"})
    standings: dict[str, Json] | None = Field(sa_type=JsonText)
    deployed_at: datetime | None = Field(sa_type=Instant)
    ended_at: datetime | None = Field(sa_type=Instant)
    # The revision that its cards in Slack show, below 0 while there are none. The publisher alone writes it.
    shown: int = Field(sa_column_kwargs={"server_default": "-1"})


class MarkRow(Row, table=True):
    __tablename__ = "marks"

    deployment: str = Field(primary_key=True, foreign_key="deployments.id")
    item: str = Field(primary_key=True)
    state: str
    by: str
    at: datetime | None = Field(sa_type=Instant)
    note: str
    link: str
    evidence: dict[str, Json] = Field(sa_type=JsonText)
    confirmed_by: str | None


class StepRow(Row, table=True):
    __tablename__ = "steps"

    deployment: str = Field(primary_key=True, foreign_key="deployments.id")
    id: str = Field(primary_key=True)
    place: int
    book: str
    text: str
    role: str
    state: str
    actor: str
    started_at: datetime | None = Field(sa_type=Instant)
    ended_at: datetime | None = Field(sa_type=Instant)
    note: str
    evidence: dict[str, Json] = Field(sa_type=JsonText)


class SignatureRow(Row, table=True):
    __tablename__ = "signatures"

    deployment: str = Field(primary_key=True, foreign_key="deployments.id")
    sign_off: str = Field(primary_key=True)
    by: str = Field(primary_key=True)
    place: int
    at: datetime = Field(sa_type=Instant)


class PlanRow(Row, table=True):
    """Every plan that was ever shown for signing. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "plans"

    digest: str = Field(primary_key=True)
    deployment: str = Field(foreign_key="deployments.id", index=True)
    body: dict[str, Json] = Field(sa_type=JsonText)


class ApprovalRow(Row, table=True):
    """Every signature under a plan. The one that stands has no end; a trigger refuses DELETE."""

    __tablename__ = "approvals"
    __table_args__ = (
        Index("one_standing_approval", "deployment", unique=True, sqlite_where=STANDS, postgresql_where=STANDS),
    )

    number: int | None = Field(default=None, primary_key=True)
    deployment: str = Field(foreign_key="deployments.id")
    plan: str = Field(foreign_key="plans.digest")
    by: str
    at: datetime = Field(sa_type=Instant)
    ends: datetime | None = Field(sa_type=Instant)
    ended_at_revision: int | None  # the deployment's revision at which it ceased to stand


class SurveyRow(Row, table=True):
    __tablename__ = "surveys"
    __table_args__ = (Index("ix_surveys_deployment_number", "deployment", "number"),)

    number: int | None = Field(default=None, primary_key=True)
    deployment: str = Field(foreign_key="deployments.id")
    at: datetime = Field(sa_type=Instant)
    body: dict[str, Json] = Field(sa_type=JsonText)


class KeptConfigRow(Row, table=True):
    """The config of one machine as it was before the deployment touched it, without what is secret."""

    __tablename__ = "kept_configs"

    deployment: str = Field(primary_key=True, foreign_key="deployments.id")
    machine: str = Field(primary_key=True)
    instance_id: str
    body: dict[str, Json] = Field(sa_type=JsonText)
    hidden: dict[str, str] = Field(sa_type=JsonText)  # the digests of what was left out, by JSON Pointer


class EntryRow(Row, table=True):
    """One entry of the record. Triggers refuse UPDATE and DELETE; the chain shows what got past them."""

    __tablename__ = "entries"
    __table_args__ = (
        Index("ix_entries_deployment_seq", "deployment", "seq"),
        Index("ix_entries_deployment_kind_key_seq", "deployment", "kind", "key", "seq"),
    )

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str
    at: str  # ISO 8601 in UTC and canonical JSON below, as they were hashed: the journal itself reads them
    by: str
    deployment: str | None
    key: str | None  # the body's own key, for looking up one mutation
    body: str = Field(sa_type=Text)
    previous: str
    hash: str


class MessageRow(Row, table=True):
    """A message in Slack: a notice that is said once, or a card that is edited in place."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_waiting", "number", sqlite_where=WAITS, postgresql_where=WAITS),
        Index("ix_messages_set_aside", "number", sqlite_where=SET_ASIDE, postgresql_where=SET_ASIDE),
    )

    number: int | None = Field(default=None, primary_key=True)  # the order in which it was queued
    id: str = Field(unique=True)
    deployment: str
    kind: str  # notice or card
    recipient: str | None
    thread: str | None
    text: str = Field(sa_type=Text)
    state: str
    channel: str
    ts: str
    drawn: str
    queued_at: datetime | None = Field(sa_type=Instant)
    since: str | None  # Slack's time from which on it may stand there; none before it may have been posted
    attempts: int = Field(sa_column_kwargs={"server_default": "0"})  # how often Slack refused it


class ClickRow(Row, table=True):
    """The business key of a Slack payload that was counted."""

    __tablename__ = "clicks"

    key: str = Field(primary_key=True)


class MemberRow(Row, table=True):
    """The account of a person whom the checklist names, as the workspace last showed it."""

    __tablename__ = "members"

    account: str = Field(primary_key=True)
    name: str
    standing: str
    updated: int
    seen_at: datetime = Field(sa_type=Instant)


class KnownMachineRow(Row, table=True):
    """A production machine as it was left by us, or acknowledged; digests stand for what its config holds."""

    __tablename__ = "known_machines"

    app: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    instance_id: str
    digest: str
    tag: str
    config_hash: str
    parts: dict[str, Json] = Field(sa_type=JsonText)
    since: int


class DriftRow(Row, table=True):
    """A difference that no run explains. At most one per app is not acknowledged."""

    __tablename__ = "drifts"
    __table_args__ = (
        Index(
            "one_open_drift_per_app", "app", unique=True, sqlite_where=UNACKNOWLEDGED, postgresql_where=UNACKNOWLEDGED
        ),
    )

    number: int | None = Field(default=None, primary_key=True)
    app: str
    key: str
    body: dict[str, Json] = Field(sa_type=JsonText)
    seen_at: datetime = Field(sa_type=Instant)
    acknowledged_at: datetime | None = Field(sa_type=Instant)
    acknowledged_by: str | None


def table(row: type[Row]) -> Table:
    """The Core table behind a class, for statements that are built once."""
    return Row.metadata.tables[str(row.__tablename__)]
