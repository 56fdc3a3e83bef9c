"""Index of the deals' search texts; lists of deals by one column, ordered by number.

On PostgreSQL the index needs the extension pg_trgm, which `setup` creates and the owner of a
database may create. Where it cannot be created the migration says so and goes on: the search then
reads the whole table. A big table may have got the index before, without a lock, see docs/adr/0076.
"""

import logging

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

LISTED = ("direction", "stage", "manager", "inn")
OPEN = "closed_at IS NULL"
INVALID = """
    SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = pg_index.indexrelid
    WHERE relname = 'ix_deals_search' AND NOT indisvalid
"""
SCHEMA = """
    SELECT quote_ident(nspname) FROM pg_extension
    JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm'
"""
TRIGGERS = {
    "deals_search_insert": """
        AFTER INSERT ON deals BEGIN
            INSERT INTO deals_search (rowid, search) VALUES (new.number, new.search);
        END""",
    "deals_search_update": """
        AFTER UPDATE OF search ON deals WHEN old.search <> new.search BEGIN
            INSERT INTO deals_search (deals_search, rowid, search)
            VALUES ('delete', old.number, old.search);
            INSERT INTO deals_search (rowid, search) VALUES (new.number, new.search);
        END""",
    "deals_search_delete": """
        AFTER DELETE ON deals BEGIN
            INSERT INTO deals_search (deals_search, rowid, search)
            VALUES ('delete', old.number, old.search);
        END""",
}

log = logging.getLogger(__name__)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL statement_timeout = 0")  # a million deals take longer than 30 s
    for column in LISTED:
        op.create_index(f"ix_deals_{column}_number", "deals", [column, "number"])
        op.drop_index(f"ix_deals_{column}", "deals")
    op.create_index(
        "ix_deals_open",
        "deals",
        ["number"],
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
    if op.get_bind().dialect.name == "postgresql":
        _index_of_postgresql()
    else:
        _index_of_sqlite()


def _index_of_postgresql() -> None:
    # More samples: how common a word is decides between this index and a walk from the newest deal.
    op.execute("ALTER TABLE deals ALTER COLUMN search SET STATISTICS 1000")
    try:
        with op.get_bind().begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError as error:
        log.warning("The search of deals has no index, pg_trgm is missing: %s", error.orig)
        return
    if op.get_bind().scalar(sa.text(INVALID)):  # CREATE INDEX CONCURRENTLY was interrupted
        op.execute("DROP INDEX ix_deals_search")
    # Whoever created the extension, its schema need not be in the search path.
    operators = f"{op.get_bind().scalar(sa.text(SCHEMA))}.gin_trgm_ops"
    op.execute(
        f"CREATE INDEX IF NOT EXISTS ix_deals_search ON deals USING gin (search {operators})"
    )
    op.execute("ANALYZE deals (search)")


def _index_of_sqlite() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE deals_search USING fts5(search, content='deals', "
        "content_rowid='number', tokenize='trigram case_sensitive 1')"
    )
    op.execute("INSERT INTO deals_search (deals_search) VALUES ('rebuild')")
    for name, body in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {body}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX IF EXISTS ix_deals_search")
        op.execute("ALTER TABLE deals ALTER COLUMN search SET STATISTICS -1")
    else:
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")
        op.execute("DROP TABLE deals_search")
    op.drop_index("ix_deals_open", "deals")
    for column in LISTED:
        op.create_index(f"ix_deals_{column}", "deals", [column])
        op.drop_index(f"ix_deals_{column}_number", "deals")
