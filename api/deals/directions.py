"""Finds a direction of the catalog by its code."""

from api.http.problems import HttpRefusal
from db.domain.catalog import Catalog, Direction


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
