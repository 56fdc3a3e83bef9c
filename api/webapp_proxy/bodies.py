"""Bodies for the engine: read and understood before they pass, written anew by us."""

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from api.http.strict_json import BodyRefused, parse, understood
from api.webapp_proxy.refusals import (
    BodyTooLarge,
    DoorClosed,
    ExpressionRefused,
    NotUnderstood,
    TextRefused,
    WrongContentType,
)
from db.domain.texts import flaw

MAX_BODY = 1_000_000  # bytes; files go by the deal API
MAX_FORM = 4_000
"""Bytes that a caller may send whom nobody knows yet."""
_FORBIDDEN_KEY = re.compile(r"expression\s*$", re.IGNORECASE)
PLAIN_TYPES = frozenset({"String", "Integer", "Long", "Short", "Double", "Boolean", "Null"})
"""Types of variables that a form may send: nothing that the engine would have to parse."""
MAX_TEXT = 4_000  # UTF-16 units, as browsers count; a longer text fits no column of the engine


def none_expected(request: Request) -> bool:
    """Whether the method carries nothing for the engine; a body sent with it stays unread."""
    return request.method in ("GET", "HEAD", "OPTIONS")


async def json_body(request: Request, most: int = MAX_BODY) -> Any:
    """The body of a call, parsed; None if there is none.

    Raises: NotUnderstood, BodyTooLarge, WrongContentType, ExpressionRefused, TextRefused.
    """
    body = await bounded(request, most)
    if not body:
        return None
    _check_type(request, "application/json")
    return await understood(body, _checked)


def _checked(body: bytes) -> Any:
    try:
        value = parse(body)
    except BodyRefused as refused:
        raise NotUnderstood(str(refused)) from None
    refuse_expressions(_keys(value))
    for text in _texts(value):
        _refuse_flaw(text)
    return value


async def form_body(request: Request, fields: Iterable[str]) -> dict[str, str]:
    """A small form with exactly these fields. Raises as `json_body`."""
    body = await bounded(request, MAX_FORM)
    _check_type(request, "application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        raise NotUnderstood("Форма входа заполнена неверно.") from None
    if sorted(name for name, _ in pairs) != sorted(fields) or any("\0" in v for _, v in pairs):
        raise NotUnderstood("Форма входа заполнена неверно.")
    return dict(pairs)


async def bounded(request: Request, most: int) -> bytes:
    """The body, kept for the next rule that looks at it: a connection is read only once.

    Raises: BodyTooLarge, before more than ``most`` bytes are in memory.
    """
    if (kept := getattr(request.state, "front_door_body", None)) is not None:
        return bytes(kept)
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise BodyTooLarge("Слишком большой запрос. Файлы прикладывайте в карточке сделки.")
            parts.append(part)
    except ClientDisconnect:
        raise NotUnderstood("Запрос оборван.") from None
    request.state.front_door_body = b"".join(parts)
    return bytes(request.state.front_door_body)


def written(value: Any) -> bytes:
    """What the engine gets is what was checked, in one spelling."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def refuse_expressions(names: Iterable[str]) -> None:
    """The engine evaluates such members (CVE-2026-109432). Raises: ExpressionRefused."""
    if any(_FORBIDDEN_KEY.search(name) for name in names):
        raise ExpressionRefused


def query_names(query: str) -> list[str]:
    return [name for name, _ in parse_qsl(query, keep_blank_values=True, errors="replace")]


def check_variables(body: Any, declared: Container[str]) -> None:
    """What a form submits: plain values under names that tasks declare. Any other name would
    overwrite what the process itself knows: whose the next task is, and when it is due.

    Raises: DoorClosed, NotUnderstood.
    """
    if body is None:
        return
    if not isinstance(body, Mapping) or not set(body) <= {"variables", "withVariablesInReturn"}:
        raise NotUnderstood("Форма отправила лишние данные.")
    if body.get("withVariablesInReturn"):
        raise DoorClosed("Переменные процесса этим запросом не читаются.")
    variables = {} if body.get("variables") is None else body["variables"]
    if not isinstance(variables, Mapping):
        raise NotUnderstood("Форма отправила переменные в неверном виде.")
    for name, given in variables.items():
        if name not in declared:
            raise DoorClosed("Форма отправила лишние данные. Обновите страницу и повторите.")
        _check_variable(given)


def _check_variable(given: Any) -> None:
    if not isinstance(given, Mapping):
        raise NotUnderstood("Форма отправила переменную в неверном виде.")
    if given.get("type") not in (None, *PLAIN_TYPES) or given.get("valueInfo"):
        raise DoorClosed("Форма отправила значение недопустимого типа.")
    if isinstance(given.get("value"), Mapping | list):
        raise DoorClosed("Форма отправила значение недопустимого типа.")
    if isinstance(given.get("value"), str):
        _check_text(given["value"])


def _check_text(text: str) -> None:
    if len(text.encode("utf-16-le")) > 2 * MAX_TEXT:
        raise TextRefused(f"Слишком длинный текст. Сократите его до {MAX_TEXT} знаков.")
    _refuse_flaw(text)


def _refuse_flaw(text: str) -> None:
    if sentence := flaw(text):
        raise TextRefused(sentence)


def _check_type(request: Request, wanted: str) -> None:
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('" ')
    if kind.strip().lower() != wanted or charset not in ("", "utf-8", "utf8"):
        raise WrongContentType(f"Тело запроса передаётся как {wanted} в UTF-8.")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise WrongContentType("Сжатые запросы не принимаются.")


def _keys(value: Any) -> Iterator[str]:
    """Names of all members at any depth; `parse` has bounded the depth."""
    if isinstance(value, Mapping):
        yield from value
        for inner in value.values():
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def _texts(value: Any) -> Iterator[str]:
    """All text values at any depth."""
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, Mapping) else value
    for one in inner if isinstance(value, Mapping | list) else ():
        yield from _texts(one)
