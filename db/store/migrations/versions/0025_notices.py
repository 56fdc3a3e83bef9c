"""Table of the channels that people choose per kind of notifications; touches no other table."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_preferences",
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.Column("bell", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("login", "kind", name="pk_notice_preferences"),
    )


def downgrade() -> None:
    op.drop_table("notice_preferences")
