"""What production is known to be, and what differs from that and nobody has acknowledged."""

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"

UNACKNOWLEDGED = sa.text("acknowledged_at IS NULL")


def _text(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=optional)


def _instant(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), nullable=optional)


def upgrade() -> None:
    op.create_table(
        "known_machines",
        *(_text(name) for name in ("app", "id", "instance_id", "digest", "tag", "config_hash")),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("app", "id", name="pk_known_machines"),
    )
    op.create_table(
        "drifts",
        sa.Column("number", sa.Integer(), nullable=False),
        *(_text(name) for name in ("app", "key")),
        sa.Column("body", sa.Text(), nullable=False),
        _instant("seen_at"),
        _instant("acknowledged_at", optional=True),
        _text("acknowledged_by", optional=True),
        sa.PrimaryKeyConstraint("number", name="pk_drifts"),
    )
    op.create_index(
        "one_open_drift_per_app",
        "drifts",
        ["app"],
        unique=True,
        sqlite_where=UNACKNOWLEDGED,
        postgresql_where=UNACKNOWLEDGED,
    )
