"""Files by person and time: how much somebody uploaded in a day."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_attachments_uploaded_by_uploaded_at", "attachments", ["uploaded_by", "uploaded_at"]
    )


def downgrade() -> None:
    op.drop_index("ix_attachments_uploaded_by_uploaded_at", "attachments")
