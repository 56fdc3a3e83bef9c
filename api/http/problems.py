"""Error responses by RFC 9457: a code for programs, a Russian sentence, no internals."""

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.http.route_templates import RouteTemplates
from db.domain.documents.templates import PreviewOutdated, TemplateNotFound
from db.domain.errors import (
    AbsenceNotFound,
    AccessDenied,
    DealChanged,
    DealNotFound,
    FieldsInvalid,
    FileRefused,
    FileTooLarge,
    ListItemChanged,
    ListItemExists,
    ListItemNotFound,
    MailNotFound,
    ReasonMissing,
    Refusal,
    StageUnknown,
    Unavailable,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

STATUSES: Mapping[type[Refusal], int] = {
    Refusal: 409,
    AccessDenied: 403,
    DealNotFound: 404,
    ListItemNotFound: 404,
    AbsenceNotFound: 404,
    MailNotFound: 404,
    TemplateNotFound: 404,
    DealChanged: 412,
    ListItemChanged: 412,
    ListItemExists: 412,
    PreviewOutdated: 412,
    FileTooLarge: 413,
    FieldsInvalid: 422,
    FileRefused: 422,
    ReasonMissing: 422,
    StageUnknown: 422,
}
"""HTTP status of a domain error; a class that is not here has the status of its base class."""

TITLES = {
    400: "Запрос не понят",
    401: "Нужен вход",
    403: "Недостаточно прав",
    404: "Не найдено",
    405: "Так обратиться нельзя",
    408: "Запрос передаётся слишком медленно",
    409: "Сейчас это невозможно",
    412: "Данные изменились",
    413: "Слишком большой запрос",
    415: "Неподходящий тип содержимого",
    422: "Проверьте данные",
    428: "Нужна версия",
    429: "Слишком много попыток",
    500: "Внутренняя ошибка",
    503: "Временно недоступно",
    504: "Ответ не получен",
    507: "Нет места",
}
SENTENCES = {
    400: ("BAD_REQUEST", "Запрос составлен неверно, проверьте адрес, заголовки и тело."),
    404: ("NOT_FOUND", "Такого адреса нет. Проверьте ссылку."),
    405: ("METHOD_NOT_ALLOWED", "Этот адрес не принимает такой метод, см. заголовок Allow."),
    500: ("INTERNAL", "Что-то пошло не так у нас. Повторите позже или сообщите номер запроса."),
}


MAX_ERRORS = 50
"""Validation errors in one response; a body of a megabyte can have a hundred thousand."""
_LOGGED = frozenset({401, 403, 404, 429})
"""Statuses that are logged with the request id, because they may be part of an attack."""


class HttpRefusal(Refusal):
    """Refusal of the HTTP layer itself, with its own status and response headers."""

    status: ClassVar[int] = 400
    headers: Mapping[str, str] = {}
    """Additional response headers."""


class TooManyAttempts(HttpRefusal):
    """Too many wrong passwords; ``pause`` is the time until the next attempt."""

    code = "TOO_MANY_ATTEMPTS"
    status = 429

    def __init__(self, pause: timedelta) -> None:
        seconds = max(1, round(pause.total_seconds()))
        super().__init__(
            f"Слишком много неверных паролей подряд. Повторите через {_in_words(seconds)}, "
            "войдите с устройства, где уже входили, или обратитесь к администратору портала."
        )
        self.headers = {"Retry-After": str(seconds)}


def _in_words(seconds: int) -> str:
    return f"{seconds} с" if seconds < 120 else f"{-(-seconds // 60)} мин"


def install(app: FastAPI) -> None:
    """Register the exception handlers that turn errors into problem responses."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def problem(
    request_id: str,
    status: int,
    code: str,
    detail: str,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem response; ``details`` are members in addition to those of the RFC."""
    body = {
        **(details or {}),
        "type": f"urn:pit:problem:{code.lower().replace('_', '-')}",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "requestId": request_id,
    }
    return JSONResponse(body, status, dict(headers or {}), MEDIA_TYPE)


def status_of(refusal: Refusal) -> int:
    """HTTP status of a refusal: its own, or that of the nearest class in `STATUSES`."""
    if isinstance(refusal, HttpRefusal):
        return refusal.status
    return next(STATUSES[each] for each in type(refusal).__mro__ if each in STATUSES)


def of_refusal(refusal: Refusal, request_id: str) -> JSONResponse:
    """Problem response for a refusal."""
    headers = refusal.headers if isinstance(refusal, HttpRefusal) else {}
    status = status_of(refusal)
    return problem(request_id, status, refusal.code, str(refusal), refusal.details, headers)


def of_outage(request_id: str, retry_after: timedelta) -> JSONResponse:
    """Problem response for an outage of another system."""
    seconds = max(1, round(retry_after.total_seconds()))
    return problem(
        request_id,
        503,
        "UNAVAILABLE",
        "Часть системы сейчас не отвечает. Введённое не потеряно: повторите через минуту.",
        headers={"Retry-After": str(seconds)},
    )


def of_bug(request_id: str) -> JSONResponse:
    """Problem response for an unexpected exception; it has no details of the exception."""
    return problem(request_id, 500, *SENTENCES[500])


def request_id_of(request: Request) -> str:
    """Id that the middleware gave this request; also in the log and in X-Request-Id."""
    return str(request.scope.get("state", {}).get("request_id", ""))


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)
    number = request_id_of(request)
    if status_of(error) in _LOGGED:
        place = ascii(request.url.path[:120])
        log.warning("%s %s refused: %s %s", request.method, place, error.code, number)
    return of_refusal(error, number)


async def _unavailable(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Unavailable)
    number, route = request_id_of(request), RouteTemplates().of(request.scope)
    log.warning("%s %s unavailable: %s %s", request.method, route, _root_of(error), number)
    return of_outage(number, error.retry_after)


def _root_of(error: BaseException) -> str:
    """Class of the first cause, e.g. DiskFull; its message may contain input of a person."""
    while (cause := getattr(error, "orig", None) or error.__cause__) is not None:
        error = cause
    return type(error).__name__


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, sentence = SENTENCES.get(error.status_code, SENTENCES[400])
    headers = error.headers
    if error.status_code == 405:
        headers = {"Allow": ", ".join(_methods_of(request))}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
    return problem(request_id_of(request), error.status_code, code, sentence, None, headers)


def _methods_of(request: Request) -> list[str]:
    """All methods of a path; each method is a route of its own."""
    place = {key: request.scope[key] for key in ("type", "path", "root_path", "headers")}
    served = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for route in request.app.router.routes
        if route.matches({**place, "method": method})[0] is Match.FULL
    ]
    return [*dict.fromkeys(["HEAD", *served] if "GET" in served else served), "OPTIONS"]


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()[:MAX_ERRORS]
    if any(each["type"] == "json_invalid" for each in found):
        return problem(
            request_id_of(request), 400, "JSON_INVALID", "Тело запроса не является JSON."
        )
    errors = [{"field": _place(each["loc"]), "message": _sentence(each)} for each in found]
    listing = "; ".join(f"{each['field']}: {each['message']}" for each in errors)
    return problem(
        request_id_of(request),
        422,
        "REQUEST_INVALID",
        f"Исправьте запрос. {listing}",
        {"errors": errors},
    )


def _place(location: Sequence[str | int]) -> str:
    """Location as a dotted path, such as body.fields.inn; unsafe characters become "?"."""
    parts = [re.sub(r"[^\w-]", "?", str(part)[:60]) for part in location]
    return ".".join(parts) or "body"


def _sentence(error: Mapping[str, Any]) -> str:
    """Russian text for a pydantic error, without the value that was sent."""
    kind, limits = str(error["type"]), error.get("ctx") or {}
    if kind == "value_error" and isinstance(limits.get("error"), ValueError):
        return str(limits["error"])
    for kinds, sentence in _ERROR_TEXTS:
        if any(fnmatchcase(kind, known) for known in kinds.split()):
            return sentence.format_map({name: limits.get(name, "") for name in _LIMITS})
    return "неверное значение"


_LIMITS = ("min_length", "max_length", "ge", "gt", "le", "lt", "expected")
_ERROR_TEXTS = (
    ("missing", "обязательное поле не заполнено"),
    ("extra_forbidden", "такого поля нет, уберите его"),
    ("string_type", "ожидается строка"),
    ("int_*", "ожидается целое число"),
    ("float_* decimal_*", "ожидается число"),
    ("bool_*", "ожидается true или false"),
    ("list_type tuple_type set_type", "ожидается массив"),
    ("dict_type model_* dataclass_type", "ожидается объект JSON"),
    ("string_too_short too_short", "слишком мало, нужно не меньше {min_length}"),
    ("string_too_long too_long", "слишком много, можно не больше {max_length}"),
    ("string_pattern_mismatch", "неверный вид значения"),
    ("greater_than_equal", "нужно не меньше {ge}"),
    ("greater_than", "нужно больше {gt}"),
    ("less_than_equal", "нужно не больше {le}"),
    ("less_than", "нужно меньше {lt}"),
    ("literal_error enum", "можно только: {expected}"),
    ("date* time*", "ожидается дата и время ISO 8601, например 2026-11-23T10:00:00+03:00"),
)
