"""Repairs: orders of parts by their repair, and offers of the cost by one-time links.

No deal of an earlier release names a repair, so its column is null and the index has no rows. The
text of an e-mail with a link is deleted when it is sent: a column with a constant default. Neither
rewrites rows.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None

FILLED = "repair_id IS NOT NULL"
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("deals", sa.Column("repair_id", sa.String(20)))
    op.create_index(
        "ix_deals_repair_number",
        "deals",
        ["repair_id", "number"],
        sqlite_where=sa.text(FILLED),
        postgresql_where=sa.text(FILLED),
    )
    op.add_column(
        "mails", sa.Column("secret", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "cost_offers",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("deal_id", sa.String(20), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("move", sa.Integer(), nullable=False),
        sa.Column("terms", DOCUMENT, nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(20)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name="fk_cost_offers_deal_id_deals"),
        sa.PrimaryKeyConstraint("id", name="pk_cost_offers"),
        sa.UniqueConstraint("token_hash", name="uq_cost_offers_token_hash"),
    )
    op.create_index("ix_cost_offers_deal_id", "cost_offers", ["deal_id"])


def downgrade() -> None:
    op.drop_index("ix_cost_offers_deal_id", "cost_offers")
    op.drop_table("cost_offers")
    op.drop_column("mails", "secret")
    op.drop_index("ix_deals_repair_number", "deals")
    op.drop_column("deals", "repair_id")
