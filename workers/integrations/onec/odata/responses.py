"""Parses responses of 1C: the body of a success, or an error by the code of `odata.error`."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any, NoReturn

from workers.ports.onec_errors import (
    OnecLoginRefused,
    OnecMisconfigured,
    OnecRejected,
    OnecUnavailable,
)

BUSINESS = -1
FIELD_UNKNOWN = 6
SET_UNKNOWN = 8
ROW_UNKNOWN = 9
NO_RIGHTS = 20

_XML_ERROR = re.compile(r"<(?:\w{1,20}:)?error\b")
_XML_CODE = re.compile(r"<(?:\w{1,20}:)?code>\s{0,20}(-?[0-9]{1,9})\s{0,20}</")
_LICENCE = re.compile(r"не (?:обнаружен|найден)\w*\s+(?:свободн\w+\s+)?лицензи", re.IGNORECASE)
_LONGEST_PAUSE = timedelta(minutes=15)


class RowUnknown(Exception):
    """1C has no row with the requested key (404, code 9)."""


def parse_body(body: bytes) -> Any:
    """Parse a JSON body as UTF-8 with or without BOM; its charset header may be wrong.

    Fractions become Decimal, so that amounts keep their digits.

    Raises:
        OnecUnavailable: the body is no complete JSON document.
    """
    try:
        text = body.decode("utf-8-sig")
        return json.loads(text, parse_float=Decimal, parse_constant=_reject_constant)
    except (ValueError, ArithmeticError, RecursionError) as unreadable:
        raise OnecUnavailable("вместо данных пришёл нечитаемый ответ") from unreadable


def _reject_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def error_of(status: int, body: bytes, retry_after: str | None = None) -> Exception:
    """Return the exception for a response with a status other than 200."""
    text = body.decode("utf-8-sig", errors="replace")
    code = _code(text)
    if _LICENCE.search(text):
        return OnecUnavailable("нет свободной лицензии")
    if code is None:
        return _error_without_code(status, retry_after)
    if code == NO_RIGHTS:
        reason = "у пользователя 1С нет прав на эти данные"
        return OnecMisconfigured(reason, code=code, detail=text)
    if status == 404 and code == ROW_UNKNOWN:
        return RowUnknown()
    if status == 404 and code == SET_UNKNOWN:
        return OnecMisconfigured(
            "нужный набор не включён в состав стандартного интерфейса OData",
            code=code,
            detail=text,
        )
    if code == BUSINESS or status >= 500:
        return OnecRejected(code, detail=text)
    return OnecMisconfigured(
        f"1С не понимает запрос (код {code}). Проверьте ONEC_PROFILE: "
        "в этой конфигурации другие имена полей",
        code=code,
        detail=text,
    )


def is_not_odata(body: bytes) -> bool:
    """Return whether a response has no OData error: it comes from the web server or from a 1C
    that did not reach OData."""
    return _code(body.decode("utf-8-sig", errors="replace")) is None


def _error_without_code(status: int, retry_after: str | None) -> Exception:
    """Return the exception for a response of the web server."""
    if status == 401:
        return OnecLoginRefused()
    if status == 403:
        return OnecMisconfigured("доступ к публикации 1С запрещён веб-сервером")
    if status == 404 or 300 <= status < 400:
        return OnecMisconfigured("по адресу ONEC_URL нет публикации 1С")
    return OnecUnavailable(f"ответ {status} без данных", retry_after=_pause(retry_after))


def _pause(header: str | None) -> timedelta:
    """Return the pause of a `Retry-After` header in seconds; a minute without one."""
    if header is None or not re.fullmatch(r"[0-9]{1,6}", header):
        return timedelta(minutes=1)
    return min(timedelta(seconds=int(header)), _LONGEST_PAUSE)


def _code(text: str) -> int | None:
    """Return the code of `odata.error`, in JSON or XML; None if there is none."""
    try:
        return int(json.loads(text)["odata.error"]["code"])
    except (ValueError, KeyError, TypeError, RecursionError):
        error = _XML_ERROR.search(text)
        found = error and _XML_CODE.search(text, error.end())
        return int(found[1]) if found else None
