"""Response schemas of deals."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from api.deals.requirements import RequirementSchema
from api.http.schema import Named, PersonSchema, ResponseSchema


class StageNow(Named):
    """The current stage of a deal."""

    since: datetime = Field(title="На стадии с")
    outcome: str | None = Field(None, title="Исход стадии", examples=["won"])


class FieldSchema(ResponseSchema, title="FieldShape"):
    """A field of a deal with its value."""

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


class FieldGroupSchema(ResponseSchema, title="FieldGroupShape"):
    """A group of fields."""

    code: str = Field(title="Код группы", examples=["terms"])
    label: str = Field(title="Название группы", examples=["Условия"])
    fields: list[FieldSchema] = Field(title="Поля")


class FileSchema(ResponseSchema, title="FileShape"):
    """One version of an uploaded file."""

    id: str = Field(title="Номер файла")
    field: str = Field(title="Код поля", examples=["companyCard"])
    label: str = Field(title="Документ", examples=["Карточка предприятия"])
    name: str = Field(title="Имя файла", examples=["Карточка.pdf"])
    size: int = Field(title="Размер, байт")
    media_type: str = Field(title="Тип содержимого", examples=["application/pdf"])
    version: int = Field(title="Версия файла")
    sha256: str = Field(title="Контрольная сумма SHA-256")
    uploaded_at: datetime = Field(title="Загружен")
    uploaded_by: PersonSchema = Field(title="Кто загрузил")
    restricted: bool = Field(title="Персональные данные")


class FileFieldSchema(ResponseSchema, title="FileFieldShape"):
    """A file field of the deal's direction."""

    code: str = Field(title="Код поля", examples=["companyCard"])
    label: str = Field(title="Документ", examples=["Карточка предприятия"])
    hint: str = Field(title="Подсказка")
    editable: bool = Field(title="Вы можете приложить файл сейчас")
    restricted: bool = Field(title="Персональные данные")
    required: bool = Field(title="Нужно для следующей стадии")


class StageChoice(Named):
    """A stage that may be set now, with the labels of required fields that are empty."""

    outcome: str | None = Field(title="Исход стадии", examples=["lost"])
    missing: list[str] = Field(title="Не заполнено", examples=[["ИНН"]])
    missing_fields: list[list[str]] = Field(
        title="Коды полей к каждому из них, на выбор", examples=[[["inn"]]]
    )
    required: list[RequirementSchema] = Field(title="Нужно до стадии")


class DealHead(ResponseSchema):
    """Members that all representations of a deal share."""

    id: str = Field(title="Номер сделки", examples=["D-2026-00001"])
    title: str = Field(title="Название", examples=["D-2026-00001 ООО «Садовый мир»"])
    version: int = Field(title="Версия", examples=[7])
    direction: Named = Field(title="Направление")
    stage: StageNow = Field(title="Стадия")
    manager: PersonSchema = Field(title="Менеджер")
    created_at: datetime = Field(title="Создана")
    closed_at: datetime | None = Field(title="Закрыта")
    outcome: str = Field(title="Исход: open, won, lost", examples=["open"])


class DealSchema(DealHead, title="DealShape"):
    """A deal with everything that the caller may read."""

    awaits_engine: bool = Field(title="Ждёт движок процессов")
    can_write: bool = Field(title="Вы можете вести сделку: поля, записи, стадии")
    can_reassign: bool = Field(title="Вы можете передать сделку другому менеджеру")
    groups: list[FieldGroupSchema] = Field(title="Поля по группам")
    files: list[FileSchema] = Field(title="Файлы")
    file_fields: list[FileFieldSchema] = Field(title="Документы направления")
    stages: list[StageChoice] = Field(title="Доступные стадии")


class DealLine(DealHead):
    """A deal in a list of deals."""

    counterparty: str | None = Field(title="Контрагент", examples=["ООО «Садовый мир»"])
    subject: str | None = Field(title="Тема обращения")
    inn: str | None = Field(title="ИНН", examples=["7712345671"])
    amount: Decimal | None = Field(title="Сумма", examples=["1500000.00"])
    amount_text: str = Field(title="Сумма для чтения", examples=["1 500 000 ₽"])


class DealPage(ResponseSchema):
    """A page of deals, newest first."""

    items: list[DealLine] = Field(title="Сделки")
    next: str | None = Field(
        title="Адрес следующей страницы", examples=["/api/v1/deals?after=D-2026-00001&limit=50"]
    )


class ReassignedDeal(ResponseSchema):
    """One of several deals, and why it was not given away."""

    id: str = Field(title="Номер сделки")
    reason: str | None = Field(title="Почему сделка не передана")


class Reassigned(ResponseSchema):
    """Outcome for each of the deals."""

    items: list[ReassignedDeal] = Field(title="Сделки")


class StalledDeal(ResponseSchema, title="StuckShape"):
    """A deal without a next step."""

    deal: DealLine = Field(title="Сделка")
    reason: str = Field(title="Почему она стоит и что делать")


class StalledDeals(ResponseSchema, title="StuckList"):
    """A page of deals without a next step; it may be empty and have a next one."""

    items: list[StalledDeal] = Field(title="Сделки без следующего шага")
    next: str | None = Field(
        title="Адрес следующей страницы",
        examples=["/api/v1/deals-without-next-step?after=D-2026-00200&limit=200"],
    )
