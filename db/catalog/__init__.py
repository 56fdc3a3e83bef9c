"""The catalogue files and the way to read them: `load_catalog` returns them as domain objects."""

from db.catalog.loading import load_catalog
from db.catalog.problems import CatalogInvalid, Problem

__all__ = ["CatalogInvalid", "Problem", "load_catalog"]
