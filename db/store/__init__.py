"""Storage on SQLAlchemy: SQLite by default, PostgreSQL for a company.

The protocols in `db.ports` document the methods that the repositories implement.
"""
