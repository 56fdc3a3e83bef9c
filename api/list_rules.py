"""What an item of a universal list must satisfy before it is kept."""

from collections.abc import Mapping
from dataclasses import replace

from api.people import People
from db.domain.catalog import ListItem, UniversalList
from db.domain.errors import FieldProblem, FieldsInvalid

GROUPS: Mapping[str, str] = {
    "operator": "onecOperators",
    "storekeeper": "storekeepers",
    "driver": "drivers",
}
"""Attributes that name a person, and the role this person must have."""


def checked_item(known: UniversalList, item: ListItem, staff: People) -> ListItem:
    """The item with blank attributes as None. Asks the engine who is in a group.

    Raises: FieldsInvalid naming every bad attribute; Unavailable.
    """
    attributes = {code: (value or "").strip() or None for code, value in item.attributes.items()}
    problems = []
    for code, value in attributes.items():
        label = known.attributes.get(code)
        if label is None:
            problems.append(FieldProblem(code, code, "Такого свойства нет у значений списка."))
        elif value and code in GROUPS and not staff.is_in(value, GROUPS[code]):
            sentence = f"{value} не работает в этой роли. Выберите действующего сотрудника."
            problems.append(FieldProblem(code, label, sentence))
    if problems:
        raise FieldsInvalid(problems)
    return replace(item, attributes=attributes)
