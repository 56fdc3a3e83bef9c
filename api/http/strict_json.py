"""JSON bodies read strictly: of bounded size and depth, without doubled names or broken text.

A body is read after its caller is known, and a large one in a thread: the event loop serves all.
"""

import json
import math
import re
from collections.abc import Callable, Coroutine
from itertools import accumulate
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from api.auth.endpoint_permissions import admit
from api.http.problems import HttpRefusal

MAX_BODY = 1_000_000  # bytes
MAX_DEPTH = 20
MAX_VALUES = 10_000
"""Values and names in one body; whatever looks at them afterwards is bounded by this."""
SMALL = 16_000
"""Bytes of a body that the event loop may parse itself, in well under a millisecond."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
"""Also one that never ends: it is taken to the end of the text, and looked at only once."""
_BRACKET = re.compile(r"[\[\]{}]")
Read = TypeVar("Read")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


class BodyRefused(HttpRefusal):
    """The body is not JSON that we read."""

    code = "BODY_INVALID"
    status = 422


class BodyTooLarge(BodyRefused):
    code = "BODY_TOO_LARGE"
    status = 413


class NotJson(BodyRefused):
    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


class QueryUnknown(BodyRefused):
    """A parameter that the place does not have would be ignored, and the answer be misleading."""

    code = "QUERY_UNKNOWN"

    def __init__(self, name: str, known: list[str]) -> None:
        shown = re.sub(r"[^\w.-]", "?", name[:40])
        told = f"Есть: {', '.join(known)}." if known else "Этот адрес не принимает параметров."
        super().__init__(f"Параметра «{shown}» здесь нет, уберите его. {told}")


class StrictRoute(APIRoute):
    """A route of the API: the caller is known before the body is read, the body was read by
    `parse` before anything else looks at it, and no parameter of the address is ignored."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        takes_body = self.body_field is not None
        known = sorted(_query_names(self.dependant))

        async def strictly(request: Request) -> Response:
            if takes_body or request.scope["query_string"]:
                await run_in_threadpool(admit, request)
                _check_query(request, known)
            if takes_body:
                request._body = await _bounded_body(request)
                if request._body:
                    _check_type(request.headers.get("content-type", ""))
                    request._json = await understood(request._body, parse)
            return await handle(request)

        return strictly


async def understood(body: bytes, read: Callable[[bytes], Read]) -> Read:
    """What ``read`` makes of a body; it runs in a thread unless the body is small."""
    return read(body) if len(body) <= SMALL else await run_in_threadpool(read, body)


def parse(body: bytes) -> Any:
    """Raises: BodyRefused."""
    try:
        text = body.decode()
        _check_shape(text)
        value = json.loads(
            text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant
        )
        if "\\u" in text:  # half a character can be written in no other way
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise BodyRefused("Тело запроса содержит недопустимые символы, нужен UTF-8.") from None
    except json.JSONDecodeError as error:
        place = f"строка {error.lineno}, знак {error.colno}"
        raise BodyRefused(f"Тело запроса не является JSON ({place}).") from None
    except (ValueError, RecursionError):
        raise BodyRefused("Тело запроса содержит недопустимое число.") from None
    return value


def _query_names(dependant: Dependant) -> set[str]:
    """Parameters of the address that a route, or anything it depends on, reads."""
    names = set()
    for parameter in dependant.query_params:
        shape = parameter.field_info.annotation
        if isinstance(shape, type) and issubclass(shape, BaseModel):
            fields = shape.model_fields.items()
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


async def _bounded_body(request: Request) -> bytes:
    declared = request.headers.get("content-length", "0")
    parts, size = [], int(declared) if declared.isdecimal() and len(declared) < 15 else 0
    too_large = BodyTooLarge(f"Тело запроса больше {MAX_BODY // 1000} КБ.")
    if size > MAX_BODY:
        raise too_large
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > MAX_BODY:
                raise too_large
            parts.append(part)
    except ClientDisconnect:
        raise BodyRefused("Запрос оборван.") from None
    return b"".join(parts)


def _check_type(content_type: str) -> None:
    kind, _, parameters = content_type.partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('" ')
    if kind.strip().lower() != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise NotJson("Тело запроса передаётся с Content-Type: application/json в UTF-8.")


def _check_shape(text: str) -> None:
    """Values and nesting are counted before parsing: the parser itself would recurse, and what
    it makes of a megabyte of commas takes a hundred times the memory."""
    too_many = BodyRefused(f"В теле запроса больше {MAX_VALUES} значений, разделите его.")
    if text.count('"') > 4 * MAX_VALUES:
        raise too_many
    bare = _STRING.sub("", text)
    if sum(bare.count(sign) for sign in ",[{") > MAX_VALUES:
        raise too_many
    depths = accumulate(_STEPS[bracket] for bracket in _BRACKET.findall(bare))
    if any(depth > MAX_DEPTH for depth in depths):
        raise BodyRefused(f"Вложенность JSON больше {MAX_DEPTH} уровней.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BodyRefused("В JSON дважды указано одно и то же поле.")
    return found


def _finite(number: str) -> float:
    if math.isinf(value := float(number)):
        raise BodyRefused("Тело запроса содержит недопустимое число.")
    return value


def _no_constant(name: str) -> Any:
    raise BodyRefused(f"{name} не является числом JSON.")
