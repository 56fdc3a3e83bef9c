"""Table of requests for the goods of an order in 1C; touches no other table."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ANSWER = sa.JSON().with_variant(JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
WAITING = sa.text("answered_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "order_requests",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("deal_id", sa.String(20), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("number", sa.String(100), nullable=False),
        sa.Column("picked", sa.String(36), nullable=True),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("answer", ANSWER, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_order_requests"),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name="fk_order_requests_deal_id_deals"),
    )
    op.create_index("ix_order_requests_deal_id", "order_requests", ["deal_id"])
    op.create_index("ix_order_requests_asked_at", "order_requests", ["asked_at"])
    op.create_index(
        "ix_order_requests_waiting",
        "order_requests",
        ["asked_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    op.drop_table("order_requests")
