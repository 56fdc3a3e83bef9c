"""What an answer of 1C means: data, or one of our errors. The code decides, not the words."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any, NoReturn

from workers.integrations.onec.errors import (
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
    """There is no row with this key (404, code 9)."""


def parsed(body: bytes) -> Any:
    """The JSON of an answer, UTF-8 with or without BOM, whatever its charset header says.

    Fractions become Decimal: sums keep the digits that 1C wrote.

    Raises:
        OnecUnavailable: it is not JSON; half a document is never taken for data.
    """
    try:
        words = body.decode("utf-8-sig")
        return json.loads(words, parse_float=Decimal, parse_constant=_not_json)
    except (ValueError, ArithmeticError, RecursionError) as unreadable:
        raise OnecUnavailable("вместо данных пришёл нечитаемый ответ") from unreadable


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def trouble(status: int, body: bytes, retry_after: str | None = None) -> Exception:
    """Which error a status other than 200 stands for."""
    words = body.decode("utf-8-sig", errors="replace")
    code = _code(words)
    if _LICENCE.search(words):
        return OnecUnavailable("нет свободной лицензии")
    if code is None:
        return _without_code(status, retry_after)
    if code == NO_RIGHTS:
        reason = "у пользователя 1С нет прав на эти данные"
        return OnecMisconfigured(reason, code=code, detail=words)
    if status == 404 and code == ROW_UNKNOWN:
        return RowUnknown()
    if status == 404 and code == SET_UNKNOWN:
        return OnecMisconfigured(
            "нужный набор не включён в состав стандартного интерфейса OData",
            code=code,
            detail=words,
        )
    if code == BUSINESS or status >= 500:
        return OnecRejected(code, detail=words)
    return OnecMisconfigured(
        f"1С не понимает запрос (код {code}). Проверьте ONEC_PROFILE: "
        "в этой конфигурации другие имена полей",
        code=code,
        detail=words,
    )


def is_foreign(body: bytes) -> bool:
    """Whether somebody else than OData speaks: the web server, or 1C before it got that far."""
    return _code(body.decode("utf-8-sig", errors="replace")) is None


def _without_code(status: int, retry_after: str | None) -> Exception:
    """The web server speaks, or 1C before it reached OData."""
    if status == 401:
        return OnecLoginRefused()
    if status == 403:
        return OnecMisconfigured("доступ к публикации 1С запрещён веб-сервером")
    if status == 404 or 300 <= status < 400:
        return OnecMisconfigured("по адресу ONEC_URL нет публикации 1С")
    return OnecUnavailable(f"ответ {status} без данных", retry_after=_pause(retry_after))


def _pause(header: str | None) -> timedelta:
    if header is None or not re.fullmatch(r"[0-9]{1,6}", header):
        return timedelta(minutes=1)
    return min(timedelta(seconds=int(header)), _LONGEST_PAUSE)


def _code(words: str) -> int | None:
    """The number of `odata.error`, in JSON or in XML; None if this is not an error of OData."""
    try:
        return int(json.loads(words)["odata.error"]["code"])
    except (ValueError, KeyError, TypeError, RecursionError):
        error = _XML_ERROR.search(words)
        found = error and _XML_CODE.search(words, error.end())
        return int(found[1]) if found else None
