"""Response schemas of the catalog, built from the attributes of its dataclasses."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field

from api.deals.requirements import ConditionSchema, RequirementSchema
from api.http.schema import Named, PersonSchema, ResponseSchema


def _hours(duration: timedelta | float) -> float:
    return duration.total_seconds() / 3600 if isinstance(duration, timedelta) else duration


class StageSchema(Named, title="StageShape"):
    """A stage of a direction."""

    model_config = ConfigDict(from_attributes=True)

    system: bool = Field(title="Ставит только процесс")
    outcome: str | None = Field(title="Исход: won, lost")
    sla_hours: Annotated[float, BeforeValidator(_hours)] = Field(
        title="Срок, рабочих часов", examples=[8.0], validation_alias="sla"
    )
    next: list[str] = Field(title="Следующие стадии")
    locks: list[str] = Field(title="Закрытые для изменения группы полей")
    required: list[RequirementSchema] = Field(title="Нужно до стадии")


class DirectionSchema(Named, title="DirectionShape"):
    """A direction of deals with its stages and fields."""

    process: str = Field(title="Процесс", examples=["new-client"])
    managers: Named = Field(title="Кто ведёт сделки")
    heads: Named = Field(title="Кто видит все сделки")
    fields: list[str] = Field(title="Поля по порядку")
    stages: list[StageSchema] = Field(title="Стадии по порядку")


class DirectionList(ResponseSchema):
    """All directions."""

    items: list[DirectionSchema] = Field(title="Направления")


class DirectionValues(ResponseSchema):
    """The list values and people of a direction's choice fields."""

    lists: dict[str, list[Named]] = Field(title="Действующие значения по кодам списков")
    people: dict[str, list[PersonSchema]] = Field(title="Действующие сотрудники по кодам ролей")


class CatalogField(ResponseSchema, title="CatalogueField"):
    """The definition of a deal field."""

    code: str = Field(title="Код поля", examples=["limit"])
    label: str = Field(title="Подпись", examples=["Лимит"])
    kind: str = Field(title="Тип значения", examples=["money"])
    group: Named = Field(title="Группа")
    list: str | None = Field(title="Список значений")
    role: str | None = Field(title="Роль сотрудника")
    hint: str = Field(title="Подсказка")
    restricted: bool = Field(title="Персональные данные")
    system: bool = Field(title="Заполняет система")
    filled_by: tuple[str, ...] = Field(title="Роли, которые заполняют")
    minimum: int | None = Field(title="Наименьшее значение")
    only_when: ConditionSchema | None = Field(title="Имеет смысл, только если")


class FieldList(ResponseSchema):
    """All deal fields."""

    items: list[CatalogField] = Field(title="Поля")
