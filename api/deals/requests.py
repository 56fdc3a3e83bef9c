"""Request schemas of deals. Values of deal fields are validated against the catalog."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from api.http.schema import Code, Login, LongText, RequestSchema, Text, Version

FieldValues = Annotated[
    dict[Annotated[str, Field(max_length=60)], Any],
    Field(
        title="Значения полей",
        description="Код поля → значение; null очищает поле. Поля и типы: GET /api/v1/fields.",
        max_length=200,
        examples=[{"inn": "7712345671", "limit": "1500000.00"}],
    ),
]


SEARCHABLE = re.compile(r"[^\W_]{3}")
"""Three letters or digits in a row: the least that an index of trigrams can find."""


def _check_words(text: str) -> str:
    if text.split() and not SEARCHABLE.search(text):
        raise ValueError("нужно слово, в котором есть три буквы или цифры подряд")
    return text


LIST_CURSOR = r"^(D-[0-9]{4}-[0-9]{5,9}|[0-9]{1,16}-[0-9]{1,9})$"
"""A deal; or, in a sorted list, the value that it is sorted by and the deal's number."""


class DealQuery(RequestSchema):
    """Query parameters of the deal list; all conditions must hold."""

    direction: Code | None = Field(None, title="Направление")
    stage: Code | None = Field(None, title="Стадия")
    manager: Login | None = Field(None, title="Менеджер")
    inn: Annotated[str, StringConstraints(pattern=r"^[0-9]{10,12}$")] | None = Field(
        None, title="ИНН"
    )
    text: Annotated[Text, Field(max_length=200), AfterValidator(_check_words)] | None = Field(
        None,
        title="Слова из номера, названия, контактов",
        description="Хотя бы в одном слове три буквы или цифры подряд.",
    )
    open: bool | None = Field(
        None, title="Только открытые (true) или закрытые (false)", strict=False
    )
    sort: Literal["newest", "waiting", "amount"] = Field(
        "newest",
        title="Порядок",
        description="newest: сначала новые; waiting: дольше на стадии; amount: крупнее сумма. "
        "Два последних только для открытых сделок.",
    )
    after: Annotated[str, StringConstraints(pattern=LIST_CURSOR)] | None = Field(
        None, title="Конец предыдущей страницы", description="Берётся из next."
    )
    limit: int = Field(50, ge=1, le=200, title="Сделок на странице", strict=False)

    @model_validator(mode="after")
    def _check_sort(self) -> Self:
        if self.sort != "newest" and self.open is False:
            raise ValueError("по сроку на стадии и сумме сортируют только открытые сделки")
        if self.after is not None and self.after.startswith("D") is not (self.sort == "newest"):
            raise ValueError("конец страницы от другого порядка, начните список сначала")
        return self


class NewDeal(RequestSchema):
    """A deal to create, possibly with some of its fields."""

    direction: Code = Field(title="Направление", examples=["newClients"])
    fields: FieldValues = Field(default_factory=dict)
    manager: Login | None = Field(
        None,
        title="Менеджер",
        description="Указывают руководитель и сервисные учётные записи; менеджер создаёт себе.",
        examples=["manager1"],
    )


class DealChange(RequestSchema):
    """A partial update; fields that are not named stay unchanged."""

    version: Version | None = Field(None, title="Версия, которую вы видели")
    fields: FieldValues


class NewManager(RequestSchema):
    """The employee who takes over a deal."""

    manager: Login = Field(title="Новый менеджер", examples=["manager2"])
    version: Version | None = Field(None, title="Версия, которую вы видели")


class SeenDeal(RequestSchema):
    """A deal of a list with the version that was seen."""

    id: Annotated[str, StringConstraints(pattern=r"^D-[0-9]{4}-[0-9]{5,9}$")] = Field(
        title="Номер сделки", examples=["D-2026-00001"]
    )
    version: Version


class Reassignment(RequestSchema):
    """Several deals for one new manager."""

    deals: Annotated[list[SeenDeal], Field(min_length=1, max_length=100)] = Field(title="Сделки")
    manager: Login = Field(title="Новый менеджер", examples=["manager2"])


class StageMove(RequestSchema):
    """A move of a deal to another stage."""

    stage: Code = Field(title="Стадия", examples=["collectingDocuments"])
    version: Version | None = Field(None, title="Версия, которую вы видели")


class Loss(RequestSchema):
    """The reason for closing a deal as lost."""

    reason: Code = Field(title="Причина из списка lossReasons", examples=["price"])
    comment: LongText | None = Field(None, title="Комментарий")
    version: Version | None = Field(None, title="Версия, которую вы видели")
