"""Letters: the deal that a letter is about, its lease, and who asked to send it again."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("mails") as mails:
        mails.add_column(sa.Column("deal_id", sa.String(length=20), nullable=True))
        mails.add_column(sa.Column("leased_until", INSTANT, nullable=True))
        mails.add_column(sa.Column("resent_by", sa.String(length=64), nullable=True))
        mails.add_column(sa.Column("resent_at", INSTANT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("mails") as mails:
        for column in ("resent_at", "resent_by", "leased_until", "deal_id"):
            mails.drop_column(column)
