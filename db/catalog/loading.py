"""Loads and validates the catalog files."""

from pathlib import Path

from db.catalog.chains import check_chain, check_chains
from db.catalog.conversion import chain_of, direction_of, field_of, list_of, role_of
from db.catalog.errors import CatalogInvalid, Problem
from db.catalog.references import (
    Names,
    check_demo,
    check_fields,
    check_lists,
    check_roles,
)
from db.catalog.schema import (
    ApprovalFile,
    DemoFile,
    DirectionFile,
    FieldsFile,
    ListsFile,
    RolesFile,
)
from db.catalog.stages import check_direction, check_orders
from db.catalog.validation import shaped
from db.catalog.yaml_documents import Document, read_document
from db.domain.catalog import Catalog, FieldGroup

OWN_DIRECTORY = Path(__file__).parent
DIRECTIONS, APPROVALS = "directions", "approvals"


def load_catalog(directory: Path | None = None, *, demo: bool = False) -> Catalog:
    """Load the catalog of ``directory`` (default: the directory of this module).

    ``demo``: fill in the people of the demo company from demo.yaml.
    Raises: CatalogInvalid naming every problem by file and line.
    """
    return _Reading(directory or OWN_DIRECTORY).catalog(demo)


class _Reading:
    """State of one load: the parsed files and the problems found so far."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._fields, self._lists = self._read("fields.yaml"), self._read("lists.yaml")
        self._roles = self._read("roles.yaml")
        self._directions, self._approvals = self._read_all(DIRECTIONS), self._read_all(APPROVALS)

    def _read(self, name: str) -> Document:
        return read_document(self._directory, name)

    def _read_all(self, folder: str) -> list[Document]:
        paths = sorted((self._directory / folder).glob("*.yaml"))
        return [self._read(f"{folder}/{path.name}") for path in paths]

    def catalog(self, demo: bool) -> Catalog:
        fields, lists = shaped(self._fields, FieldsFile), shaped(self._lists, ListsFile)
        roles = shaped(self._roles, RolesFile)
        directions = [(d, shaped(d, DirectionFile)) for d in self._directions]
        chains = [(d, shaped(d, ApprovalFile)) for d in self._approvals]
        people_document = self._read("demo.yaml") if demo else Document("demo.yaml")
        people = shaped(people_document, DemoFile)

        self._check(fields, lists, roles, directions, chains)
        if people and lists:
            names = Names.of(self._fields, self._lists, self._roles)
            check_demo(people_document, people, lists, names)
        problems = self._problems(people_document)
        if problems or not (fields and lists and roles):
            raise CatalogInvalid(problems)

        found = sorted((raw for _, raw in directions if raw), key=lambda raw: raw.order)
        return Catalog(
            roles={c: role_of(c, raw) for c, raw in roles.roles.items()},
            groups={c: FieldGroup(c, label) for c, label in fields.groups.items()},
            fields={c: field_of(c, raw) for c, raw in fields.fields.items()},
            lists={c: list_of(c, raw, people, lists.lists) for c, raw in lists.lists.items()},
            directions={raw.code: direction_of(raw, fields) for raw in found},
            chains={raw.code: chain_of(raw) for _, raw in chains if raw},
        )

    def _check(
        self,
        fields: FieldsFile | None,
        lists: ListsFile | None,
        roles: RolesFile | None,
        directions: list[tuple[Document, DirectionFile | None]],
        chains: list[tuple[Document, ApprovalFile | None]],
    ) -> None:
        names = Names.of(self._fields, self._lists, self._roles)
        if fields:
            check_fields(self._fields, fields, names)
        if lists:
            check_lists(self._lists, lists, names)
        if roles:
            check_roles(self._roles, roles, names)
        shapes = [(document, raw) for document, raw in directions if raw]
        for document, raw in shapes:
            check_direction(document, raw, names)
        check_orders(shapes)
        known = {raw.code: raw for _, raw in shapes}
        drawn = [(document, chain) for document, chain in chains if chain]
        for place, chain in drawn:
            check_chain(place, chain, names, known if len(shapes) == len(directions) else {})
        check_chains(drawn)

    def _problems(self, people: Document) -> list[Problem]:
        universal = (self._fields, self._lists, self._roles, people)
        documents = (*universal, *self._directions, *self._approvals)
        found = [problem for document in documents for problem in document.problems]
        if not self._directions:
            text = "the folder is empty, add a file for each direction"
            found.append(Problem(DIRECTIONS, 1, text))
        return found
