"""Background work: owner of a lease, settled side processes, indexes of the purge by age."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

UNSETTLED = "closed_at IS NULL AND NOT settled"
SENT = "state = 'sent'"


def upgrade() -> None:
    op.add_column("leases", sa.Column("owner", sa.String(length=80), nullable=True))
    settled: sa.Column[bool] = sa.Column(
        "settled", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("side_processes", settled)
    op.create_index(
        "ix_side_processes_unsettled",
        "side_processes",
        ["key"],
        sqlite_where=sa.text(UNSETTLED),
        postgresql_where=sa.text(UNSETTLED),
    )
    op.create_index("ix_processed_tasks_at", "processed_tasks", ["at", "task_id"])
    op.create_index("ix_notifications_at", "notifications", ["at"])
    op.create_index(
        "ix_mails_sent",
        "mails",
        ["created_at"],
        sqlite_where=sa.text(SENT),
        postgresql_where=sa.text(SENT),
    )


def downgrade() -> None:
    op.drop_index("ix_mails_sent", "mails")
    op.drop_index("ix_notifications_at", "notifications")
    op.drop_index("ix_processed_tasks_at", "processed_tasks")
    op.drop_index("ix_side_processes_unsettled", "side_processes")
    op.drop_column("side_processes", "settled")
    op.drop_column("leases", "owner")
