"""An approval chain that exists in no commit: four files, no code.

Direction «Новые поставщики»: three experts decide in parallel, then the commercial director.
"""

import shutil
from pathlib import Path

from db.catalog import load_catalog
from db.catalog.loading import OWN_DIRECTORY
from db.domain.catalog import Catalog

FILES = Path(__file__).parent
DIAGRAMS = sorted(FILES.glob("*.bpmn"))
EXPERTS = {"demand": "head1", "repair": "engineer1", "tax": "accountant1"}
"""Step of the parallel group → login of a demo employee of its role."""


def add_suppliers(root: Path) -> None:
    """Add the direction, the chain and the diagrams to a copy of the product."""
    add_to_catalog(root / "db/catalog")
    for diagram in DIAGRAMS:
        shutil.copy(diagram, root / "bpmn/processes")


def add_to_catalog(directory: Path) -> None:
    """Add the direction and the chain to a copy of the catalog."""
    shutil.copy(FILES / "suppliers.yaml", directory / "directions")
    shutil.copy(FILES / "supplierReview.yaml", directory / "approvals")


def catalog_with_suppliers(directory: Path) -> Catalog:
    """The delivered catalog with the chain added, loaded from ``directory``."""
    copy = directory / "catalog"
    shutil.copytree(OWN_DIRECTORY, copy)
    add_to_catalog(copy)
    return load_catalog(copy)
