"""Deals: domain rules, YAML catalog, storage protocols and SQLAlchemy storage; settings."""
