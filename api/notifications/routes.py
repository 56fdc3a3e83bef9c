"""Endpoints of the caller's notifications, and of unsent e-mails for portal administrators."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
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
from api.notifications.browser_name import browser_name
from api.notifications.requests import NewBrowser, NewPreference, ReadUpTo
from api.notifications.responses import (
    AllRead,
    BrowserList,
    BrowserSchema,
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
from db.domain.people.push import Browser, host_of, is_allowed, services_of
from db.ports.store import Store

notifications = APIRouter(prefix="/notifications", tags=["Уведомления"], route_class=StrictRoute)
mails = APIRouter(prefix="/mails", tags=["Письма"], route_class=StrictRoute)

BrowserId = Annotated[str, Path(title="Номер браузера", pattern="^[0-9a-f]{64}$")]
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


class PushOff(HttpRefusal):
    """The server has no key for push services."""

    code = "PUSH_OFF"
    status = 404
    sentence = "Уведомления браузером здесь не настроены. Обратитесь к администратору."


class PushServiceUnknown(HttpRefusal):
    """The browser's push service is not among the allowed ones."""

    code = "PUSH_SERVICE_UNKNOWN"
    status = 422

    def __init__(self, host: str) -> None:
        super().__init__(
            f"Этот браузер получает уведомления через {host}, а эта служба здесь не разрешена. "
            "Возьмите другой браузер или попросите администратора добавить её в PUSH_SERVICES."
        )


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
    """The kinds that the caller can turn off, by mail, at the bell and in browsers. Alerts of
    failures and of logins always come."""
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
    delivery = Delivery(mail=body.mail, bell=body.bell, push=body.push)
    with resources.database.writing() as store:
        store.notifications.choose(caller.login, choice.kind, delivery)
    return _preference(choice, delivery)


@notifications.get("/browsers", summary="Браузеры, которые показывают мои уведомления")
def read_browsers(caller: CurrentCaller, resources: ResourcesDep) -> BrowserList:
    """The caller's browsers, and the key for which another one may subscribe."""
    key = resources.settings.push_key
    if key is None:
        return BrowserList(public_key=None, items=[])
    with resources.database.reading() as store:
        found = store.pushes.browsers(caller.login, key.public)
    return BrowserList(public_key=key.public, items=[BrowserSchema.of(one) for one in found])


@notifications.put("/browsers", summary="Показывать уведомления этим браузером")
def add_browser(
    body: NewBrowser, caller: CurrentCaller, resources: ResourcesDep, request: Request
) -> BrowserSchema:
    """Store the subscription of a browser; one that another person had here is taken over. Safe to
    repeat. Of more than ten the oldest is forgotten."""
    key = resources.settings.push_key
    if key is None:
        raise PushOff
    host = host_of(body.endpoint) or ""
    if not is_allowed(host, services_of(resources.settings.push_services)):
        raise PushServiceUnknown(host)
    name = browser_name(request.headers.get("User-Agent", ""))
    browser = Browser(caller.login, name, body.endpoint, body.key, body.auth, key.public, now())
    with resources.database.writing() as store:
        store.pushes.subscribe(browser)
    return BrowserSchema.of(browser)


@notifications.delete(
    "/browsers/{browser_id}", status_code=204, summary="Больше не показывать этим браузером"
)
def delete_browser(browser_id: BrowserId, caller: CurrentCaller, resources: ResourcesDep) -> None:
    """Forget one of the caller's browsers; one of another person, or none, changes nothing."""
    with resources.database.writing() as store:
        store.pushes.unsubscribe(caller.login, browser_id)


def _choices(caller: Principal, resources: Resources) -> list[Choice]:
    heads = {role.head for role in resources.database.catalog.roles.values()}
    leads = bool(heads & set(caller.roles))
    return [one for one in CHOICES if leads or not one.heads_only]


def _preference(choice: Choice, delivery: Delivery | None) -> PreferenceSchema:
    chosen = delivery or Delivery()
    return PreferenceSchema.of(choice, mail=chosen.mail, bell=chosen.bell, push=chosen.push)


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
