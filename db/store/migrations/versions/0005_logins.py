"""Logins: attempts, open sessions, and how often a password was changed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "login_attempts",
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("pause_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("proven_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place", "login", name=op.f("pk_login_attempts")),
    )
    op.create_index(op.f("ix_login_attempts_login"), "login_attempts", ["login"])
    op.create_index(op.f("ix_login_attempts_last_ms"), "login_attempts", ["last_ms"])
    op.create_table(
        "web_sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_web_sessions")),
    )
    op.create_index(op.f("ix_web_sessions_login"), "web_sessions", ["login"])
    op.create_index(op.f("ix_web_sessions_started_at"), "web_sessions", ["started_at"])
    op.create_table(
        "password_generations",
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_password_generations")),
    )


def downgrade() -> None:
    for table in ("password_generations", "web_sessions", "login_attempts"):
        op.drop_table(table)
