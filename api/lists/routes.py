"""Endpoints of universal lists: readable for every employee, written by portal administrators."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.deals.directions import known_direction
from api.dependencies import CurrentActor, EmployeesDep, NamesDep, ResourcesDep
from api.http.etag import VersionMissing, etag_header
from api.http.pagination import After, Limit, next_page_url
from api.http.schema import Code
from api.lists.requests import ItemCode, ListCode, NewItem
from api.lists.responses import AllLists, ItemSchema, ListHistoryPage, ListSchema
from api.lists.validation import list_definition, validated_item
from api.lists.versions import MISSING, ExpectedItem
from api.lists.views import change_view, item_view, list_head
from api.routing import StrictRoute
from db.domain.catalog import ListItem
from db.domain.list_versions import NO_ITEM, check_seen

router = APIRouter(prefix="/lists", tags=["Универсальные списки"], route_class=StrictRoute)
ForDirection = Annotated[Code | None, Query(title="Для сделок этого направления")]


@router.get("", summary="Все списки")
def read_lists(resources: ResourcesDep) -> AllLists:
    """All lists with the attributes of their items, without the items."""
    lists = resources.database.catalog.lists.values()
    return AllLists(items=[list_head(known) for known in lists])


@router.get("/{list_code}", summary="Значения списка")
def read_list(
    list_code: ListCode, resources: ResourcesDep, direction: ForDirection = None
) -> ListSchema:
    """All items of a list, including retired ones. ``direction``: only those that are offered for
    its deals."""
    catalog = resources.database.catalog
    known = list_definition(catalog, list_code)
    line = None if direction is None else known_direction(catalog, direction)
    with resources.database.reading() as store:
        items = [
            item_view(item)
            for item in store.lists.items(known.code)
            if line is None or catalog.is_offered(line, known.code, item.code)
        ]
    return ListSchema.of(list_head(known), items=items)


@router.get("/{list_code}/history", summary="История списка")
def read_list_history(
    list_code: ListCode,
    resources: ResourcesDep,
    names: NamesDep,
    after: After = 0,
    limit: Limit = 200,
) -> ListHistoryPage:
    """Changes of the items with actor, old and new state; oldest first."""
    known = list_definition(resources.database.catalog, list_code)
    with resources.database.reading() as store:
        rows = store.lists.history(known.code, after=after, limit=limit + 1)
    items = [change_view(row, names) for row in rows[:limit]]
    return ListHistoryPage(
        items=items, next=next_page_url(f"/lists/{known.code}/history", rows, limit)
    )


@router.get("/{list_code}/items/{code}", summary="Значение списка")
def read_item(
    list_code: ListCode,
    code: ItemCode,
    resources: ResourcesDep,
    response: Response,
) -> ItemSchema:
    """One item; its version is the ETag that a change must send as If-Match."""
    known = list_definition(resources.database.catalog, list_code)
    with resources.database.reading() as store:
        item = item_view(store.lists.item(known.code, code))
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
    expected: ExpectedItem,
    response: Response,
) -> ItemSchema:
    """Create (201) or replace (200) an item. New tasks go to the employees named in it.

    A new item takes If-None-Match: * or no header, a change takes If-Match with the version it is
    based on. 428 if the item exists and no version is given; 412 if it was changed or deleted
    since, or if the code of a new item is taken; 422 if an attribute is unknown, an employee is
    not an active member of the attribute's role, a choice is not offered or a date is invalid.
    Safe to repeat: the same state again changes nothing.
    """
    known = list_definition(resources.database.catalog, list_code)
    with resources.database.reading() as store:
        current = next((i for i in store.lists.items(known.code) if i.code == code), None)
    if expected is None and current is not None:
        raise VersionMissing(MISSING)
    item = ListItem(code, body.name, body.active, body.order, body.attributes)
    check_seen(code, current, expected or NO_ITEM, item)  # a stale item: 412 rather than 422
    item = validated_item(known, item, current, employees)
    with resources.database.writing() as store:
        stored, is_new = store.lists.put(known.code, item, actor, expected or NO_ITEM)
    response.status_code = 201 if is_new else 200
    response.headers.update(etag_header(stored.version))
    return item_view(stored)


@router.delete("/{list_code}/items/{code}", status_code=204, summary="Удалить значение")
def delete_item(
    list_code: ListCode,
    code: ItemCode,
    actor: CurrentActor,
    resources: ResourcesDep,
    expected: ExpectedItem,
) -> None:
    """Delete an item that was created by mistake.

    409 if a deal has or had it: retire such an item with PUT. 428 without a version, 412 if the
    item has changed since that version.
    """
    known = list_definition(resources.database.catalog, list_code)
    with resources.database.writing() as store:
        if not expected:
            store.lists.item(known.code, code)  # 404 comes before 428
            raise VersionMissing(MISSING)
        store.lists.remove(known.code, code, actor, expected)
