"""Repositories of a deal's own data."""
