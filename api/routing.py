"""Route class of the API: authorization first, then the query string and the JSON body."""

import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api.auth.endpoint_permissions import authorize
from api.http.json_body import MAX_BODY, BodyRefused, check_content_type, parse_json, read_body
from api.http.problems import HttpRefusal


class QueryUnknown(HttpRefusal):
    """The query string has a parameter that the endpoint does not know.

    Ignoring it would give a misleading response.
    """

    code = "QUERY_UNKNOWN"
    status = 422

    def __init__(self, name: str, known: list[str]) -> None:
        shown = re.sub(r"[^\w.-]", "?", name[:40])
        listing = f"Есть: {', '.join(known)}." if known else "Этот адрес не принимает параметров."
        super().__init__(f"Параметра «{shown}» здесь нет, уберите его. {listing}")


class StrictRoute(APIRoute):
    """Authorizes the caller before it reads the body; FastAPI alone would read the body first.

    The body is parsed by `parse_json`, and unknown or repeated query parameters are refused.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        takes_body = self.body_field is not None
        known = sorted(_query_names(self.dependant))

        async def strictly(request: Request) -> Response:
            if takes_body or request.scope["query_string"]:
                await run_in_threadpool(authorize, request)
                _check_query(request, known)
            if takes_body:
                # Starlette keeps body and JSON of a request under these names.
                request._body = await read_body(request, MAX_BODY)
                if request._body:
                    check_content_type(request, "application/json")
                    request._json = await parse_json(request._body)
            return await handle(request)

        return strictly


def _query_names(dependant: Dependant) -> set[str]:
    """Query parameters that a route or one of its dependencies reads."""
    names = set()
    for parameter in dependant.query_params:
        schema = parameter.field_info.annotation
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            fields = schema.model_fields.items()
            names |= {field.alias or name for name, field in fields}
        else:
            names.add(parameter.alias)
    return names.union(*map(_query_names, dependant.dependencies))


def _check_query(request: Request, known: list[str]) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    if len(names) != len(set(names)):
        raise BodyRefused("Параметр в адресе указан дважды, оставьте один.")
    for name in names:
        if name not in known:
            raise QueryUnknown(name, known)
