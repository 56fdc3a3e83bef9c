"""Response schemas of notifications and unsent e-mails."""

from datetime import datetime

from pydantic import Field

from api.http.pagination import Page
from api.http.schema import ResponseSchema


class NotificationSchema(ResponseSchema, title="NotificationShape"):
    """An in-app notification."""

    id: int = Field(title="Номер")
    deal_id: str | None = Field(title="Сделка", examples=["D-2026-00001"])
    text: str = Field(title="Текст")
    at: datetime = Field(title="Когда")
    read_at: datetime | None = Field(title="Прочитано")


class NotificationPage(Page):
    """A page of notifications, newest first."""

    items: list[NotificationSchema] = Field(title="Уведомления")


class ReadSchema(ResponseSchema, title="ReadShape"):
    """Confirmation that a notification is marked as read."""

    id: int = Field(title="Номер")
    read: bool = Field(title="Прочитано")


class AllRead(ResponseSchema):
    """Number of notifications that are now marked as read."""

    count: int = Field(title="Отмечено прочитанными")


class PreferenceSchema(ResponseSchema):
    """A kind of notifications, and how the caller gets it."""

    kind: str = Field(title="Вид", examples=["due"])
    name: str = Field(title="Название", examples=["Скоро срок"])
    hint: str = Field(title="О чём")
    by_mail: bool = Field(title="Бывают письма этого вида")
    mail: bool = Field(title="Присылать письмом")
    bell: bool = Field(title="Отмечать у колокольчика")
    push: bool = Field(title="Показывать браузером")


class PreferenceList(ResponseSchema):
    """The kinds of notifications that the caller can turn off."""

    items: list[PreferenceSchema] = Field(title="Виды уведомлений")


class BrowserSchema(ResponseSchema):
    """A browser that shows the caller's notifications."""

    id: str = Field(title="SHA-256 адреса у службы уведомлений")
    name: str = Field(title="Браузер", examples=["Chrome, Android"])
    created_at: datetime = Field(title="Включено")


class BrowserList(ResponseSchema):
    """Browsers of the caller, and the server's key for which others may subscribe."""

    public_key: str | None = Field(title="Открытый ключ VAPID; нет, если сервер их не шлёт")
    items: list[BrowserSchema] = Field(title="Браузеры")


class MailSchema(ResponseSchema, title="MailShape"):
    """An unsent e-mail: it waits for its next attempt or has failed."""

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
    """Unsent e-mails."""

    items: list[MailSchema] = Field(title="Письма")
