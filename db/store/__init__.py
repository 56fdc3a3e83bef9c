"""The storage of deals on SQLAlchemy: SQLite by default, PostgreSQL for a company."""
