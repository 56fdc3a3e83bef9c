"""Endpoints of saved filters of the deal list."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from pydantic import Field

from api.dependencies import CurrentCaller, DatabaseDep, IdempotentRequestDep
from api.http.idempotency import IdempotentResponse
from api.http.problems import HttpRefusal
from api.http.schema import Line, RequestSchema, ResponseSchema, Text
from api.routing import StrictRoute
from db.ports.board import SavedView
from db.ports.store import Store

router = APIRouter(prefix="/saved-views", tags=["Сделки"], route_class=StrictRoute)

MAX_VIEWS = 50  # of one person
Condition = Literal["direction", "stage", "manager", "open", "sort"]


class TooManyViews(HttpRefusal):
    """The person has as many saved filters as are kept."""

    code = "TOO_MANY_VIEWS"
    status = 409
    sentence = f"Сохранено уже {MAX_VIEWS} отборов. Удалите ненужный и повторите."


class NewView(RequestSchema):
    """A filter of the deal list under a name."""

    name: Annotated[Line, Field(min_length=1, max_length=80)] = Field(
        title="Название", examples=["Мои крупные"]
    )
    query: dict[Condition, Annotated[Text, Field(max_length=64)]] = Field(
        title="Параметры списка", examples=[{"direction": "newClients", "sort": "amount"}]
    )


class ViewSchema(ResponseSchema):
    """A saved filter."""

    id: int = Field(title="Номер")
    name: str = Field(title="Название")
    query: dict[str, str] = Field(title="Параметры списка")


class ViewList(ResponseSchema):
    """The saved filters of the caller."""

    items: list[ViewSchema] = Field(title="Отборы")


@router.get("", summary="Сохранённые отборы")
def read_views(caller: CurrentCaller, database: DatabaseDep) -> ViewList:
    """The caller's own filters, by name."""
    with database.reading() as store:
        return ViewList(items=[_view(view) for view in store.views.of(caller.login)])


@router.post("", status_code=201, response_model=ViewSchema, summary="Сохранить отбор")
def save_view(body: NewView, caller: CurrentCaller, once: IdempotentRequestDep) -> JSONResponse:
    """Save a filter; one of the same name is replaced. 409 when there are 50."""

    def effect(store: Store) -> IdempotentResponse:
        names = {view.name for view in store.views.of(caller.login)}
        if body.name not in names and len(names) >= MAX_VIEWS:
            raise TooManyViews
        view = store.views.put(
            caller.login, body.name, {str(key): value for key, value in body.query.items()}
        )
        return IdempotentResponse.of(_view(view), 201)

    return once.run(effect)


@router.delete("/{view_id}", status_code=204, summary="Удалить отбор")
def delete_view(
    view_id: Annotated[int, Path(ge=1, le=2**31 - 1, title="Номер отбора")],
    caller: CurrentCaller,
    database: DatabaseDep,
) -> None:
    """Delete one of the caller's filters; one of another person, or none, changes nothing."""
    with database.writing() as store:
        store.views.delete(caller.login, view_id)


def _view(view: SavedView) -> ViewSchema:
    return ViewSchema.of(view, query=dict(view.query))
