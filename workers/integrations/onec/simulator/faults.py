"""What can be made to go wrong, and how the answers look then."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from workers.integrations.onec.simulator.question import Question
from workers.integrations.onec.simulator.rendering import Refused, page

Instead = Literal[
    "wrongLogin", "forbidden", "noLicence", "noSession", "unavailable", "badGateway", "notFound"
]
Refusal = Literal["rejected", "noRights"]
Bent = Literal[
    "html", "cutJson", "cutConnection", "drip", "empty", "windows1251", "nan", "shapeless", "huge"
]

_PAGES: dict[Instead, tuple[int, str]] = {
    "wrongLogin": (401, "401 - Unauthorized"),
    "forbidden": (403, "403 - Forbidden"),
    "noLicence": (500, "Не обнаружено свободной лицензии!"),
    "noSession": (406, "Не удалось начать сеанс"),
    "unavailable": (503, "Начало сеанса с информационной базой запрещено"),
    "badGateway": (502, "Bad Gateway"),
    "notFound": (404, "404 - File or directory not found"),
}


class Faults(BaseModel):
    """The switches; all may be thrown together. Nothing set: the infobase is well."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delay_seconds: float = Field(0, ge=0, le=600)
    instead: Instead | None = None
    """The web server answers and 1C is never asked."""
    refusal: Refusal | None = None
    """OData refuses whatever is asked."""
    bent: Bent | None = None
    """1C does what it is asked, but the answer arrives spoiled."""
    outcome_unknown: bool = False
    """1C does what it is asked, and the caller hears 502."""
    bom: bool = False
    charset_lies: bool = False
    """UTF-8 that calls itself windows-1251, as IIS does."""
    filter_ignored: bool = False
    """Rows of others come back."""
    hidden_sets: frozenset[str] = frozenset()
    """Sets that are not in the composition of the interface."""
    hidden_fields: frozenset[str] = frozenset()
    """Fields that the configuration does not have, each as set/field."""
    hidden_rows: frozenset[str] = frozenset()
    """Rows that the user may not read, each as set/key: `allowedOnly` leaves them out."""
    null_references: bool = False
    """Empty references come as null instead of the empty key."""
    no_sessions: bool = False
    """`IBSession: start` is not heard, as behind some web servers."""
    sums_as_text: bool = False
    retry_after: int | None = None
    times: int | None = Field(None, ge=1)
    """How many requests are hit before all is well again; None: until switched off."""


class Switchboard:
    """The faults in force."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._left: int | None = None

    def throw(self, faults: Faults) -> None:
        self.faults, self._left = faults, faults.times

    def take(self) -> Faults:
        """The faults that hit this request."""
        faults = self.faults
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                self.throw(Faults())
        return faults


def instead(faults: Faults) -> Response | None:
    if faults.instead is None:
        return None
    response = page(*_PAGES[faults.instead])
    if faults.retry_after is not None:
        response.headers["Retry-After"] = str(faults.retry_after)
    return response


def refuse(faults: Faults, question: Question) -> None:
    """Raises: Refused, if OData itself is made to say no."""
    if faults.refusal == "rejected":
        raise Refused(500, -1, "Внутренняя ошибка: операция запрещена правилами учёта")
    if faults.refusal == "noRights":
        raise Refused(401, 20, "Недостаточно прав доступа")
    entity_set = question.entity_set
    if entity_set in faults.hidden_sets:
        raise Refused(404, 8, f"Тип сущности {entity_set} не найден")
    _refuse_by_row(faults, question)
    for field in question.options.get("$select", "").split(","):
        if f"{entity_set}/{field}" in faults.hidden_fields:
            raise Refused(400, 6, f"Сегмент пути {field} не найден!")


def _refuse_by_row(faults: Faults, question: Question) -> None:
    """A list with a row that the user may not read is refused as a whole, as on the platform."""
    hidden = {row.rpartition("/")[2] for row in faults.hidden_rows if _is_of(row, question)}
    alone = question.key is not None
    only = question.options.get("allowedOnly") == "true"
    if (alone and question.key in hidden) or (hidden and not alone and not only):
        raise Refused(401, 20, "Недостаточно прав доступа")


def _is_of(row: str, question: Question) -> bool:
    return row.rpartition("/")[0] == question.entity_set


def spoil(faults: Faults, response: Response) -> Response:
    """The good answer as it arrives."""
    if faults.outcome_unknown:
        return page(502, "Bad Gateway")
    body, kind = bytes(response.body), response.headers.get("content-type", "")
    if faults.hidden_rows and response.status_code == 200 and b'"value"' in body:
        body = _without(faults.hidden_rows, body)
    if faults.null_references:
        body = _EMPTY_REFERENCE.sub(rb"\1null", body)
    if faults.charset_lies:
        kind = "application/json;charset=windows-1251"
    if faults.sums_as_text:
        body = _SUM.sub(rb'\1"\2"', body)
    if faults.bom:
        body = b"\xef\xbb\xbf" + body
    match faults.bent:
        case "cutConnection":
            return _streamed(_at_once(body[: len(body) // 2]), len(body), kind)
        case "drip":
            return _streamed(_drop_by_drop(body), len(body), kind)
        case str(bent):
            return Response(_bent(bent, body), 200, media_type=kind)
    bare = Response(body, response.status_code)
    kept = [(name, value) for name, value in response.raw_headers if name in _KEPT]
    bare.raw_headers += [*kept, (b"content-type", kind.encode())]
    return bare


def _without(hidden: frozenset[str], body: bytes) -> bytes:
    keys = {row.rpartition("/")[2] for row in hidden}
    told = json.loads(body)
    told["value"] = [row for row in told["value"] if row.get("Ref_Key") not in keys]
    return json.dumps(told, ensure_ascii=False).encode()


_EMPTY_REFERENCE = re.compile(rb'(_Key": )"00000000-0000-0000-0000-000000000000"')
_SUM = re.compile('("СуммаДокумента": )([0-9.]+)'.encode())
_KEPT = (b"location", b"set-cookie")


def _bent(bent: Bent, body: bytes) -> bytes:
    match bent:
        case "html":
            return bytes(page(200, "Вход в систему").body)
        case "cutJson":
            return body[: len(body) * 2 // 3]
        case "windows1251":
            return body.decode("utf-8-sig").encode("cp1251", errors="replace")
        case "nan":
            return b'{"value": [{"Ref_Key": NaN}]}'
        case "shapeless":
            return b'{"value": {"Ref_Key": "many"}}'
        case "huge":
            return b'{"value": [' + b" " * 12_000_000 + b"]}"
        case _:
            return b""


def _streamed(pieces: AsyncIterator[bytes], length: int, kind: str) -> Response:
    headers = {"content-length": str(length), "content-type": kind}
    return StreamingResponse(pieces, 200, headers)


async def _at_once(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _drop_by_drop(body: bytes) -> AsyncIterator[bytes]:
    for position in range(len(body)):
        yield body[position : position + 1]
        await asyncio.sleep(0.05)
