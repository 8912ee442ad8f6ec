"""The configs of machines before a deployment touches them, what a rollback restores, and what ran when a run ended."""

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"


def upgrade() -> None:
    op.add_column("deployments", sa.Column("restores", sa.String(), nullable=False, server_default="image"))
    op.add_column("deployments", sa.Column("standings", sa.Text(), nullable=True))
    texts = (sa.Column(name, sa.String(), nullable=False) for name in ("deployment", "machine", "instance_id"))
    op.create_table(
        "kept_configs",
        *texts,
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hidden", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("deployment", "machine", name="pk_kept_configs"),
        sa.ForeignKeyConstraint(["deployment"], ["deployments.id"], name="fk_kept_configs_deployment"),
    )
