"""Request bodies and a strict JSON parser: bounded size and depth, unique names, valid UTF-8.

A large body is parsed in a thread, because the event loop serves all requests.
"""

import json
import math
import re
from collections.abc import Callable
from itertools import accumulate
from typing import Any, TypeVar

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api.http.problems import HttpRefusal

MAX_BODY = 1_000_000  # bytes
MAX_DEPTH = 20
MAX_VALUES = 10_000
"""Values and names in one body; bounds the work of later checks."""
SMALL = 16_000
"""Bytes of a body that the event loop may parse itself, in well under a millisecond."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
"""A JSON string. An unterminated one extends to the end of the text, so that the scan is linear."""
_BRACKET = re.compile(r"[\[\]{}]")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
Parsed = TypeVar("Parsed")


class BodyRefused(HttpRefusal):
    """The body was cut off or is not strict JSON."""

    code = "BODY_INVALID"
    status = 422


class BodyTooLarge(HttpRefusal):
    """The request body exceeds its size limit."""

    code = "BODY_TOO_LARGE"
    status = 413


class ContentTypeRefused(HttpRefusal):
    """The Content-Type of the request body is not accepted."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body, at most ``limit`` bytes. Raises: BodyTooLarge, BodyRefused (cut off)."""
    too_large = BodyTooLarge(
        f"Тело запроса больше {limit // 1000} КБ. Файлы прикладывайте в карточке сделки."
    )
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and len(declared) < 15 and int(declared) > limit:
        raise too_large
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise too_large
            parts.append(part)
    except ClientDisconnect:
        raise BodyRefused("Запрос оборван.") from None
    return b"".join(parts)


def check_content_type(request: Request, media_type: str) -> None:
    """Check that the body is declared as ``media_type`` in UTF-8. Raises: ContentTypeRefused."""
    declared, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('" ')
    if declared.strip().lower() != media_type or charset not in ("", "utf-8", "utf8"):
        raise ContentTypeRefused(f"Тело запроса передаётся с Content-Type: {media_type} в UTF-8.")


async def parse_json(body: bytes) -> Any:
    """As `loads`, without blocking the event loop. Raises: BodyRefused."""
    return await off_event_loop(body, loads)


async def off_event_loop(body: bytes, parse: Callable[[bytes], Parsed]) -> Parsed:
    """Result of ``parse(body)``; runs in a thread unless the body is small."""
    return parse(body) if len(body) <= SMALL else await run_in_threadpool(parse, body)


def loads(body: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises: BodyRefused."""
    try:
        text = body.decode()
        _check_shape(text)
        value = json.loads(
            text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse_constant
        )
        if "\\u" in text:  # only an escape can produce an unpaired surrogate
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise BodyRefused("Тело запроса содержит недопустимые символы, нужен UTF-8.") from None
    except json.JSONDecodeError as error:
        place = f"строка {error.lineno}, знак {error.colno}"
        raise BodyRefused(f"Тело запроса не является JSON ({place}).") from None
    except (ValueError, RecursionError):
        raise BodyRefused("Тело запроса содержит недопустимое число.") from None
    return value


def _check_shape(text: str) -> None:
    """Count values and nesting before parsing.

    The parser itself recurses, and needs a hundred times the memory for a megabyte of commas.
    """
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
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BodyRefused("В JSON дважды указано одно и то же поле.")
    return members


def _finite(number: str) -> float:
    if math.isinf(value := float(number)):
        raise BodyRefused("Тело запроса содержит недопустимое число.")
    return value


def _refuse_constant(name: str) -> Any:
    raise BodyRefused(f"{name} не является числом JSON.")
