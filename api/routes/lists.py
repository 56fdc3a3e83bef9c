"""Universal lists: read by everybody, kept by the portal administrator."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import Field

from api.list_rules import checked_item
from api.resources import Acting, Caller, Opened, Staff
from api.shapes import Code, Line, Named, PersonShape, Shape, Text, Wish
from api.strict_json import StrictRoute
from db.domain.catalog import Catalog, ListItem, UniversalList
from db.domain.errors import ListItemNotFound

router = APIRouter(prefix="/lists", tags=["Универсальные списки"], route_class=StrictRoute)


class ListNotFound(ListItemNotFound):
    code = "LIST_NOT_FOUND"

    def __init__(self, list_code: str) -> None:
        Exception.__init__(self, f"Списка «{list_code}» нет. Все списки: GET /api/v1/lists.")


ListCode = Annotated[Code, Path(title="Код списка", examples=["shippingDirections"])]
ItemCode = Annotated[Code, Path(title="Код значения", examples=["moscowTransport"])]


class AttributeShape(Shape):
    code: str = Field(title="Код", examples=["operator"])
    label: str = Field(title="Подпись", examples=["Оператор 1С"])


class ItemShape(Named):
    active: bool = Field(title="Действует")
    order: int = Field(title="Порядок")
    attributes: dict[str, str | None] = Field(title="Свойства", examples=[{"operator": "onec1"}])


class ListHead(Named):
    attributes: list[AttributeShape] = Field(title="Свойства значений")


class AllLists(Shape):
    items: list[ListHead] = Field(title="Списки")


class ListShape(ListHead):
    items: list[ItemShape] = Field(title="Значения по порядку")


class ListChange(Shape):
    code: str = Field(title="Код значения")
    at: str = Field(title="Когда")
    actor: PersonShape = Field(title="Кто")
    old: Any = Field(title="Было")
    new: Any = Field(title="Стало")


class ListHistory(Shape):
    items: list[ListChange] = Field(title="Изменения")


class NewItem(Wish):
    """A list item as it shall be; ``active: false`` retires it, old deals keep their value."""

    name: Annotated[Line, Field(min_length=1, max_length=255)] = Field(
        title="Название", examples=["Москва, транспортная компания"]
    )
    active: bool = Field(True, title="Действует")
    order: int = Field(0, ge=0, le=100_000, title="Порядок")
    attributes: dict[Code, Annotated[Text, Field(max_length=255)] | None] = Field(
        default_factory=dict, title="Свойства", examples=[{"operator": "onec1"}]
    )


@router.get("", summary="Все списки")
def read_lists(caller: Caller, opened: Opened) -> AllLists:
    """Names of the lists; items are one step further."""
    lists = opened.database.catalog.lists.values()
    return AllLists(items=[ListHead(**_head(known)) for known in lists])


@router.get("/{list_code}", summary="Значения списка")
def read_list(list_code: ListCode, caller: Caller, opened: Opened) -> ListShape:
    """All items, also retired ones."""
    known = _known(opened.database.catalog, list_code)
    with opened.database.reading() as store:
        items = [_item(item) for item in store.lists.items(known.code)]
    return ListShape(**_head(known), items=items)


@router.get("/{list_code}/history", summary="История списка")
def read_list_history(
    list_code: ListCode, caller: Caller, opened: Opened, staff: Staff
) -> ListHistory:
    """Who changed which item, from what to what."""
    known, names = _known(opened.database.catalog, list_code), staff.names()
    with opened.database.reading() as store:
        rows = store.lists.history(known.code)
    changes = [ListChange(**{**row, "actor": names.person(row["actor"])}) for row in rows]
    return ListHistory(items=changes)


@router.get("/{list_code}/items/{code}", summary="Значение списка")
def read_item(list_code: ListCode, code: ItemCode, caller: Caller, opened: Opened) -> ItemShape:
    known = _known(opened.database.catalog, list_code)
    with opened.database.reading() as store:
        return _item(store.lists.item(known.code, code))


@router.put("/{list_code}/items/{code}", summary="Добавить или изменить значение")
def put_item(
    list_code: ListCode,
    code: ItemCode,
    body: NewItem,
    actor: Acting,
    opened: Opened,
    staff: Staff,
    response: Response,
) -> ItemShape:
    """The next task goes to the people named here. 201: the item is new.

    422 if a property is unknown, or an operator, storekeeper or driver is no active member of
    that group.
    """
    known = _known(opened.database.catalog, list_code)
    item = checked_item(
        known, ListItem(code, body.name, body.active, body.order, body.attributes), staff
    )
    with opened.database.writing() as store:
        stored, is_new = store.lists.put(known.code, item, actor)
    response.status_code = 201 if is_new else 200
    return _item(stored)


def _known(catalog: Catalog, code: str) -> UniversalList:
    if (known := catalog.lists.get(code)) is None:
        raise ListNotFound(code)
    return known


def _head(known: UniversalList) -> Mapping[str, Any]:
    labels = known.attributes.items()
    attributes = [AttributeShape(code=code, label=label) for code, label in labels]
    return {"code": known.code, "name": known.name, "attributes": attributes}


def _item(item: ListItem) -> ItemShape:
    return ItemShape(
        code=item.code,
        name=item.name,
        active=item.active,
        order=item.order,
        attributes=dict(item.attributes),
    )
