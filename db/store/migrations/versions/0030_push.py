"""Tables of browsers that show notifications, and a column for the choice of this channel."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "notice_preferences",
        sa.Column("push", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.create_table(
        "push_browsers",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("host", sa.String(260), nullable=False),
        sa.Column("p256dh", sa.String(100), nullable=False),
        sa.Column("auth", sa.String(40), nullable=False),
        sa.Column("server_key", sa.String(100), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_push_browsers"),
    )
    op.create_index("ix_push_browsers_login", "push_browsers", ["login"])
    op.create_table(
        "push_messages",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("browser_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("deal_id", sa.String(20), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", INSTANT, nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_push_messages"),
        sa.ForeignKeyConstraint(
            ["browser_id"],
            ["push_browsers.id"],
            name="fk_push_messages_browser_id_push_browsers",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_push_messages_browser_id", "push_messages", ["browser_id"])


def downgrade() -> None:
    op.drop_table("push_messages")
    op.drop_table("push_browsers")
    op.drop_column("notice_preferences", "push")
