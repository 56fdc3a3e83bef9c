"""Letters that could not be sent yet, for the portal administrator."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from api.resources import Caller, Opened
from api.shapes import Shape
from api.strict_json import StrictRoute

router = APIRouter(prefix="/mails", tags=["Письма"], route_class=StrictRoute)


class MailShape(Shape):
    id: int = Field(title="Номер")
    message_id: str = Field(title="Постоянный номер письма (Message-ID)")
    recipient: str = Field(title="Логин получателя")
    address: str = Field(title="Адрес")
    subject: str = Field(title="Тема")
    body: str = Field(title="Текст")
    created_at: datetime = Field(title="Создано")
    state: str = Field(title="Состояние: waiting, failed", examples=["waiting"])
    attempts: int = Field(title="Попыток")
    next_attempt_at: datetime | None = Field(title="Следующая попытка")
    last_error: str | None = Field(title="Последняя ошибка")


class MailList(Shape):
    items: list[MailShape] = Field(title="Письма")


@router.get("", summary="Неотправленные письма")
def read_mails(caller: Caller, opened: Opened) -> MailList:
    """Waiting and refused letters; none is dropped silently."""
    with opened.database.reading() as store:
        found = store.mails.unsent()
    return MailList(items=[MailShape(**mail.__dict__) for mail in found])
