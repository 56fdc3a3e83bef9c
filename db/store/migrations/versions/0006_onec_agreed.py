"""Bindings remember the number and date that people last agreed to."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("onec_bindings", sa.Column("agreed_number", sa.String(length=100), nullable=True))
    op.add_column("onec_bindings", sa.Column("agreed_date", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("onec_bindings", "agreed_date")
    op.drop_column("onec_bindings", "agreed_number")
