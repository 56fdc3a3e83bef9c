"""Deal numbers of PostgreSQL come from a sequence, so that new deals do not wait for each other."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite has one writer at a time and keeps its counter
    op.execute("CREATE SEQUENCE deal_numbers AS integer")
    op.execute("SELECT setval('deal_numbers', value + 1, false) FROM counters WHERE name = 'deal'")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("UPDATE counters SET value = nextval('deal_numbers') WHERE name = 'deal'")
    op.execute("DROP SEQUENCE deal_numbers")
