"""Endpoints of the caller's notifications, and of unsent e-mails for portal administrators."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from api.dependencies import CurrentActor, CurrentCaller, IdempotentRequestDep, ResourcesDep
from api.http.clock import now
from api.http.idempotency import IdempotentResponse
from api.http.pagination import After, Limit, next_page_url
from api.http.problems import HttpRefusal
from api.notifications.responses import (
    MailList,
    MailSchema,
    NotificationPage,
    NotificationSchema,
    ReadSchema,
)
from api.routing import StrictRoute
from db.domain.errors import MailNotFound, MailSent
from db.ports.store import Store

notifications = APIRouter(prefix="/notifications", tags=["Уведомления"], route_class=StrictRoute)
mails = APIRouter(prefix="/mails", tags=["Письма"], route_class=StrictRoute)

MailId = Annotated[int, Path(title="Номер письма", ge=1, le=2**31 - 1)]


class NotificationNotFound(HttpRefusal):
    """The notification does not exist, or belongs to another login."""

    code = "NOTIFICATION_NOT_FOUND"
    status = 404
    sentence = "Уведомление не найдено."


@notifications.get("", summary="Мои уведомления")
def read_notifications(
    caller: CurrentCaller,
    resources: ResourcesDep,
    unread: Annotated[bool, Query(title="Только непрочитанные")] = False,
    after: After | None = None,
    limit: Limit = 200,
) -> NotificationPage:
    """The newest first; ``next`` is the address of the next page, with older ones."""
    with resources.database.reading() as store:
        rows = store.notifications.of(
            caller.login, unread_only=unread, after=after, limit=limit + 1
        )
    items = [NotificationSchema.of(row) for row in rows[:limit]]
    also = {"unread": "true"} if unread else {}
    return NotificationPage(items=items, next=next_page_url("/notifications", rows, limit, **also))


@notifications.post(
    "/{notification_id}/read", response_model=ReadSchema, summary="Отметить прочитанным"
)
def mark_read(
    notification_id: Annotated[int, Path(ge=1, le=2**31 - 1)],
    caller: CurrentCaller,
    once: IdempotentRequestDep,
) -> JSONResponse:
    """Mark a notification of the caller as read. Safe to repeat."""

    def effect(store: Store) -> IdempotentResponse:
        if not store.notifications.read(caller.login, notification_id):
            raise NotificationNotFound
        return IdempotentResponse.of(ReadSchema(id=notification_id, read=True))

    return once.run(effect)


@mails.get("", summary="Неотправленные письма")
def read_mails(resources: ResourcesDep) -> MailList:
    """Emails that wait for an attempt or have failed; none is dropped."""
    with resources.database.reading() as store:
        found = store.mails.unsent()
    return MailList(items=[MailSchema.of(mail) for mail in found])


@mails.post("/{mail_id}/resend", response_model=MailSchema, summary="Отправить письмо ещё раз")
def resend_mail(mail_id: MailId, actor: CurrentActor, once: IdempotentRequestDep) -> JSONResponse:
    """Send an e-mail now, to the present address of its recipient and with the same Message-ID.

    409 if it has been sent.
    """

    def effect(store: Store) -> IdempotentResponse:
        if (known := store.mails.get(mail_id)) is None:
            raise MailNotFound
        if not store.mails.resend(mail_id, actor.id, now()):
            raise MailSent
        return IdempotentResponse.of(MailSchema.of(store.mails.get(mail_id) or known))

    return once.run(effect)
