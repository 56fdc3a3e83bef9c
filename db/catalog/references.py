"""Checks of references between catalog files: every name used must be defined."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from db.catalog.errors import suggestion
from db.catalog.schema import (
    AttributeShape,
    ConditionShape,
    DemoFile,
    FieldsFile,
    ListsFile,
    ListShape,
    RolesFile,
)
from db.catalog.yaml_documents import Document, Place
from db.domain.catalog import Access, FieldKind
from db.domain.people.roles import ADMINISTRATORS

LIST_KINDS = (FieldKind.LIST, FieldKind.MULTI_LIST)
ALWAYS_COMMON = ("lossReason", "lossComment")


@dataclass(frozen=True)
class Names:
    """Names defined by the shared files, collected even from files with other mistakes."""

    groups: Collection[str]
    fields: Collection[str]
    common: Collection[str]
    roles: Collection[str]
    access: Mapping[str, str | None]
    """Role → its access."""
    lists: Mapping[str, Collection[str]]
    """List code → its item codes."""
    list_of: Mapping[str, str | None]
    """Field code → its list."""
    files: Collection[str]
    """Codes of file fields."""
    money: Collection[str]
    """Codes of fields that hold an amount of money."""

    @classmethod
    def of(cls, fields: Document, lists: Document, roles: Document) -> "Names":
        entries = _entries(fields, "fields")
        common = fields.section("common")
        return cls(
            groups=fields.names("groups"),
            fields=fields.names("fields"),
            common=[c for c in common if isinstance(c, str)] if isinstance(common, list) else (),
            roles=roles.names("roles"),
            access={c: _text(e.get("access")) for c, e in _entries(roles, "roles").items()},
            lists={c: _keys(e.get("items")) for c, e in _entries(lists, "lists").items()},
            list_of={c: _text(e.get("list")) for c, e in entries.items()},
            files=[c for c, e in entries.items() if e.get("kind") == FieldKind.FILE],
            money=[c for c, e in entries.items() if e.get("kind") == FieldKind.MONEY],
        )


def _entries(document: Document, section: str) -> dict[str, dict[str, object]]:
    found = document.section(section)
    entries = found.items() if isinstance(found, dict) else ()
    return {code: entry if isinstance(entry, dict) else {} for code, entry in entries}


def _keys(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, dict) else ()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def refer(document: Document, place: Place, what: str, code: str, known: Collection[str]) -> bool:
    """Report an unknown ``code``; silent when the defining file could not be read."""
    if known and code not in known:
        document.blame(place, f"unknown {what} '{code}'{suggestion(code, known)}")
        return False
    return True


def once(document: Document, place: Place, codes: Iterable[str]) -> None:
    """Report every duplicate code of a list."""
    seen: set[str] = set()
    for position, code in enumerate(codes):
        if code in seen:
            document.blame((*place, position), f"'{code}' is here twice, remove one")
        seen.add(code)


def check_condition(
    document: Document, place: Place, condition: ConditionShape, names: Names
) -> None:
    """Report a condition that has not exactly one test, an unknown or file field, or unknown list
    items.
    """
    said = [bool(condition.one_of), condition.length is not None, bool(condition.filled)]
    if sum(said) != 1:
        document.blame(place, "a condition needs exactly one of: is, length, filled")
    if not refer(document, (*place, "field"), "field", condition.field, names.fields):
        return
    if condition.field in names.files:
        text = f"'{condition.field}' is a file, a condition can only ask for values"
        document.blame((*place, "field"), text)
    items = names.lists.get(names.list_of.get(condition.field) or "", ())
    for position, value in enumerate(condition.one_of):
        if items:
            refer(document, (*place, "is", position), "list item", str(value), items)


def check_fields(document: Document, file: FieldsFile, names: Names) -> None:
    """Report invalid entries of `fields.yaml`: missing common fields, unknown groups, lists and
    roles.
    """
    once(document, ("common",), file.common)
    for position, code in enumerate(file.common):
        refer(document, ("common", position), "field", code, names.fields)
    for code in ALWAYS_COMMON:
        if code not in file.common:
            document.blame(("common",), f"add '{code}': every deal can be lost with a reason")
    for code, known in file.fields.items():
        place = ("fields", code)
        refer(document, (*place, "group"), "group", known.group, names.groups)
        if (known.kind in LIST_KINDS) != (known.list is not None):
            rule = "needs the key 'list'" if known.list is None else "takes no key 'list'"
            document.blame(place, f"field '{code}' of kind {known.kind.value} {rule}")
        elif known.list is not None:
            refer(document, (*place, "list"), "list", known.list, names.lists)
        for role in known.filled_by:
            refer(document, (*place, "filledBy"), "role", role, names.roles)
        if known.role is not None:
            refer(document, (*place, "role"), "role", known.role, names.roles)
            if known.kind is not FieldKind.USER:
                document.blame((*place, "role"), "only a field of kind user has a role")
        if known.minimum is not None and known.kind is not FieldKind.INTEGER:
            document.blame((*place, "minimum"), "only a field of kind integer has a minimum")
        if known.only_when is not None:
            check_condition(document, (*place, "onlyWhen"), known.only_when, names)


def check_lists(document: Document, file: ListsFile, names: Names) -> None:
    """Report unknown roles and attributes in `lists.yaml`."""
    for code, known in file.lists.items():
        for name, attribute in known.attributes.items():
            _check_spec(document, ("lists", code, "attributes", name), attribute, names)
        for item, entry in known.items.items():
            place = ("lists", code, "items", item, "attributes")
            _check_attributes(document, place, entry.attributes, known, names)


def check_roles(document: Document, file: RolesFile, names: Names) -> None:
    """Report heads in `roles.yaml` that are unknown or the role itself, and an access of
    administrators for any but theirs.
    """
    for code, known in file.roles.items():
        if (Access(known.access) is Access.ADMINS) != (code == ADMINISTRATORS):
            text = f"only {ADMINISTRATORS} has the access {Access.ADMINS}, and no other"
            document.blame(("roles", code, "access"), text)
        place = ("roles", code, "head")
        if refer(document, place, "role", known.head, names.roles) and known.head == code:
            document.blame(place, f"'{code}' is its own head, name another role")


def _check_spec(document: Document, place: Place, known: AttributeShape, names: Names) -> None:
    if known.role is not None:
        refer(document, (*place, "role"), "role", known.role, names.roles)
    if known.list is not None:
        refer(document, (*place, "list"), "list", known.list, names.lists)
    given = (known.role is not None, bool(known.choices), known.list is not None, known.kind)
    if sum(map(bool, given)) > 1:
        document.blame(place, "an attribute takes only one of: role, choices, list, kind")


def _check_attributes(
    document: Document,
    place: Place,
    attributes: Mapping[str, str],
    known: ListShape,
    names: Names,
) -> None:
    for name, value in attributes.items():
        here = (*place, name)
        if refer(document, here, "attribute", name, known.attributes or ("none",)):
            _check_attribute(document, here, value, known.attributes[name], names)


def _check_attribute(
    document: Document, place: Place, value: str, known: AttributeShape, names: Names
) -> None:
    if known.list is not None:
        refer(document, place, "choice", value, names.lists.get(known.list, ()))
    if known.choices:
        refer(document, place, "choice", value, known.choices)
    if known.kind == "date" and not _is_day(value):
        document.blame(place, f"'{value}' is not a date like 2026-11-23")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def check_demo(document: Document, file: DemoFile, lists: ListsFile, names: Names) -> None:
    """Report unknown lists, items and attributes in `demo.yaml`."""
    for code, items in file.lists.items():
        if not refer(document, ("lists", code), "list", code, lists.lists):
            continue
        known = lists.lists[code]
        for item, attributes in items.items():
            refer(document, ("lists", code, item), "list item", item, known.items)
            _check_attributes(document, ("lists", code, item), attributes, known, names)
