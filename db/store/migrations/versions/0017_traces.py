"""Traces of the last requests, by deal."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "traces",
        sa.Column("deal_id", sa.String(length=36), nullable=False),
        sa.Column("traceparent", sa.String(length=55), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("deal_id", name="pk_traces"),
    )
    op.create_index("ix_traces_at", "traces", ["at"])


def downgrade() -> None:
    op.drop_index("ix_traces_at", "traces")
    op.drop_table("traces")
