"""The catalogue files and the way to read them: `load_catalog` returns them as domain objects."""

from db.catalog.errors import CatalogInvalid, Problem
from db.catalog.loading import load_catalog

__all__ = ["CatalogInvalid", "Problem", "load_catalog"]
