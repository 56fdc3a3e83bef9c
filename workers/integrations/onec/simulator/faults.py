"""Faults that the simulator can produce, and the responses with them."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from workers.integrations.onec.simulator.odata_request import ODataRequest
from workers.integrations.onec.simulator.rendering import ODataError, html_page

WebServerResponse = Literal[
    "wrongLogin", "forbidden", "noLicence", "noSession", "unavailable", "badGateway", "notFound"
]
ODataRefusal = Literal["rejected", "noRights"]
Distortion = Literal[
    "html", "cutJson", "cutConnection", "drip", "empty", "windows1251", "nan", "shapeless", "huge"
]

_PAGES: dict[WebServerResponse, tuple[int, str]] = {
    "wrongLogin": (401, "401 - Unauthorized"),
    "forbidden": (403, "403 - Forbidden"),
    "noLicence": (500, "Не обнаружено свободной лицензии!"),
    "noSession": (406, "Не удалось начать сеанс"),
    "unavailable": (503, "Начало сеанса с информационной базой запрещено"),
    "badGateway": (502, "Bad Gateway"),
    "notFound": (404, "404 - File or directory not found"),
}


class Faults(BaseModel):
    """Active faults, which may be combined; by default none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delay_seconds: float = Field(0, ge=0, le=600)
    instead: WebServerResponse | None = None
    """The web server responds without calling 1C."""
    refusal: ODataRefusal | None = None
    """OData refuses every request."""
    bent: Distortion | None = None
    """1C executes the request, but its response arrives distorted."""
    outcome_unknown: bool = False
    """1C executes the request, but the client receives 502."""
    bom: bool = False
    charset_lies: bool = False
    """UTF-8 with a content type of windows-1251, as IIS sends it."""
    filter_ignored: bool = False
    """`$filter` has no effect."""
    hidden_sets: frozenset[str] = frozenset()
    """Sets that are not part of the published interface."""
    hidden_fields: frozenset[str] = frozenset()
    """Fields that the configuration does not have, as set/field."""
    hidden_rows: frozenset[str] = frozenset()
    """Rows that the user may not read, as set/key; `allowedOnly` omits them."""
    null_references: bool = False
    """Empty references are null instead of the zero key."""
    no_sessions: bool = False
    """`IBSession: start` has no effect, as behind some web servers."""
    sums_as_text: bool = False
    retry_after: int | None = None
    times: int | None = Field(None, ge=1)
    """Number of affected requests; None: until the faults are replaced."""


class FaultState:
    """Holds the active faults."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._left: int | None = None

    def set(self, faults: Faults) -> None:
        """Replace the active faults."""
        self.faults, self._left = faults, faults.times

    def take(self) -> Faults:
        """Return the faults for one request and count it."""
        faults = self.faults
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                self.set(Faults())
        return faults


def web_server_response(faults: Faults) -> Response | None:
    """Return the response of the web server; None if the request reaches 1C."""
    if faults.instead is None:
        return None
    response = html_page(*_PAGES[faults.instead])
    if faults.retry_after is not None:
        response.headers["Retry-After"] = str(faults.retry_after)
    return response


def check_refusal(faults: Faults, request: ODataRequest) -> None:
    """Raise ODataError if the faults make OData refuse the request."""
    if faults.refusal == "rejected":
        raise ODataError(500, -1, "Внутренняя ошибка: операция запрещена правилами учёта")
    if faults.refusal == "noRights":
        raise ODataError(401, 20, "Недостаточно прав доступа")
    entity_set = request.entity_set
    if entity_set in faults.hidden_sets:
        raise ODataError(404, 8, f"Тип сущности {entity_set} не найден")
    _check_rows(faults, request)
    for field in request.options.get("$select", "").split(","):
        if f"{entity_set}/{field}" in faults.hidden_fields:
            raise ODataError(400, 6, f"Сегмент пути {field} не найден!")


def _check_rows(faults: Faults, request: ODataRequest) -> None:
    """Refuse a list that contains a hidden row as a whole, as the platform does."""
    hidden = {row.rpartition("/")[2] for row in faults.hidden_rows if _is_of(row, request)}
    alone = request.key is not None
    only = request.options.get("allowedOnly") == "true"
    if (alone and request.key in hidden) or (hidden and not alone and not only):
        raise ODataError(401, 20, "Недостаточно прав доступа")


def _is_of(row: str, request: ODataRequest) -> bool:
    return row.rpartition("/")[0] == request.entity_set


def distort(faults: Faults, response: Response) -> Response:
    """Apply the faults to a successful response."""
    if faults.outcome_unknown:
        return html_page(502, "Bad Gateway")
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
            return Response(_distorted(bent, body), 200, media_type=kind)
    bare = Response(body, response.status_code)
    kept = [(name, value) for name, value in response.raw_headers if name in _KEPT]
    bare.raw_headers += [*kept, (b"content-type", kind.encode())]
    return bare


def _without(hidden: frozenset[str], body: bytes) -> bytes:
    keys = {row.rpartition("/")[2] for row in hidden}
    content = json.loads(body)
    content["value"] = [row for row in content["value"] if row.get("Ref_Key") not in keys]
    return json.dumps(content, ensure_ascii=False).encode()


_EMPTY_REFERENCE = re.compile(rb'(_Key": )"00000000-0000-0000-0000-000000000000"')
_SUM = re.compile('("СуммаДокумента": )([0-9.]+)'.encode())
_KEPT = (b"location", b"set-cookie")


def _distorted(kind: Distortion, body: bytes) -> bytes:
    match kind:
        case "html":
            return bytes(html_page(200, "Вход в систему").body)
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
