"""The first shape of the record: deployments and their parts, the chained entries, messages, clicks."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None

OPEN = sa.text("status NOT IN ('abandoned', 'completed', 'rolled_back')")
STANDS = sa.text("ended_at_revision IS NULL")
WAITS = sa.text("kind = 'notice' AND state <> 'sent'")
KEPT = (("entries", "UPDATE"), ("entries", "DELETE"), ("plans", "UPDATE"), ("plans", "DELETE"), ("approvals", "DELETE"))


def upgrade() -> None:
    _deployments()
    _parts()
    _plans()
    _approvals()
    _surveys()
    _entries()
    _messages()
    for table, deed in KEPT:
        _refuse(table, deed)


def _text(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=optional)


def _long(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _instant(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), nullable=optional)


def _number(name: str, *, optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=optional)


def _yes_or_no(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


def _deployments() -> None:
    op.create_table(
        "deployments",
        _text("id"),
        _number("number"),
        *(_text(name) for name in ("app", "status")),
        _number("revision"),
        *(_text(name) for name in ("version", "image", "digest", "commit", "customers", "risk", "security", "outcome")),
        *(_yes_or_no(name) for name in ("migrations", "maintenance")),
        *(_text(name) for name in ("requester", "engineer")),
        *(_instant(name, optional=True) for name in ("window_opens", "window_closes")),
        _text("window_zone", optional=True),
        _text("checklist"),
        _text("plan", optional=True),
        _long("attempts"),
        _yes_or_no("mutated"),
        _text("reason"),
        _instant("opened_at"),
        *(_instant(name, optional=True) for name in ("deployed_at", "ended_at")),
        _key("deployments", "id"),
        sa.UniqueConstraint("number", name="uq_deployments_number"),
    )
    _unique_where("one_open_deployment_per_app", "deployments", "app", OPEN)


def _parts() -> None:
    op.create_table(
        "marks",
        *(_text(name) for name in ("deployment", "item", "state", "by")),
        _instant("at", optional=True),
        *(_text(name) for name in ("note", "link")),
        _long("evidence"),
        _text("confirmed_by", optional=True),
        _key("marks", "deployment", "item"),
        _refers("marks", "deployment", "deployments.id"),
    )
    op.create_table(
        "steps",
        *(_text(name) for name in ("deployment", "id")),
        _number("place"),
        *(_text(name) for name in ("book", "text", "role", "state", "actor")),
        *(_instant(name, optional=True) for name in ("started_at", "ended_at")),
        _text("note"),
        _long("evidence"),
        _key("steps", "deployment", "id"),
        _refers("steps", "deployment", "deployments.id"),
    )
    op.create_table(
        "signatures",
        *(_text(name) for name in ("deployment", "sign_off", "by")),
        _number("place"),
        _instant("at"),
        _key("signatures", "deployment", "sign_off", "by"),
        _refers("signatures", "deployment", "deployments.id"),
    )


def _plans() -> None:
    op.create_table(
        "plans",
        *(_text(name) for name in ("digest", "deployment")),
        _long("body"),
        _key("plans", "digest"),
        _refers("plans", "deployment", "deployments.id"),
    )
    op.create_index("ix_plans_deployment", "plans", ["deployment"])


def _approvals() -> None:
    op.create_table(
        "approvals",
        _number("number"),
        *(_text(name) for name in ("deployment", "plan", "by")),
        _instant("at"),
        _instant("ends", optional=True),
        _number("ended_at_revision", optional=True),
        _key("approvals", "number"),
        _refers("approvals", "deployment", "deployments.id"),
        _refers("approvals", "plan", "plans.digest"),
    )
    _unique_where("one_standing_approval", "approvals", "deployment", STANDS)


def _surveys() -> None:
    op.create_table(
        "surveys",
        _number("number"),
        _text("deployment"),
        _instant("at"),
        _long("body"),
        _key("surveys", "number"),
        _refers("surveys", "deployment", "deployments.id"),
    )
    op.create_index("ix_surveys_deployment_number", "surveys", ["deployment", "number"])


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        *(_text(name) for name in ("kind", "at", "by")),
        *(_text(name, optional=True) for name in ("deployment", "key")),
        _long("body"),
        *(_text(name) for name in ("previous", "hash")),
        _key("entries", "seq"),
    )
    op.create_index("ix_entries_deployment_seq", "entries", ["deployment", "seq"])
    op.create_index("ix_entries_deployment_kind_key_seq", "entries", ["deployment", "kind", "key", "seq"])


def _messages() -> None:
    op.create_table(
        "messages",
        _number("number"),
        *(_text(name) for name in ("id", "deployment", "kind")),
        *(_text(name, optional=True) for name in ("recipient", "thread")),
        _long("text"),
        *(_text(name) for name in ("state", "channel", "ts", "drawn")),
        _key("messages", "number"),
        sa.UniqueConstraint("id", name="uq_messages_id"),
    )
    op.create_index("ix_messages_waiting", "messages", ["number"], sqlite_where=WAITS, postgresql_where=WAITS)
    op.create_table("clicks", _text("key"), _key("clicks", "key"))


def _unique_where(name: str, table: str, column: str, where: sa.TextClause) -> None:
    op.create_index(name, table, [column], unique=True, sqlite_where=where, postgresql_where=where)


def _refuse(table: str, deed: str) -> None:
    """A bar to accidents. Whoever gets past it on the entries is found by the chain."""
    name = f"{table}_refuse_{deed.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {deed} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} keeps what it holds'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} keeps what it holds'; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {deed} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
