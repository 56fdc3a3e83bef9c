"""Board and duplicates: sums and indexes of open deals, keys of contacts, saved views of lists.

Safe on a big table: the sum is filled for open deals only, which the board shows; the keys of all
contacts go into a table of their own by one INSERT … SELECT, so no row of `deals` is rewritten for
them. Building the indexes locks `deals` against writing for the time of a scan.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0018"
branch_labels = None
depends_on = None

OPEN = "closed_at IS NULL"
AMOUNTS = {
    "newClients": "limit",
    "activeWholesale": "orderAmount",
    "claims": "claimAmount",
    "newProduct": "firstPurchaseAmount",
    "onlineSales": "orderAmount",
    "paidService": "repairCost",
    "purchasing": "orderAmount",
    "receivables": "debtAmount",
    "retailSales": "orderAmount",
    "spareParts": "partPrice",
    "tenders": "ourPrice",
    "dealerContracts": "annualPlan",
}
"""Fields with the sum of a deal as the catalog named them when this was written."""
INDEXES = {
    "ix_deals_board": ["direction", "stage", "stage_since", "number", "amount"],
    "ix_deals_own_board": ["manager", "direction", "stage", "stage_since", "number", "amount"],
}
AT_ONCE = 500


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL statement_timeout = 0")
    op.add_column("deals", sa.Column("amount", sa.BigInteger))
    _fill_amounts()
    for name, columns in INDEXES.items():
        op.create_index(
            name,
            "deals",
            columns,
            sqlite_where=sa.text(OPEN),
            postgresql_where=sa.text(OPEN),
        )
    _create_contacts()
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("query", _document(), nullable=False),
        sa.UniqueConstraint("login", "name", name="uq_saved_views_login_name"),
    )
    with_deal = sa.text("deal_id IS NOT NULL")
    op.create_index(
        "ix_mails_deal_id",
        "mails",
        ["deal_id", "created_at"],
        sqlite_where=with_deal,
        postgresql_where=with_deal,
    )


def _document() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")


def _fill_amounts() -> None:
    """Write the sums of open deals in kopecks. They are decimals with two places or none."""
    deals = _deals()
    known = op.get_bind()
    change = (
        sa.update(deals)
        .where(deals.c.number == sa.bindparam("row"))
        .values(amount=sa.bindparam("kopecks"))
    )
    for direction, code in AMOUNTS.items():
        given = deals.c["values"][code].as_string()
        query = sa.select(deals.c.number, given.label("given")).where(
            deals.c.direction == direction, sa.text(OPEN), given.is_not(None)
        )
        rows = [{"row": row.number, "kopecks": _kopecks(row.given)} for row in known.execute(query)]
        for first in range(0, len(rows), AT_ONCE):
            known.execute(change, rows[first : first + AT_ONCE])


def _kopecks(amount: str) -> int:
    whole, _, rest = amount.partition(".")
    return int(whole) * 100 + int((rest + "00")[:2])


def _create_contacts() -> None:
    """Create the table of contacts; keys as `db.domain.fields.contacts` made them at the time."""
    op.create_table(
        "deal_contacts",
        sa.Column("key", sa.String(500), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("key", "number", name="pk_deal_contacts"),
        sa.ForeignKeyConstraint(["number"], ["deals.number"], name="fk_deal_contacts_number"),
    )
    deals = _deals()
    phone: sa.ColumnElement[str] = deals.c["values"]["contactPhone"].as_string()
    email = sa.func.lower(deals.c["values"]["contactEmail"].as_string())
    for character in "+() -":
        phone = sa.func.replace(phone, character, "")
    last = sa.func.substr(phone, sa.func.greatest(sa.func.length(phone) - 9, 1))
    if op.get_bind().dialect.name == "sqlite":
        last = sa.func.substr(phone, sa.func.max(sa.func.length(phone) - 9, 1))
    contacts = sa.table("deal_contacts", sa.column("key"), sa.column("number"))
    for key, condition in ((last, sa.func.length(phone) >= 5), (email, email.is_not(None))):
        found = sa.select(key, deals.c.number).where(condition)
        op.execute(sa.insert(contacts).from_select(["key", "number"], found))
    op.create_index("ix_deal_contacts_number", "deal_contacts", ["number"])


def _deals() -> sa.TableClause:
    return sa.table(
        "deals",
        sa.column("number", sa.Integer),
        sa.column("direction", sa.String),
        sa.column("amount", sa.BigInteger),
        sa.column("values", _document()),
    )


def downgrade() -> None:
    op.drop_index("ix_mails_deal_id", "mails")
    op.drop_table("saved_views")
    op.drop_table("deal_contacts")
    for name in INDEXES:
        op.drop_index(name, "deals")
    op.drop_column("deals", "amount")
