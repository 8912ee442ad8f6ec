"""How a release is rolled out. What was opened before goes on as it was shown: rolling."""

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"


def upgrade() -> None:
    with op.batch_alter_table("deployments") as table:
        table.add_column(sa.Column("strategy", sa.String(), nullable=False, server_default="rolling"))
