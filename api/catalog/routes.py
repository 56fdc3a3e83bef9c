"""The catalogue for readers: directions with their stages, and all fields."""

from collections.abc import Sequence

from fastapi import APIRouter
from pydantic import Field

from api.dependencies import CurrentCaller, ResourcesDep
from api.http.schema import Named, ResponseSchema
from api.routing import StrictRoute
from db.domain.catalog import Catalog, Condition, Direction, Requirement, Stage
from db.domain.catalog import Field as DealField

router = APIRouter(tags=["Справочники"], route_class=StrictRoute)


class ConditionSchema(ResponseSchema, title="ConditionShape"):
    """Holds when the value is one of these, has this length, or is there at all."""

    field: str = Field(title="Код поля")
    one_of: list[str | bool | int] = Field(title="Одно из значений")
    length: int | None = Field(title="Длина значения")
    filled: bool = Field(title="Любое значение")


class RequirementSchema(ResponseSchema, title="RequirementShape"):
    """At least one of these must be filled before the stage."""

    any_of: list[str] = Field(title="Хотя бы одно из полей")
    when: ConditionSchema | None = Field(title="Только если")
    unless: ConditionSchema | None = Field(title="Кроме случая")


class StageSchema(Named, title="StageShape"):
    system: bool = Field(title="Ставит только процесс")
    outcome: str | None = Field(title="Исход: won, lost")
    sla_hours: float = Field(title="Срок, рабочих часов", examples=[8.0])
    next: list[str] = Field(title="Следующие стадии")
    locks: list[str] = Field(title="Закрытые для изменения группы полей")
    required: list[RequirementSchema] = Field(title="Нужно до стадии")


class DirectionSchema(Named, title="DirectionShape"):
    process: str = Field(title="Процесс", examples=["new-client"])
    managers: Named = Field(title="Кто ведёт сделки")
    heads: Named = Field(title="Кто видит все сделки")
    fields: list[str] = Field(title="Поля по порядку")
    stages: list[StageSchema] = Field(title="Стадии по порядку")


class DirectionList(ResponseSchema):
    items: list[DirectionSchema] = Field(title="Направления")


class CatalogField(ResponseSchema, title="CatalogueField"):
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
    only_when: ConditionSchema | None = Field(title="Имеет смысл, только если")


class FieldList(ResponseSchema):
    items: list[CatalogField] = Field(title="Поля")


@router.get("/directions", summary="Направления сделок")
def read_directions(caller: CurrentCaller, resources: ResourcesDep) -> DirectionList:
    """All directions with stages, transitions and required fields."""
    catalog = resources.database.catalog
    ordered = sorted(catalog.directions.values(), key=lambda direction: direction.order)
    return DirectionList(items=[_direction(catalog, direction) for direction in ordered])


@router.get("/fields", summary="Поля сделок")
def read_fields(caller: CurrentCaller, resources: ResourcesDep) -> FieldList:
    """All fields; a direction names those it uses."""
    catalog = resources.database.catalog
    return FieldList(items=[_field(catalog, field) for field in catalog.fields.values()])


def _direction(catalog: Catalog, direction: Direction) -> DirectionSchema:
    return DirectionSchema(
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


def _stage(stage: Stage) -> StageSchema:
    return StageSchema(
        code=stage.code,
        name=stage.name,
        system=stage.system,
        outcome=stage.outcome,
        sla_hours=stage.sla.total_seconds() / 3600,
        next=list(stage.next),
        locks=list(stage.locks),
        required=[_requirement(rule) for rule in stage.required],
    )


def _requirement(rule: Requirement) -> RequirementSchema:
    return RequirementSchema(
        any_of=list(rule.any_of), when=_condition(rule.when), unless=_condition(rule.unless)
    )


def _condition(condition: Condition | None) -> ConditionSchema | None:
    if condition is None:
        return None
    return ConditionSchema(
        field=condition.field,
        one_of=list(condition.one_of),
        length=condition.length,
        filled=condition.filled,
    )


def _field(catalog: Catalog, field: DealField) -> CatalogField:
    return CatalogField(
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
