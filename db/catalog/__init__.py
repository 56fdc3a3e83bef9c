"""The YAML catalog and its loader: `load_catalog` returns domain objects."""

from db.catalog.errors import CatalogInvalid, Problem
from db.catalog.loading import load_catalog

__all__ = ["CatalogInvalid", "Problem", "load_catalog"]
