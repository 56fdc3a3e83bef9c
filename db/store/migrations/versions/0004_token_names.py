"""Tokens: at any moment a name means one of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NAME = "uq_tokens_name"
LONGEST = 58  # with `token:` before it, a name fits the history's column
TOKENS = sa.table(
    "tokens",
    sa.column("id", sa.String),
    sa.column("name", sa.String),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("expires_at", sa.DateTime(timezone=True)),
    sa.column("revoked_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    _rename_namesakes(op.get_bind())
    valid = sa.text("revoked_at IS NULL")
    op.create_index(
        NAME, "tokens", ["name"], unique=True, sqlite_where=valid, postgresql_where=valid
    )


def _rename_namesakes(connection: sa.Connection) -> None:
    """The oldest valid token keeps the name, before all that have run out; later ones go on under
    name-2, name-3…; a name that the history has no room for is cut."""
    query = sa.select(TOKENS.c.id, TOKENS.c.name).where(TOKENS.c.revoked_at.is_(None))
    ran_out = sa.case((TOKENS.c.expires_at <= sa.func.now(), 1), else_=0)
    rows = connection.execute(query.order_by(ran_out, TOKENS.c.created_at, TOKENS.c.id)).all()
    taken, kept = {name for _, name in rows}, set[str]()
    for token_id, name in rows:
        if name not in kept and len(name) <= LONGEST:
            kept.add(name)
            continue
        wanted = (f"{name[: LONGEST - 6]}-{number}" for number in range(2, len(rows) + 3))
        new = next(one for one in wanted if one not in taken)
        taken.add(new)
        connection.execute(sa.update(TOKENS).where(TOKENS.c.id == token_id).values(name=new))


def downgrade() -> None:
    op.drop_index(NAME, "tokens")
