"""What an item of a universal list must satisfy before it is kept."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from api.engine.users import Employees
from db.domain.catalog import (
    VALID_FROM,
    VALID_TO,
    AttributeKind,
    ListAttribute,
    ListItem,
    UniversalList,
)
from db.domain.errors import FieldProblem, FieldsInvalid


def checked_item(
    known: UniversalList, item: ListItem, standing: ListItem | None, employees: Employees
) -> ListItem:
    """The item with blank attributes as None. Asks the engine who is in a role.

    ``standing``: the item as it is kept. What it says already needs no fresh check: an item can
    be retired after its operator was dismissed.
    Raises: FieldsInvalid naming every bad attribute; Unavailable.
    """
    attributes = {code: (value or "").strip() or None for code, value in item.attributes.items()}
    stands = standing.attributes if standing else {}
    problems = []
    for code, value in attributes.items():
        about = known.attributes.get(code)
        if about is None:
            problems.append(FieldProblem(code, code, "Такого свойства нет у значений списка."))
        elif value and value != stands.get(code) and (wrong := _wrong(about, value, employees)):
            problems.append(FieldProblem(code, about.label, wrong))
    if not problems and _ends_before_it_begins(attributes):
        label = known.attributes[VALID_TO].label
        problems.append(FieldProblem(VALID_TO, label, "Окончание срока раньше его начала."))
    if problems:
        raise FieldsInvalid(problems)
    return replace(item, attributes=attributes)


def _wrong(about: ListAttribute, value: str, employees: Employees) -> str | None:
    match about.kind:
        case AttributeKind.PERSON if about.role and not employees.is_in(value, about.role):
            return f"{value} не работает в этой роли. Выберите действующего сотрудника."
        case AttributeKind.CHOICE if value not in about.choices:
            return f"Выберите одно из: {', '.join(about.choices.values())}."
        case AttributeKind.DATE if not _is_day(value):
            return "Укажите дату, например 2026-11-23."
    return None


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _ends_before_it_begins(attributes: Mapping[str, str | None]) -> bool:
    start, end = attributes.get(VALID_FROM), attributes.get(VALID_TO)
    return bool(start and end and end < start)
