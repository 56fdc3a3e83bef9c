"""Endpoints of the catalog: directions with their stages, and fields."""

from fastapi import APIRouter

from api.catalog.responses import (
    CatalogField,
    DirectionList,
    DirectionSchema,
    DirectionValues,
    FieldList,
)
from api.deals.directions import DirectionCode, known_direction
from api.dependencies import EmployeesDep, NamesDep, ResourcesDep
from api.http.schema import Named
from api.routing import StrictRoute
from db.domain.catalog import Catalog, Direction, Field

router = APIRouter(tags=["Справочники"], route_class=StrictRoute)


@router.get("/directions", summary="Направления сделок")
def read_directions(resources: ResourcesDep) -> DirectionList:
    """All directions with stages, transitions and required fields."""
    catalog = resources.database.catalog
    ordered = sorted(catalog.directions.values(), key=lambda direction: direction.order)
    return DirectionList(items=[_direction(catalog, direction) for direction in ordered])


@router.get("/directions/{direction}/values", summary="Что можно выбрать в полях направления")
def read_values(
    direction: DirectionCode, resources: ResourcesDep, employees: EmployeesDep, names: NamesDep
) -> DirectionValues:
    """Active items of all lists and active members of all roles that the direction's fields name:
    everything that a form of its deals needs, in one answer."""
    catalog = resources.database.catalog
    fields = [catalog.fields[code] for code in known_direction(catalog, direction).fields]
    with resources.database.reading() as store:
        lists = {
            code: [
                Named.of(item)
                for item in store.lists.items(code)
                if store.lists.is_active(code, item.code)
            ]
            for code in sorted({field.list for field in fields if field.list})
        }
    people = {
        role: sorted(
            (names.person(login) for login in employees.members(role)),
            key=lambda person: (person.name, person.login),
        )
        for role in sorted({field.role for field in fields if field.role})
    }
    return DirectionValues(lists=lists, people=people)


@router.get("/fields", summary="Поля сделок")
def read_fields(resources: ResourcesDep) -> FieldList:
    """All deal fields; each direction lists the codes of those it uses."""
    catalog = resources.database.catalog
    return FieldList(items=[_field(catalog, field) for field in catalog.fields.values()])


def _direction(catalog: Catalog, direction: Direction) -> DirectionSchema:
    return DirectionSchema.of(
        direction,
        managers=Named.of(catalog.roles[direction.managers]),
        heads=Named.of(catalog.roles[direction.heads]),
    )


def _field(catalog: Catalog, field: Field) -> CatalogField:
    group = catalog.groups[field.group]
    return CatalogField.of(field, group=Named(code=group.code, name=group.label))
