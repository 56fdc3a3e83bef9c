"""The catalogue for readers: directions with their stages, and all fields."""

from collections.abc import Sequence

from fastapi import APIRouter
from pydantic import Field

from api.dependencies import Caller, Opened
from api.http.schema import Named, Shape
from api.http.strict_json import StrictRoute
from db.domain.catalog import Catalog, Condition, Direction, Requirement, Stage
from db.domain.catalog import Field as DealField

router = APIRouter(tags=["Справочники"], route_class=StrictRoute)


class ConditionShape(Shape):
    """Holds when the value is one of these, has this length, or is there at all."""

    field: str = Field(title="Код поля")
    one_of: list[str | bool | int] = Field(title="Одно из значений")
    length: int | None = Field(title="Длина значения")
    filled: bool = Field(title="Любое значение")


class RequirementShape(Shape):
    """At least one of these must be filled before the stage."""

    any_of: list[str] = Field(title="Хотя бы одно из полей")
    when: ConditionShape | None = Field(title="Только если")
    unless: ConditionShape | None = Field(title="Кроме случая")


class StageShape(Named):
    system: bool = Field(title="Ставит только процесс")
    outcome: str | None = Field(title="Исход: won, lost")
    sla_hours: float = Field(title="Срок, рабочих часов", examples=[8.0])
    next: list[str] = Field(title="Следующие стадии")
    locks: list[str] = Field(title="Закрытые для изменения группы полей")
    required: list[RequirementShape] = Field(title="Нужно до стадии")


class DirectionShape(Named):
    process: str = Field(title="Процесс", examples=["new-client"])
    managers: Named = Field(title="Кто ведёт сделки")
    heads: Named = Field(title="Кто видит все сделки")
    fields: list[str] = Field(title="Поля по порядку")
    stages: list[StageShape] = Field(title="Стадии по порядку")


class DirectionList(Shape):
    items: list[DirectionShape] = Field(title="Направления")


class CatalogueField(Shape):
    code: str = Field(title="Код поля", examples=["limit"])
    label: str = Field(title="Подпись", examples=["Лимит"])
    kind: str = Field(title="Тип значения", examples=["money"])
    group: Named = Field(title="Группа")
    list: str | None = Field(title="Список значений")
    role: str | None = Field(title="Роль сотрудника")
    hint: str = Field(title="Подсказка")
    restricted: bool = Field(title="Персональные данные")
    system: bool = Field(title="Заполняет система")
    filled_by: Sequence[str] = Field(title="Роли, которые заполняют")
    minimum: int | None = Field(title="Наименьшее значение")
    only_when: ConditionShape | None = Field(title="Имеет смысл, только если")


class FieldList(Shape):
    items: list[CatalogueField] = Field(title="Поля")


@router.get("/directions", summary="Направления сделок")
def read_directions(caller: Caller, opened: Opened) -> DirectionList:
    """All directions with stages, transitions and required fields."""
    catalog = opened.database.catalog
    ordered = sorted(catalog.directions.values(), key=lambda direction: direction.order)
    return DirectionList(items=[_direction(catalog, direction) for direction in ordered])


@router.get("/fields", summary="Поля сделок")
def read_fields(caller: Caller, opened: Opened) -> FieldList:
    """All fields; a direction names those it uses."""
    catalog = opened.database.catalog
    return FieldList(items=[_field(catalog, field) for field in catalog.fields.values()])


def _direction(catalog: Catalog, direction: Direction) -> DirectionShape:
    return DirectionShape(
        code=direction.code,
        name=direction.name,
        process=direction.process,
        managers=_role(catalog, direction.managers),
        heads=_role(catalog, direction.heads),
        fields=list(direction.fields),
        stages=[_stage(stage) for stage in direction.stages],
    )


def _role(catalog: Catalog, code: str) -> Named:
    return Named(code=code, name=catalog.roles[code].name)


def _stage(stage: Stage) -> StageShape:
    return StageShape(
        code=stage.code,
        name=stage.name,
        system=stage.system,
        outcome=stage.outcome,
        sla_hours=stage.sla.total_seconds() / 3600,
        next=list(stage.next),
        locks=list(stage.locks),
        required=[_requirement(rule) for rule in stage.required],
    )


def _requirement(rule: Requirement) -> RequirementShape:
    return RequirementShape(
        any_of=list(rule.any_of), when=_condition(rule.when), unless=_condition(rule.unless)
    )


def _condition(condition: Condition | None) -> ConditionShape | None:
    if condition is None:
        return None
    return ConditionShape(
        field=condition.field,
        one_of=list(condition.one_of),
        length=condition.length,
        filled=condition.filled,
    )


def _field(catalog: Catalog, field: DealField) -> CatalogueField:
    return CatalogueField(
        code=field.code,
        label=field.label,
        kind=field.kind,
        group=Named(code=field.group, name=catalog.groups[field.group].label),
        list=field.list,
        role=field.role,
        hint=field.hint,
        restricted=field.restricted,
        system=field.system,
        filled_by=list(field.filled_by),
        minimum=field.minimum,
        only_when=_condition(field.only_when),
    )
