"""A deal as JSON: the shapes that forms, the deal desk and API clients read."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.http.schema import Named, PersonShape, Shape


class StageNow(Named):
    """The stage the deal is at."""

    since: datetime = Field(title="На стадии с")
    outcome: str | None = Field(None, title="Исход стадии", examples=["won"])


class FieldShape(Shape):
    """One field of the card with its value."""

    code: str = Field(title="Код поля", examples=["limit"])
    label: str = Field(title="Подпись", examples=["Лимит"])
    kind: str = Field(title="Тип значения", examples=["money"])
    list: str | None = Field(title="Список значений", examples=["markupGroups"])
    role: str | None = Field(title="Роль сотрудника", examples=["drivers"])
    hint: str = Field(title="Подсказка")
    value: Any = Field(title="Значение", examples=["1500000.00"])
    text: str = Field(title="Значение для чтения", examples=["1 500 000 ₽"])
    editable: bool = Field(title="Вы можете изменить поле сейчас")
    required: bool = Field(title="Нужно для следующей стадии")


class FieldGroupShape(Shape):
    """Fields that stand together on the card."""

    code: str = Field(title="Код группы", examples=["terms"])
    label: str = Field(title="Название группы", examples=["Условия"])
    fields: list[FieldShape] = Field(title="Поля")


class FileShape(Shape):
    """One version of one file."""

    id: str = Field(title="Номер файла")
    field: str = Field(title="Код поля", examples=["companyCard"])
    label: str = Field(title="Документ", examples=["Карточка предприятия"])
    name: str = Field(title="Имя файла", examples=["Карточка.pdf"])
    size: int = Field(title="Размер, байт")
    media_type: str = Field(title="Тип содержимого", examples=["application/pdf"])
    version: int = Field(title="Версия файла")
    sha256: str = Field(title="Контрольная сумма SHA-256")
    uploaded_at: datetime = Field(title="Загружен")
    uploaded_by: PersonShape = Field(title="Кто загрузил")
    restricted: bool = Field(title="Персональные данные")


class FileFieldShape(Shape):
    """A kind of document that the direction knows."""

    code: str = Field(title="Код поля", examples=["companyCard"])
    label: str = Field(title="Документ", examples=["Карточка предприятия"])
    hint: str = Field(title="Подсказка")
    editable: bool = Field(title="Вы можете приложить файл сейчас")
    restricted: bool = Field(title="Персональные данные")
    required: bool = Field(title="Нужно для следующей стадии")


class StageChoice(Named):
    """A stage that a person may choose now, and what it still asks for."""

    outcome: str | None = Field(title="Исход стадии", examples=["lost"])
    missing: list[str] = Field(title="Не заполнено", examples=[["ИНН"]])


class DealHead(Shape):
    """What every view of a deal begins with."""

    id: str = Field(title="Номер сделки", examples=["D-2026-00001"])
    title: str = Field(title="Название", examples=["D-2026-00001 ООО «Садовый мир»"])
    version: int = Field(title="Версия", examples=[7])
    direction: Named = Field(title="Направление")
    stage: StageNow = Field(title="Стадия")
    manager: PersonShape = Field(title="Менеджер")
    created_at: datetime = Field(title="Создана")
    closed_at: datetime | None = Field(title="Закрыта")
    outcome: str = Field(title="Исход: open, won, lost", examples=["open"])


class DealShape(DealHead):
    """The deal's card, as the caller may see it."""

    awaits_engine: bool = Field(title="Ждёт движок процессов")
    groups: list[FieldGroupShape] = Field(title="Поля по группам")
    files: list[FileShape] = Field(title="Файлы")
    file_fields: list[FileFieldShape] = Field(title="Документы направления")
    stages: list[StageChoice] = Field(title="Доступные стадии")


class DealLine(DealHead):
    """A deal in a list."""

    counterparty: str | None = Field(title="Контрагент", examples=["ООО «Садовый мир»"])
    subject: str | None = Field(title="Тема обращения")
    inn: str | None = Field(title="ИНН", examples=["7712345671"])


class DealPage(Shape):
    """One page of deals, newest first."""

    items: list[DealLine] = Field(title="Сделки")
    next: str | None = Field(
        title="Адрес следующей страницы", examples=["/api/v1/deals?after=D-2026-00001&limit=50"]
    )
