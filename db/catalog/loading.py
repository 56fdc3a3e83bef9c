"""Loads and validates the catalog files."""

from pathlib import Path

from db.catalog.conversion import direction_of, field_of, list_of, steps_of
from db.catalog.errors import CatalogInvalid, Problem
from db.catalog.references import Names, check_approvals, check_demo, check_fields, check_lists
from db.catalog.schema import (
    ApprovalsFile,
    DemoFile,
    DirectionFile,
    FieldsFile,
    ListsFile,
    RolesFile,
)
from db.catalog.stages import check_direction, check_orders
from db.catalog.validation import shaped
from db.catalog.yaml_documents import Document, read_document
from db.domain.catalog import Catalog, FieldGroup, Role

OWN_DIRECTORY = Path(__file__).parent
DIRECTIONS = "directions"


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
        self._roles, self._approvals = self._read("roles.yaml"), self._read("approvals.yaml")
        paths = sorted((directory / DIRECTIONS).glob("*.yaml"))
        self._directions = [self._read(f"{DIRECTIONS}/{path.name}") for path in paths]

    def _read(self, name: str) -> Document:
        return read_document(self._directory, name)

    def catalog(self, demo: bool) -> Catalog:
        fields, lists = shaped(self._fields, FieldsFile), shaped(self._lists, ListsFile)
        roles, approvals = shaped(self._roles, RolesFile), shaped(self._approvals, ApprovalsFile)
        directions = [(d, shaped(d, DirectionFile)) for d in self._directions]
        people_document = self._read("demo.yaml") if demo else Document("demo.yaml")
        people = shaped(people_document, DemoFile)

        self._check(fields, lists, approvals, directions)
        if people and lists:
            check_demo(people_document, people, lists)
        problems = self._problems(people_document)
        if problems or not (fields and lists and roles and approvals):
            raise CatalogInvalid(problems)

        found = sorted((raw for _, raw in directions if raw), key=lambda raw: raw.order)
        return Catalog(
            roles={c: Role(c, r.name, r.description) for c, r in roles.roles.items()},
            groups={c: FieldGroup(c, label) for c, label in fields.groups.items()},
            fields={c: field_of(c, raw) for c, raw in fields.fields.items()},
            lists={c: list_of(c, raw, people) for c, raw in lists.lists.items()},
            directions={raw.code: direction_of(raw, fields) for raw in found},
            approval_steps=steps_of(approvals),
        )

    def _check(
        self,
        fields: FieldsFile | None,
        lists: ListsFile | None,
        approvals: ApprovalsFile | None,
        directions: list[tuple[Document, DirectionFile | None]],
    ) -> None:
        names = Names.of(self._fields, self._lists, self._roles)
        if fields:
            check_fields(self._fields, fields, names)
        if lists:
            check_lists(self._lists, lists, names)
        if approvals:
            check_approvals(self._approvals, approvals, names)
        shapes = [(document, raw) for document, raw in directions if raw]
        for document, raw in shapes:
            check_direction(document, raw, names)
        check_orders(shapes)

    def _problems(self, people: Document) -> list[Problem]:
        universal = (self._fields, self._lists, self._roles, self._approvals, people)
        found = [p for document in (*universal, *self._directions) for p in document.problems]
        if not self._directions:
            text = "the folder is empty, add a file for each direction"
            found.append(Problem(DIRECTIONS, 1, text))
        return found
