"""Fulfilment: runs, bindings to rows of 1C, absences, side processes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "fulfilment_runs",
        sa.Column("deal_id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("stage_before", sa.String(length=60), nullable=False),
        sa.Column("direction", sa.String(length=60), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("shipment_number", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name=op.f("fk_fulfilment_runs_deal_id")),
        sa.PrimaryKeyConstraint("deal_id", "number", name=op.f("pk_fulfilment_runs")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_fulfilment_runs_instance_id")),
    )
    op.create_table(
        "onec_bindings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("deal_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("infobase", sa.String(length=60), nullable=False),
        sa.Column("ref_key", sa.String(length=36), nullable=True),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("number_entered", sa.String(length=100), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("counterparty_ref", sa.String(length=36), nullable=True),
        sa.Column("organisation", sa.String(length=255), nullable=False),
        sa.Column("data_version", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("verified_at", INSTANT, nullable=True),
        sa.Column("verified_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("settled_version", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name=op.f("fk_onec_bindings_deal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onec_bindings")),
    )
    op.create_index(op.f("ix_onec_bindings_deal_id"), "onec_bindings", ["deal_id"])
    op.create_index("ix_onec_bindings_ref_key", "onec_bindings", ["infobase", "ref_key"])
    _unique("uq_onec_bindings_active", ["deal_id", "kind", "run"], "active")
    _unique("uq_onec_bindings_shipment", ["infobase", "ref_key"], "active AND kind = 'shipment'")
    op.create_table(
        "absences",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("substitute", sa.String(length=64), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("cancelled_by", sa.String(length=64), nullable=True),
        sa.Column("cancelled_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_person"), "absences", ["person"])
    op.create_table(
        "side_processes",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("deal_id", sa.String(length=20), nullable=False),
        sa.Column("process", sa.String(length=64), nullable=False),
        sa.Column("variables", DOCUMENT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name=op.f("fk_side_processes_deal_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_side_processes")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_side_processes_instance_id")),
    )
    op.create_index(op.f("ix_side_processes_deal_id"), "side_processes", ["deal_id"])
    op.create_index(op.f("ix_side_processes_closed_at"), "side_processes", ["closed_at"])


def _unique(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        "onec_bindings",
        columns,
        unique=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def downgrade() -> None:
    for table in ("side_processes", "absences", "onec_bindings", "fulfilment_runs"):
        op.drop_table(table)
