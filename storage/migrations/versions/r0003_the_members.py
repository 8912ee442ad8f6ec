"""The accounts of people, so that every process knows at once who left."""

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"


def upgrade() -> None:
    texts = (sa.Column(name, sa.String(), nullable=False) for name in ("account", "name", "standing"))
    op.create_table(
        "members",
        *texts,
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_members"),
    )
