"""Serial numbers of deals in a column of their own, to find the earlier repairs of a machine.

Only the deals of the service have a value: a nullable column, an index of its rows alone and an
update of two directions take no time that grows with the other deals.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

DIRECTIONS = ("warrantyService", "paidService", "spareParts")
FILLED = "serial IS NOT NULL"
AT_ONCE = 500


def upgrade() -> None:
    op.add_column("deals", sa.Column("serial", sa.String(60)))
    _fill()
    op.create_index(
        "ix_deals_serial_number",
        "deals",
        ["serial", "number"],
        sqlite_where=sa.text(FILLED),
        postgresql_where=sa.text(FILLED),
    )


def _fill() -> None:
    """Write the key as `db.domain.steps.repairs.serial_key` did when this migration was written."""
    deals = sa.table(
        "deals",
        sa.column("number", sa.Integer),
        sa.column("direction", sa.String),
        sa.column("serial", sa.String),
        sa.column("values", sa.JSON),
    )
    given = deals.c["values"]["serialNumber"].as_string()
    query = sa.select(deals.c.number, given.label("given")).where(
        deals.c.direction.in_(DIRECTIONS), given.is_not(None)
    )
    known = op.get_bind()
    rows = [
        {"row": row.number, "key": "".join(str(row.given).split()).upper()[:60] or None}
        for row in known.execute(query)
    ]
    change = (
        sa.update(deals)
        .where(deals.c.number == sa.bindparam("row"))
        .values(serial=sa.bindparam("key"))
    )
    for first in range(0, len(rows), AT_ONCE):
        known.execute(change, rows[first : first + AT_ONCE])


def downgrade() -> None:
    op.drop_index("ix_deals_serial_number", "deals")
    op.drop_column("deals", "serial")
