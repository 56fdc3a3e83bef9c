"""Letters that could not be sent yet, for the portal administrator."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from pydantic import Field

from api.dependencies import CurrentActor, CurrentCaller, IdempotentRequestDep, ResourcesDep
from api.http.clock import now
from api.http.idempotency import IdempotentResponse
from api.http.schema import ResponseSchema
from api.routing import StrictRoute
from db.domain.entities import Mail
from db.domain.errors import MailNotFound, MailSent
from db.ports.store import Store

router = APIRouter(prefix="/mails", tags=["Письма"], route_class=StrictRoute)

MailId = Annotated[int, Path(title="Номер письма", ge=1, le=2**31 - 1)]


class MailSchema(ResponseSchema, title="MailShape"):
    id: int = Field(title="Номер")
    message_id: str = Field(title="Постоянный номер письма (Message-ID)")
    recipient: str = Field(title="Логин получателя")
    address: str = Field(title="Адрес")
    subject: str = Field(title="Тема")
    body: str = Field(title="Текст")
    deal_id: str | None = Field(None, title="Сделка", examples=["D-2026-00001"])
    created_at: datetime = Field(title="Создано")
    state: str = Field(title="Состояние: waiting, failed", examples=["waiting"])
    attempts: int = Field(title="Попыток")
    next_attempt_at: datetime | None = Field(title="Следующая попытка")
    last_error: str | None = Field(title="Почему не ушло")
    resent_by: str | None = Field(None, title="Кто просил отправить ещё раз")
    resent_at: datetime | None = Field(None, title="Когда просили отправить ещё раз")


class MailList(ResponseSchema):
    items: list[MailSchema] = Field(title="Письма")


@router.get("", summary="Неотправленные письма")
def read_mails(caller: CurrentCaller, resources: ResourcesDep) -> MailList:
    """Waiting and refused letters; none is dropped silently."""
    with resources.database.reading() as store:
        found = store.mails.unsent()
    return MailList(items=[_shape(mail) for mail in found])


@router.post("/{mail_id}/resend", response_model=MailSchema, summary="Отправить письмо ещё раз")
def resend_mail(mail_id: MailId, actor: CurrentActor, once: IdempotentRequestDep) -> JSONResponse:
    """At once, to the address that the recipient has by now; with the same Message-ID.

    409: it has been sent.
    """

    def effect(store: Store) -> IdempotentResponse:
        if (known := store.mails.get(mail_id)) is None:
            raise MailNotFound
        if not store.mails.resend(mail_id, actor.id, now()):
            raise MailSent
        return IdempotentResponse.of(_shape(store.mails.get(mail_id) or known))

    return once.run(effect)


def _shape(mail: Mail) -> MailSchema:
    return MailSchema(**mail.__dict__)
