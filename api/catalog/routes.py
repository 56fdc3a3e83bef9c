"""Endpoints of the catalog: directions with their stages, and fields."""

from fastapi import APIRouter

from api.catalog.responses import CatalogField, DirectionList, DirectionSchema, FieldList
from api.dependencies import ResourcesDep
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
