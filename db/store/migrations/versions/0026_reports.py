"""Reports: indexes of the times by which they find moves, decisions and ended shipments.

Safe on a big table: no row is rewritten. Building the index of `history` locks it against writing
for the time of one scan; it holds moves only, some five rows per deal.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

IS_MOVE = "kind IN ('created', 'stage')"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL statement_timeout = 0")
    op.create_index(
        "ix_history_moves",
        "history",
        ["at", "deal_id"],
        sqlite_where=sa.text(IS_MOVE),
        postgresql_where=sa.text(IS_MOVE),
    )
    op.create_index("ix_decisions_at", "decisions", ["at"])
    op.create_index("ix_fulfilment_runs_closed_at", "fulfilment_runs", ["closed_at"])


def downgrade() -> None:
    op.drop_index("ix_fulfilment_runs_closed_at", "fulfilment_runs")
    op.drop_index("ix_decisions_at", "decisions")
    op.drop_index("ix_history_moves", "history")
