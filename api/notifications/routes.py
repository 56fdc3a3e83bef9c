"""Endpoints of the caller's notifications, and of unsent e-mails for portal administrators."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from api.auth import Principal
from api.dependencies import (
    CurrentActor,
    CurrentCaller,
    IdempotentRequestDep,
    Resources,
    ResourcesDep,
)
from api.http.clock import now
from api.http.idempotency import IdempotentResponse
from api.http.pagination import After, Limit, next_page_url
from api.http.problems import HttpRefusal
from api.http.schema import Code
from api.notifications.requests import NewPreference, ReadUpTo
from api.notifications.responses import (
    AllRead,
    MailList,
    MailSchema,
    NotificationPage,
    NotificationSchema,
    PreferenceList,
    PreferenceSchema,
    ReadSchema,
)
from api.routing import StrictRoute
from db.domain.errors import MailNotFound, MailSent
from db.domain.people.notices import CHOICES, Choice, Delivery
from db.ports.store import Store

notifications = APIRouter(prefix="/notifications", tags=["Уведомления"], route_class=StrictRoute)
mails = APIRouter(prefix="/mails", tags=["Письма"], route_class=StrictRoute)

MailId = Annotated[int, Path(title="Номер письма", ge=1, le=2**31 - 1)]


class NotificationNotFound(HttpRefusal):
    """The notification does not exist, or belongs to another login."""

    code = "NOTIFICATION_NOT_FOUND"
    status = 404
    sentence = "Уведомление не найдено."


class NoticeKindUnknown(HttpRefusal):
    """There is no such kind of notifications, or the caller gets none of it."""

    code = "NOTICE_KIND_UNKNOWN"
    status = 404
    sentence = "Такого вида уведомлений нет. Обновите страницу."


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


@notifications.get("/preferences", summary="Какие уведомления и как я получаю")
def read_preferences(caller: CurrentCaller, resources: ResourcesDep) -> PreferenceList:
    """The kinds that the caller can turn off, by mail and at the bell. Alerts of failures and of
    logins always come."""
    with resources.database.reading() as store:
        chosen = store.notifications.deliveries(caller.login)
    known = _choices(caller, resources)
    return PreferenceList(items=[_preference(one, chosen.get(one.kind)) for one in known])


@notifications.put("/preferences/{kind}", summary="Выбрать, как получать")
def choose_preference(
    kind: Annotated[Code, Path(title="Вид", examples=["due"])],
    body: NewPreference,
    caller: CurrentCaller,
    resources: ResourcesDep,
) -> PreferenceSchema:
    """Choose for one kind. Safe to repeat. What is turned off at the bell stays in the list of
    notifications, marked as read."""
    choice = next((one for one in _choices(caller, resources) if one.kind == kind), None)
    if choice is None:
        raise NoticeKindUnknown
    delivery = Delivery(mail=body.mail, bell=body.bell)
    with resources.database.writing() as store:
        store.notifications.choose(caller.login, choice.kind, delivery)
    return _preference(choice, delivery)


def _choices(caller: Principal, resources: Resources) -> list[Choice]:
    heads = {role.head for role in resources.database.catalog.roles.values()}
    leads = bool(heads & set(caller.roles))
    return [one for one in CHOICES if leads or not one.heads_only]


def _preference(choice: Choice, delivery: Delivery | None) -> PreferenceSchema:
    chosen = delivery or Delivery()
    return PreferenceSchema.of(choice, mail=chosen.mail, bell=chosen.bell)


@notifications.post("/read", response_model=AllRead, summary="Отметить прочитанными все")
def mark_all_read(
    body: ReadUpTo, caller: CurrentCaller, once: IdempotentRequestDep
) -> JSONResponse:
    """Mark the notifications that the caller has seen, up to the newest of them. Safe to repeat:
    one that came later stays unread."""

    def effect(store: Store) -> IdempotentResponse:
        count = store.notifications.read_up_to(caller.login, body.up_to)
        return IdempotentResponse.of(AllRead(count=count))

    return once.run(effect)


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
