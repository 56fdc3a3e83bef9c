"""Name, article and barcode of new products in the search texts of their deals.

Only the deals of one direction have them, found by its index: no time that grows with the others.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

DIRECTION = "newProduct"
SEARCHED = ("productName", "manufacturerCode", "barcode")
AT_ONCE = 500


def upgrade() -> None:
    """Add the words as `db.store.deals.deals` wrote them when this migration was written."""
    deals = sa.table(
        "deals",
        sa.column("number", sa.Integer),
        sa.column("direction", sa.String),
        sa.column("search", sa.Text),
        sa.column("values", sa.JSON),
    )
    change = (
        sa.update(deals)
        .where(deals.c.number == sa.bindparam("row"))
        .values(search=sa.bindparam("words"))
    )
    words = [deals.c["values"][code].as_string().label(code) for code in SEARCHED]
    known, last = op.get_bind(), 0
    while True:
        query = (
            sa.select(deals.c.number, deals.c.search, *words)
            .where(deals.c.direction == DIRECTION, deals.c.number > last)
            .order_by(deals.c.number)
            .limit(AT_ONCE)
        )
        rows = known.execute(query).all()
        if not rows:
            return
        last = rows[-1].number
        known.execute(change, [{"row": row.number, "words": _words(row)} for row in rows])


def _words(row: sa.Row[tuple[object, ...]]) -> str:
    given = [text for code in SEARCHED if (text := getattr(row, code))]
    return " ".join([row.search, *(str(text).casefold() for text in given)])


def downgrade() -> None:
    """Nothing to take back: more words are found than before, until a deal is saved."""
