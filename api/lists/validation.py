"""Definitions of lists, and validation of items against them and the members of roles."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from api.engine.users import Employees
from api.http.problems import HttpRefusal
from db.domain.catalog import (
    VALID_FROM,
    VALID_TO,
    AttributeKind,
    Catalog,
    ListAttribute,
    ListItem,
    UniversalList,
)
from db.domain.errors import FieldProblem, FieldsInvalid


class ListNotFound(HttpRefusal):
    """The catalog has no list of this code."""

    code = "LIST_NOT_FOUND"
    status = 404

    def __init__(self, list_code: str) -> None:
        super().__init__(f"Списка «{list_code}» нет. Все списки: GET /api/v1/lists.")


def list_definition(catalog: Catalog, code: str) -> UniversalList:
    """The definition of a list. Raises: ListNotFound."""
    if (known := catalog.lists.get(code)) is None:
        raise ListNotFound(code)
    return known


def validated_item(
    known: UniversalList, item: ListItem, current: ListItem | None, employees: Employees
) -> ListItem:
    """The item with blank attributes as None. Fetches the members of roles from the engine.

    ``current``: the stored item. Values that it already has are not checked again, so an item can
    be retired after its operator was dismissed.
    Raises: FieldsInvalid with every invalid attribute; Unavailable.
    """
    attributes = {code: (value or "").strip() or None for code, value in item.attributes.items()}
    stored = current.attributes if current else {}
    problems = []
    for code, value in attributes.items():
        attribute = known.attributes.get(code)
        if attribute is None:
            problems.append(FieldProblem(code, code, "Такого свойства нет у значений списка."))
            continue
        if value and value != stored.get(code):
            problem = _problem(attribute, value, employees)
            problems += [FieldProblem(code, attribute.label, problem)] if problem else []
    if not problems and _ends_before_start(attributes):
        label = known.attributes[VALID_TO].label
        problems.append(FieldProblem(VALID_TO, label, "Окончание срока раньше его начала."))
    if problems:
        raise FieldsInvalid(problems)
    return replace(item, attributes=attributes)


def _problem(attribute: ListAttribute, value: str, employees: Employees) -> str | None:
    match attribute.kind:
        case AttributeKind.PERSON if attribute.role and not employees.is_in(value, attribute.role):
            return f"{value} не работает в этой роли. Выберите действующего сотрудника."
        case AttributeKind.CHOICE if value not in attribute.choices:
            return f"Выберите одно из: {', '.join(attribute.choices.values())}."
        case AttributeKind.DATE if not _is_date(value):
            return "Укажите дату, например 2026-11-23."
    return None


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _ends_before_start(attributes: Mapping[str, str | None]) -> bool:
    start, end = attributes.get(VALID_FROM), attributes.get(VALID_TO)
    return bool(start and end and end < start)
