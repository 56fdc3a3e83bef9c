"""Finds a direction of the catalog by its code."""

from typing import Annotated

from fastapi import Path

from api.http.problems import HttpRefusal
from api.http.schema import Code
from db.domain.catalog import Catalog, Direction

DirectionCode = Annotated[Code, Path(title="Код направления", examples=["newClients"])]


class DirectionNotFound(HttpRefusal):
    """The catalog has no direction of this code."""

    code = "DIRECTION_NOT_FOUND"
    status = 404
    sentence = "Такого направления нет. Выберите направление из списка."


def known_direction(catalog: Catalog, code: str) -> Direction:
    """The direction of a code. Raises: DirectionNotFound."""
    if (found := catalog.directions.get(code)) is None:
        raise DirectionNotFound
    return found
