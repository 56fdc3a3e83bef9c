"""Universal lists: read by everybody, kept by the portal administrator."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import Field

from api.dependencies import CurrentActor, CurrentCaller, EmployeesDep, ResourcesDep
from api.engine.users import PersonNames
from api.http.etag import etag_header
from api.http.pagination import After, Limit, Page, following
from api.http.schema import Code, Line, Named, PersonSchema, RequestSchema, ResponseSchema, Text
from api.lists.rules import checked_item
from api.lists.versions import ItemVersionMissing, SeenItem
from api.routing import StrictRoute
from db.domain.catalog import AttributeKind, Catalog, ListAttribute, ListItem, UniversalList
from db.domain.clock import today
from db.domain.entities import ItemChange
from db.domain.errors import ListItemNotFound
from db.domain.list_versions import NO_ITEM, check_seen

router = APIRouter(prefix="/lists", tags=["Универсальные списки"], route_class=StrictRoute)


class ListNotFound(ListItemNotFound):
    code = "LIST_NOT_FOUND"

    def __init__(self, list_code: str) -> None:
        Exception.__init__(self, f"Списка «{list_code}» нет. Все списки: GET /api/v1/lists.")


ListCode = Annotated[Code, Path(title="Код списка", examples=["shippingDirections"])]
ItemCode = Annotated[Code, Path(title="Код значения", examples=["moscowTransport"])]


class AttributeSchema(ResponseSchema, title="AttributeShape"):
    code: str = Field(title="Код", examples=["operator"])
    label: str = Field(title="Подпись", examples=["Оператор 1С"])
    kind: AttributeKind = Field(title="Вид: текст, сотрудник, выбор, дата", examples=["person"])
    role: str | None = Field(title="Роль сотрудника", examples=["onecOperators"])
    choices: list[Named] = Field(title="Из чего выбирают")


class ItemSchema(Named, title="ItemShape"):
    version: str = Field(title="Версия для If-Match", examples=["9f86d081884c7d65"])
    active: bool = Field(title="Действует")
    choosable: bool = Field(title="Можно выбрать сегодня: действует, и срок подходит")
    order: int = Field(title="Порядок")
    attributes: dict[str, str | None] = Field(title="Свойства", examples=[{"operator": "onec1"}])


class ListHead(Named):
    attributes: list[AttributeSchema] = Field(title="Свойства значений")


class AllLists(ResponseSchema):
    items: list[ListHead] = Field(title="Списки")


class ListSchema(ListHead, title="ListShape"):
    items: list[ItemSchema] = Field(title="Значения по порядку")


class ListChange(ResponseSchema):
    id: int = Field(title="Номер записи")
    code: str = Field(title="Код значения")
    at: str = Field(title="Когда")
    actor: PersonSchema = Field(title="Кто")
    old: Any = Field(title="Было")
    new: Any = Field(title="Стало")


class ListHistoryPage(Page):
    items: list[ListChange] = Field(title="Изменения")


class NewItem(RequestSchema):
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
def read_lists(caller: CurrentCaller, resources: ResourcesDep) -> AllLists:
    """Names of the lists; items are one step further."""
    lists = resources.database.catalog.lists.values()
    return AllLists(items=[ListHead(**_head(known)) for known in lists])


@router.get("/{list_code}", summary="Значения списка")
def read_list(list_code: ListCode, caller: CurrentCaller, resources: ResourcesDep) -> ListSchema:
    """All items, also retired ones."""
    known = known_list(resources.database.catalog, list_code)
    with resources.database.reading() as store:
        items = [_item(item) for item in store.lists.items(known.code)]
    return ListSchema(**_head(known), items=items)


@router.get("/{list_code}/history", summary="История списка")
def read_list_history(
    list_code: ListCode,
    caller: CurrentCaller,
    resources: ResourcesDep,
    employees: EmployeesDep,
    after: After = 0,
    limit: Limit = 200,
) -> ListHistoryPage:
    """Who changed which item, from what to what; the oldest first."""
    known, names = known_list(resources.database.catalog, list_code), employees.names()
    with resources.database.reading() as store:
        rows = store.lists.history(known.code, after=after, limit=limit + 1)
    items = [_change(row, names) for row in rows[:limit]]
    return ListHistoryPage(items=items, next=following(f"/lists/{known.code}/history", rows, limit))


@router.get("/{list_code}/items/{code}", summary="Значение списка")
def read_item(
    list_code: ListCode,
    code: ItemCode,
    caller: CurrentCaller,
    resources: ResourcesDep,
    response: Response,
) -> ItemSchema:
    """With its version as ETag: who changes it says which one they saw."""
    known = known_list(resources.database.catalog, list_code)
    with resources.database.reading() as store:
        item = _item(store.lists.item(known.code, code))
    response.headers.update(etag_header(item.version))
    return item


@router.put(
    "/{list_code}/items/{code}",
    summary="Добавить или изменить значение",
    responses={201: {"model": ItemSchema, "description": "Значение добавлено"}},
)
def put_item(
    list_code: ListCode,
    code: ItemCode,
    body: NewItem,
    actor: CurrentActor,
    resources: ResourcesDep,
    employees: EmployeesDep,
    seen: SeenItem,
    response: Response,
) -> ItemSchema:
    """The next task goes to the people named here. 201: the item is new.

    A new item takes If-None-Match: * or no header at all, a change takes If-Match with the
    version that was seen. 428 if the item is there and no version is named; 412 if somebody
    changed or deleted it since, or if a new item's code is taken. The same again changes nothing.
    422 if a property is unknown, a person is no active member of the property's role, a choice
    is not offered, or a date is none.
    """
    known = known_list(resources.database.catalog, list_code)
    with resources.database.reading() as store:
        standing = next((i for i in store.lists.items(known.code) if i.code == code), None)
    if seen is None and standing is not None:
        raise ItemVersionMissing
    wanted = ListItem(code, body.name, body.active, body.order, body.attributes)
    check_seen(code, standing, seen or NO_ITEM, wanted)  # before words about stale attributes
    item = checked_item(known, wanted, standing, employees)
    with resources.database.writing() as store:
        stored, is_new = store.lists.put(known.code, item, actor, seen or NO_ITEM)
    response.status_code = 201 if is_new else 200
    response.headers.update(etag_header(stored.version))
    return _item(stored)


@router.delete("/{list_code}/items/{code}", status_code=204, summary="Удалить значение")
def delete_item(
    list_code: ListCode,
    code: ItemCode,
    actor: CurrentActor,
    resources: ResourcesDep,
    seen: SeenItem,
) -> None:
    """For items made by mistake: 409 if a deal has or had it, such an item is retired by PUT.

    428 without the version that was seen, 412 if somebody changed the item since.
    """
    known = known_list(resources.database.catalog, list_code)
    with resources.database.writing() as store:
        if not seen:
            store.lists.item(known.code, code)
            raise ItemVersionMissing
        store.lists.remove(known.code, code, actor, seen)


def known_list(catalog: Catalog, code: str) -> UniversalList:
    if (known := catalog.lists.get(code)) is None:
        raise ListNotFound(code)
    return known


def _head(known: UniversalList) -> Mapping[str, Any]:
    attributes = [_attribute(attribute) for attribute in known.attributes.values()]
    return {"code": known.code, "name": known.name, "attributes": attributes}


def _attribute(about: ListAttribute) -> AttributeSchema:
    return AttributeSchema(
        code=about.code,
        label=about.label,
        kind=about.kind,
        role=about.role,
        choices=[Named(code=code, name=name) for code, name in about.choices.items()],
    )


def _item(item: ListItem) -> ItemSchema:
    return ItemSchema(
        code=item.code,
        name=item.name,
        version=item.version,
        active=item.active,
        choosable=item.can_be_chosen(today()),
        order=item.order,
        attributes=dict(item.attributes),
    )


def _change(row: ItemChange, names: PersonNames) -> ListChange:
    return ListChange(
        id=row.id,
        code=row.code,
        at=row.at.isoformat(),
        actor=names.person(row.actor),
        old=row.old,
        new=row.new,
    )
