"""Approval chains: the chain of a round, the answers of a decision.

Both columns have a constant default, so no database writes the existing rows again.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0012"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    chain = sa.Column("chain", sa.String(64), nullable=False, server_default="newClientTerms")
    op.add_column("approval_rounds", chain)
    op.add_column("decisions", sa.Column("answers", DOCUMENT, nullable=False, server_default="{}"))


def downgrade() -> None:
    with op.batch_alter_table("decisions") as decisions:
        decisions.drop_column("answers")
    with op.batch_alter_table("approval_rounds") as rounds:
        rounds.drop_column("chain")
