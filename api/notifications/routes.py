"""In-app notifications of the caller."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from api.dependencies import CurrentCaller, IdempotentRequestDep, ResourcesDep
from api.http.idempotency import IdempotentResponse
from api.http.pagination import After, Limit, Page, following
from api.http.schema import ResponseSchema
from api.routing import StrictRoute
from db.domain.errors import DealNotFound
from db.ports.store import Store

router = APIRouter(prefix="/notifications", tags=["Уведомления"], route_class=StrictRoute)


class NotificationSchema(ResponseSchema, title="NotificationShape"):
    id: int = Field(title="Номер")
    deal_id: str | None = Field(title="Сделка", examples=["D-2026-00001"])
    text: str = Field(title="Текст")
    at: datetime = Field(title="Когда")
    read_at: datetime | None = Field(title="Прочитано")


class NotificationPage(Page):
    items: list[NotificationSchema] = Field(title="Уведомления")


class ReadSchema(ResponseSchema, title="ReadShape"):
    id: int = Field(title="Номер")
    read: bool = Field(title="Прочитано")


class NotificationNotFound(DealNotFound):
    code = "NOTIFICATION_NOT_FOUND"

    def __init__(self) -> None:
        Exception.__init__(self, "Уведомление не найдено.")


@router.get("", summary="Мои уведомления")
def read_notifications(
    caller: CurrentCaller,
    resources: ResourcesDep,
    unread: Annotated[bool, Query(title="Только непрочитанные")] = False,
    after: After | None = None,
    limit: Limit = 200,
) -> NotificationPage:
    """The newest first; ``next`` leads to the older ones."""
    with resources.database.reading() as store:
        rows = store.notifications.of(
            caller.login, unread_only=unread, after=after, limit=limit + 1
        )
    items = [
        NotificationSchema(
            id=each.id, deal_id=each.deal_id, text=each.text, at=each.at, read_at=each.read_at
        )
        for each in rows[:limit]
    ]
    also = {"unread": "true"} if unread else {}
    return NotificationPage(items=items, next=following("/notifications", rows, limit, **also))


@router.post("/{notification_id}/read", response_model=ReadSchema, summary="Отметить прочитанным")
def mark_read(
    notification_id: Annotated[int, Path(ge=1, le=2**31 - 1)],
    caller: CurrentCaller,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Only one's own; again is a success."""

    def effect(store: Store) -> IdempotentResponse:
        if not store.notifications.read(caller.login, notification_id):
            raise NotificationNotFound
        return IdempotentResponse.of(ReadSchema(id=notification_id, read=True))

    return once.run(effect)
