"""What Slack was told: when a notice was queued and first tried, how often it was refused, which revision is shown."""

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"

WAITED = sa.text("kind = 'notice' AND state <> 'sent'")
WAITS = sa.text("kind = 'notice' AND state IN ('pending', 'sending')")
SET_ASIDE = sa.text("state = 'undelivered'")
BEHIND = sa.text("shown <> revision")


def upgrade() -> None:
    op.add_column("messages", sa.Column("queued_at", sa.String(32), nullable=True))
    op.add_column("messages", sa.Column("since", sa.String(), nullable=True))
    op.add_column("messages", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("ix_messages_waiting", "messages", sqlite_where=WAITED, postgresql_where=WAITED)
    op.create_index("ix_messages_waiting", "messages", ["number"], sqlite_where=WAITS, postgresql_where=WAITS)
    op.create_index("ix_messages_set_aside", "messages", ["number"], sqlite_where=SET_ASIDE, postgresql_where=SET_ASIDE)
    op.add_column("deployments", sa.Column("shown", sa.Integer(), nullable=False, server_default="-1"))
    op.execute("UPDATE deployments SET shown = revision")  # what is over by now is not drawn again
    op.create_index("ix_deployments_behind", "deployments", ["number"], sqlite_where=BEHIND, postgresql_where=BEHIND)
