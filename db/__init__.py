"""The deal: domain rules, catalog, storage ports and SQLAlchemy storage."""
