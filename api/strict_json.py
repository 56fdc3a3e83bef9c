"""JSON bodies read strictly: of bounded size and depth, without doubled names or broken text."""

import json
import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from db.domain.errors import Refusal

MAX_BODY = 1_000_000  # bytes
MAX_DEPTH = 20
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class BodyRefused(Refusal):
    """The body is not JSON that we read."""

    code = "BODY_INVALID"
    status = 422


class BodyTooLarge(BodyRefused):
    code = "BODY_TOO_LARGE"
    status = 413


class NotJson(BodyRefused):
    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


class StrictRoute(APIRoute):
    """A route whose JSON body was read by `parse` before anything else looked at it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def strictly(request: Request) -> Response:
            _check_query(request)
            if takes_body:
                request._body = await _bounded_body(request)
                if request._body:
                    _check_type(request.headers.get("content-type", ""))
                    request._json = parse(request._body)
            return await handle(request)

        return strictly


def parse(body: bytes) -> Any:
    """Raises: BodyRefused."""
    try:
        text = body.decode()
        _check_depth(text)
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise BodyRefused("Тело запроса содержит недопустимые символы, нужен UTF-8.") from None
    except json.JSONDecodeError as error:
        place = f"строка {error.lineno}, знак {error.colno}"
        raise BodyRefused(f"Тело запроса не является JSON ({place}).") from None
    except (ValueError, RecursionError):
        raise BodyRefused("Тело запроса содержит недопустимое число.") from None
    return value


def _check_query(request: Request) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    if len(names) != len(set(names)):
        raise BodyRefused("Параметр в адресе указан дважды, оставьте один.")


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


def _check_depth(text: str) -> None:
    """Nesting is counted before parsing: the parser itself would recurse."""
    depth = 0
    for bracket in re.finditer(r"[\[\]{}]", _STRING.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            raise BodyRefused(f"Вложенность JSON больше {MAX_DEPTH} уровней.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BodyRefused("В JSON дважды указано одно и то же поле.")
    return found


def _no_constant(name: str) -> Any:
    raise BodyRefused(f"{name} не является числом JSON.")
