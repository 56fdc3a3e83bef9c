"""Response schemas of universal lists."""

from typing import Any

from pydantic import Field

from api.http.pagination import Page
from api.http.schema import Named, PersonSchema, ResponseSchema
from db.domain.catalog import AttributeKind


class AttributeSchema(ResponseSchema, title="AttributeShape"):
    """An attribute that the items of a list have."""

    code: str = Field(title="Код", examples=["operator"])
    label: str = Field(title="Подпись", examples=["Оператор 1С"])
    kind: AttributeKind = Field(title="Вид: текст, сотрудник, выбор, дата", examples=["person"])
    role: str | None = Field(title="Роль сотрудника", examples=["onecOperators"])
    choices: list[Named] = Field(title="Из чего выбирают")


class ItemSchema(Named, title="ItemShape"):
    """An item of a list."""

    version: str = Field(title="Версия для If-Match", examples=["9f86d081884c7d65"])
    active: bool = Field(title="Действует")
    choosable: bool = Field(title="Можно выбрать сегодня: действует, и срок подходит")
    order: int = Field(title="Порядок")
    attributes: dict[str, str | None] = Field(title="Свойства", examples=[{"operator": "onec1"}])


class ListHead(Named):
    """A list without its items."""

    attributes: list[AttributeSchema] = Field(title="Свойства значений")


class AllLists(ResponseSchema):
    """All lists without their items."""

    items: list[ListHead] = Field(title="Списки")


class ListSchema(ListHead, title="ListShape"):
    """A list with its items."""

    items: list[ItemSchema] = Field(title="Значения по порядку")


class ListChange(ResponseSchema):
    """A change of a list item."""

    id: int = Field(title="Номер записи")
    code: str = Field(title="Код значения")
    at: str = Field(title="Когда")
    actor: PersonSchema = Field(title="Кто")
    old: Any = Field(title="Было")
    new: Any = Field(title="Стало")


class ListHistoryPage(Page):
    """A page of the history of a list, oldest first."""

    items: list[ListChange] = Field(title="Изменения")
