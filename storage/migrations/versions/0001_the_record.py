"""The first shape of the record: deployments and their parts, the chained entries, the messages, the clicks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

OPEN = sa.text("status NOT IN ('abandoned', 'completed', 'rolled_back')")


def upgrade() -> None:
    _deployments()
    _marks()
    _steps()
    _plans()
    _surveys()
    _entries()
    _messages()
    _clicks()


def _deployments() -> None:
    op.create_table(
        "deployments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(
        "one_open_deployment_per_app", "deployments", ["app"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def _marks() -> None:
    op.create_table(
        "marks",
        sa.Column("deployment", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment"],
            ["deployments.id"],
        ),
        sa.PrimaryKeyConstraint("deployment", "item"),
    )


def _steps() -> None:
    op.create_table(
        "steps",
        sa.Column("deployment", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment"],
            ["deployments.id"],
        ),
        sa.PrimaryKeyConstraint("deployment", "place"),
    )


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("deployment", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment"],
            ["deployments.id"],
        ),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_plans_deployment", "plans", ["deployment"], unique=False)


def _surveys() -> None:
    op.create_table(
        "surveys",
        sa.Column("deployment", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment"],
            ["deployments.id"],
        ),
        sa.PrimaryKeyConstraint("deployment"),
    )


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("deployment", sa.String(), nullable=True),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("entries_by_key", "entries", ["deployment", "kind", "key", "seq"], unique=False)
    op.create_index("entries_of_a_deployment", "entries", ["deployment", "seq"], unique=False)
    _append_only()


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("deployment", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=True),
        sa.Column("thread", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=False),
        sa.Column("drawn", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("place"),
    )
    op.create_index("ix_messages_kind", "messages", ["kind"], unique=False)
    op.create_index("ix_messages_state", "messages", ["state"], unique=False)


def _clicks() -> None:
    op.create_table("clicks", sa.Column("key", sa.String(), nullable=False), sa.PrimaryKeyConstraint("key"))


def _append_only() -> None:
    """A bar to accidents; whoever gets past it is found by the chain."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for deed in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER entries_refuse_{deed.lower()} BEFORE {deed} ON entries "
            "BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END"
        )
