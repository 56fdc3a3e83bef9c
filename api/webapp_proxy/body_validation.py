"""Validation of request bodies for the engine: parsed, checked, and serialized again."""

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from api.http.json_body import (
    MAX_BODY,
    BodyRefused,
    ContentTypeRefused,
    check_content_type,
    loads,
    off_event_loop,
    read_body,
)
from api.webapp_proxy.refusals import (
    ExpressionRefused,
    ProxyRefusal,
    RequestNotUnderstood,
    TextRefused,
)
from db.domain.fields.texts import flaw

MAX_ANONYMOUS_BODY = 4_000  # bytes
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
_EXPRESSION_MEMBER = re.compile(r"expression\s*$", re.IGNORECASE)
PLAIN_TYPES = frozenset({"String", "Integer", "Long", "Short", "Double", "Boolean", "Null"})
"""Types of process variables that a form may submit: none that the engine would deserialize."""
MAX_TEXT = 4_000  # UTF-16 units, as browsers count; the engine's columns hold no more


def has_no_body(request: Request) -> bool:
    """Whether the engine expects no body with this method; one that is sent stays unread."""
    return request.method in ("GET", "HEAD", "OPTIONS")


async def json_body(request: Request, limit: int = MAX_BODY) -> Any:
    """The parsed and checked JSON body of at most ``limit`` bytes; None if there is none.

    Raises: RequestNotUnderstood, BodyTooLarge, ContentTypeRefused, ExpressionRefused, TextRefused.
    """
    body = await _body(request, limit)
    if not body:
        return None
    _check_headers(request, JSON)
    return await off_event_loop(body, parse_checked)


def parse_checked(body: bytes) -> Any:
    """As `json_body`, of bytes."""
    try:
        value = loads(body)
    except BodyRefused as refused:
        raise RequestNotUnderstood(str(refused)) from None
    refuse_expressions(_member_names(value))
    for text in _texts(value):
        _check_characters(text)
    return value


async def form_body(request: Request, fields: Iterable[str]) -> dict[str, str]:
    """A URL-encoded form with exactly these fields. Raises as `json_body`."""
    body = await _body(request, MAX_ANONYMOUS_BODY)
    _check_headers(request, FORM)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        raise RequestNotUnderstood("Форма входа заполнена неверно.") from None
    if sorted(name for name, _ in pairs) != sorted(fields) or any("\0" in v for _, v in pairs):
        raise RequestNotUnderstood("Форма входа заполнена неверно.")
    return dict(pairs)


async def _body(request: Request, limit: int) -> bytes:
    """The body, kept in ``request.state`` for the next rule: it can be received only once."""
    if (kept := getattr(request.state, "proxy_body", None)) is not None:
        return bytes(kept)
    try:
        request.state.proxy_body = await read_body(request, limit)
    except BodyRefused as refused:
        raise RequestNotUnderstood(str(refused)) from None
    return bytes(request.state.proxy_body)


def serialize(value: Any) -> bytes:
    """JSON for the engine: what was checked, in one canonical form."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def refuse_expressions(names: Iterable[str]) -> None:
    """Refuse members that the engine evaluates (CVE-2026-109432). Raises: ExpressionRefused."""
    if any(_EXPRESSION_MEMBER.search(name) for name in names):
        raise ExpressionRefused


def query_names(query: str) -> list[str]:
    """Names of the query parameters."""
    return [name for name, _ in parse_qsl(query, keep_blank_values=True, errors="replace")]


def submitted_variables(body: Any) -> Mapping[Any, Any]:
    """Variables of a submitted form by name. Raises: ProxyRefusal, RequestNotUnderstood."""
    if body is None:
        return {}
    if not isinstance(body, Mapping) or not set(body) <= {"variables", "withVariablesInReturn"}:
        raise RequestNotUnderstood("Форма отправила лишние данные.")
    if body.get("withVariablesInReturn"):
        raise ProxyRefusal("Переменные процесса этим запросом не читаются.")
    variables = {} if body.get("variables") is None else body["variables"]
    if not isinstance(variables, Mapping):
        raise RequestNotUnderstood("Форма отправила переменные в неверном виде.")
    return variables


def check_variables(variables: Mapping[Any, Any], declared: Container[str]) -> None:
    """Check that a submitted form has only plain values for ``declared`` variables.

    Any other variable could overwrite the process's own, such as assignees and due dates.
    Raises: ProxyRefusal, RequestNotUnderstood.
    """
    for name, variable in variables.items():
        if name not in declared:
            raise ProxyRefusal("Форма отправила лишние данные. Обновите страницу и повторите.")
        _check_variable(variable)


def _check_variable(variable: Any) -> None:
    if not isinstance(variable, Mapping):
        raise RequestNotUnderstood("Форма отправила переменную в неверном виде.")
    if variable.get("type") not in (None, *PLAIN_TYPES) or variable.get("valueInfo"):
        raise ProxyRefusal("Форма отправила значение недопустимого типа.")
    if isinstance(variable.get("value"), Mapping | list):
        raise ProxyRefusal("Форма отправила значение недопустимого типа.")
    if isinstance(variable.get("value"), str):
        _check_text(variable["value"])


def _check_text(text: str) -> None:
    if len(text.encode("utf-16-le")) > 2 * MAX_TEXT:
        raise TextRefused(f"Слишком длинный текст. Сократите его до {MAX_TEXT} знаков.")
    _check_characters(text)


def _check_characters(text: str) -> None:
    if sentence := flaw(text):
        raise TextRefused(sentence)


def _check_headers(request: Request, media_type: str) -> None:
    check_content_type(request, media_type)
    if request.headers.get("content-encoding", "identity") != "identity":
        raise ContentTypeRefused("Сжатые запросы не принимаются.")


def _member_names(value: Any) -> Iterator[str]:
    """Names of all object members at any depth; `loads` has bounded the depth."""
    if isinstance(value, Mapping):
        yield from value
        for inner in value.values():
            yield from _member_names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _member_names(inner)


def _texts(value: Any) -> Iterator[str]:
    """All strings at any depth that are values."""
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, Mapping) else value
    for one in inner if isinstance(value, Mapping | list) else ():
        yield from _texts(one)
