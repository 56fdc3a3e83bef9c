"""Response schemas of the history of a deal."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.http.pagination import Page
from api.http.schema import PersonSchema, ResponseSchema


class ChangeSchema(ResponseSchema, title="ChangeShape"):
    """One change: time, actor, cause, old and new value."""

    id: int = Field(title="Номер записи")
    at: datetime = Field(title="Когда")
    actor: PersonSchema = Field(title="Кто")
    cause: str = Field(title="Чем вызвано: api, task, worker, link", examples=["task"])
    reference: str | None = Field(title="Задача или запрос")
    kind: str = Field(title="Вид изменения", examples=["field"])
    subject: str = Field(title="Что изменено", examples=["limit"])
    label: str = Field(title="Подпись", examples=["Лимит"])
    old: Any = Field(title="Было")
    new: Any = Field(title="Стало")
    old_text: str = Field(title="Было, для чтения")
    new_text: str = Field(title="Стало, для чтения", examples=["1 500 000 ₽"])
    version: int = Field(title="Версия сделки после изменения")


class TimelineEntry(ResponseSchema):
    """One event of a deal: a change, an e-mail, or a task that a person completed."""

    id: str = Field(title="Номер события", examples=["h17", "m3", "t5f2c"])
    at: datetime = Field(title="Когда")
    topic: str = Field(title="О чём", examples=["fields"])
    actor: PersonSchema | None = Field(title="Кто")
    subject: str = Field(title="Что изменено", examples=["limit"])
    label: str = Field(title="Подпись", examples=["Лимит"])
    old_text: str = Field(title="Было, для чтения")
    new_text: str = Field(title="Стало, для чтения", examples=["1 500 000 ₽"])
    file_id: str | None = Field(None, title="Файл, о котором событие")


class Timeline(ResponseSchema):
    """A page of the events of a deal, the last first."""

    items: list[TimelineEntry] = Field(title="События")
    next: str | None = Field(title="Адрес следующей страницы")
    tasks_known: bool = Field(title="Движок ответил: выполненные задачи полные")


class HistoryPage(Page):
    """A page of the history, oldest first."""

    items: list[ChangeSchema] = Field(title="Изменения")
