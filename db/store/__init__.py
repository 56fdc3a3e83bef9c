"""Storage on SQLAlchemy: SQLite by default, PostgreSQL for a company."""
