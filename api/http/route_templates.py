"""Route templates of handled requests: names with few values, which no client can invent."""

from collections.abc import Mapping

from starlette.routing import Route
from starlette.types import Scope

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
OTHER = "other"
"""Name of requests without a route, and of other methods."""


class RouteTemplates:
    """Finds the template of the route that has handled a request."""

    def __init__(self) -> None:
        self._plain: Mapping[object, str] | None = None
        """Templates by endpoint of routes that FastAPI does not name in the scope."""

    def of(self, scope: Scope) -> str:
        if (route := scope.get("route")) is not None:
            return str(getattr(route, "path", OTHER))
        if (endpoint := scope.get("endpoint")) is None:
            return OTHER
        if self._plain is None:
            routes = scope["app"].routes
            self._plain = {one.endpoint: one.path for one in routes if isinstance(one, Route)}
        return self._plain.get(endpoint, OTHER)


def method_of(scope: Scope) -> str:
    """Method of a request, or `OTHER`."""
    return scope["method"] if scope["method"] in METHODS else OTHER
