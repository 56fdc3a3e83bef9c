"""HTTP client of 1C's standard OData interface: reads rows page by page, read-only."""

import codecs
import logging
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Self

import httpx2

from workers.integrations.onec.odata.circuit_breaker import CircuitBreaker
from workers.integrations.onec.odata.literals import address, guid
from workers.integrations.onec.odata.responses import RowUnknown, error_of, is_not_odata, parse_body
from workers.integrations.onec.odata.row_reader import LINE, ODataRow
from workers.ports.observer import NoObserver, OnecObserver, RequestResult
from workers.ports.onec_errors import (
    OnecLoginRefused,
    OnecMisconfigured,
    OnecRejected,
    OnecUnavailable,
)

log = logging.getLogger(__name__)

# Both log full URLs, and ours contain tax numbers.
logging.getLogger("httpx2").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)


REGISTER = "InformationRegister_"
"""Beginning of the names of sets whose rows have no key."""


@dataclass(frozen=True)
class Limits:
    """Limits of one client, in seconds and bytes. 1C needs 10-30 s for the first response."""

    connect: float = 5.0
    read: float = 60.0
    total: float = 75.0
    """Seconds for a whole response, even if data keep arriving."""
    body: int = 10_000_000
    parallel: int = 2
    """Concurrent requests; each may occupy a license of 1C."""
    page: int = 250
    """Rows per request."""
    pages: int = 40
    """Maximum number of requests for one result."""
    failures: int = 3
    """Consecutive failures that open the circuit breaker for `pause`."""
    pause: timedelta = timedelta(seconds=30)
    login_pause: timedelta = timedelta(minutes=1)
    """Minimum interval between attempts with a refused login, because 1C may lock the account."""


class ODataClient:
    """Reads entity sets of one infobase. Safe to share between threads; close it after use.

    Every method may raise OnecUnavailable, OnecMisconfigured or OnecRejected. Every call is safe to
    repeat because it only reads.
    """

    def __init__(
        self,
        publication: str,
        user: str,
        password: str,
        *,
        limits: Limits | None = None,
        session: bool = False,
        allowed_only: bool = False,
        observer: OnecObserver | None = None,
    ) -> None:
        """``publication``: URL of the infobase, e.g. https://host/base.

        ``session``: reuse one session of 1C for several requests (faster, occupies a license).
        ``allowed_only``: omit rows that the user may not read, for infobases with row-level rights.
        """
        self._root = f"{publication}/odata/standard.odata"
        self._limits = limits or Limits()
        self._session = session
        self._observer = observer or NoObserver()
        self.allowed_only = allowed_only
        self._breaker = CircuitBreaker(failures=self._limits.failures, pause=self._limits.pause)
        self._slots = threading.BoundedSemaphore(self._limits.parallel)
        self._login_lock = threading.Lock()
        self._login_accepted = False
        self._login_refused_at: float | None = None
        self.bom_seen = False
        """Whether a response so far began with a byte order mark."""
        self._http = httpx2.Client(
            auth=httpx2.BasicAuth(user, password),
            headers={"Accept": "application/json"},
            timeout=httpx2.Timeout(self._limits.read, connect=self._limits.connect),
            verify=_ssl_context(),
            # 1C is in the company's own network: ignore proxies and passwords from .netrc.
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def in_session(self) -> bool:
        """Whether 1C has opened a session that later requests reuse."""
        return any(cookie.name == "ibsession" for cookie in self._http.cookies.jar)

    def close(self) -> None:
        """End the session and close connections. Safe to repeat: gateways share one client."""
        if self._http.is_closed:
            return
        if self.in_session:
            self._finish_session()
        self._http.close()

    def rows(
        self, entity_set: str, *, select: Sequence[str], where: str = "", limit: int | None = None
    ) -> list[ODataRow]:
        """Return all rows that match ``where``, in the order of their keys, rows of a register in
        that of the first selected field. Lines of a tabular part need `LINE` among the fields.

        A row that moved to the next page while pages were read is returned once.
        """
        return _unique(self._pages(entity_set, select, where, limit))

    def _pages(
        self, entity_set: str, select: Sequence[str], where: str, limit: int | None
    ) -> list[ODataRow]:
        found: list[ODataRow] = []
        for page in range(self._limits.pages):
            size = self._limits.page
            if limit is not None:
                size = min(size, limit - len(found))
            rows = self._page(entity_set, select, where, skip=page * self._limits.page, top=size)
            found += rows
            if len(rows) < size or len(found) == limit:
                return found
        raise OnecMisconfigured(f"слишком много строк в ответе набора «{entity_set}»")

    def row(self, entity_set: str, key: str, *, select: Sequence[str]) -> ODataRow | None:
        """Return the row with this key; None if 1C has none."""
        options = {"$format": "json", "$select": ",".join(select)}
        try:
            data = self._get(f"{entity_set}({guid(key)})", options)
        except RowUnknown:
            return None
        if not isinstance(data, dict):
            raise _not_odata()
        return ODataRow(data)

    def _page(
        self, entity_set: str, select: Sequence[str], where: str, *, skip: int, top: int
    ) -> list[ODataRow]:
        options = {
            "$format": "json",
            "$select": ",".join(select),
            "$orderby": _order(entity_set, select),
            "$skip": str(skip),
            "$top": str(top),
        }
        if where:
            options["$filter"] = where
        if self.allowed_only:
            options["allowedOnly"] = "true"
        data = self._get(entity_set, options)
        rows = data.get("value") if isinstance(data, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _not_odata()
        if len(rows) > top:
            raise OnecUnavailable("в ответе больше строк, чем запрошено")
        return [ODataRow(row) for row in rows]

    def _get(self, resource: str, options: dict[str, str]) -> Any:
        """Send a request and report its end. Raises: RowUnknown and the errors of 1C."""
        started, result = time.monotonic(), RequestResult.UNAVAILABLE
        try:
            data = self._guarded(resource, options)
            result = RequestResult.OK
            return data
        except RowUnknown:
            result = RequestResult.OK
            raise
        except (OnecMisconfigured, OnecRejected):
            result = RequestResult.REFUSED
            raise
        finally:
            self._observer.requested(_entity_set(resource), result, time.monotonic() - started)

    def _guarded(self, resource: str, options: dict[str, str]) -> Any:
        with self._slot():
            self._breaker.check()
            started = time.monotonic()
            try:
                data = self._request(address(self._root, resource, options))
            except OnecUnavailable:
                self._breaker.record_failure()
                self._log(resource, "no response", started)
                raise
            except (RowUnknown, OnecMisconfigured, OnecRejected):
                self._breaker.record_success()
                self._log(resource, "refused", started)
                raise
        self._breaker.record_success()
        return data

    def _log(self, resource: str, outcome: str, started: float) -> None:
        log.warning(
            "1C %s: %s after %.1f s", _entity_set(resource), outcome, time.monotonic() - started
        )

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """Limit concurrent requests; only one at a time until 1C has accepted the login."""
        if not self._slots.acquire(timeout=self._limits.total):
            raise OnecUnavailable("все разрешённые соединения заняты")
        try:
            with nullcontext() if self._login_accepted else self._login_lock:
                self._check_login()
                yield
        finally:
            self._slots.release()

    def _check_login(self) -> None:
        """Raise OnecLoginRefused if the login was refused less than `login_pause` ago."""
        refused = self._login_refused_at
        if refused is None:
            return
        if time.monotonic() - refused < self._limits.login_pause.total_seconds():
            raise OnecLoginRefused

    def _request(self, url: str) -> Any:
        status, headers, body = self._exchange(url)
        if status in (400, 404) and self.in_session and is_not_odata(body):
            # 1C has ended the session; a request without its cookie opens a new one.
            self._http.cookies.clear()
            status, headers, body = self._exchange(url)
        if status == 200:
            self._login_accepted, self._login_refused_at = True, None
            self.bom_seen = self.bom_seen or body.startswith(codecs.BOM_UTF8)
            return parse_body(body)
        error = error_of(status, body, headers.get("Retry-After"))
        if isinstance(error, OnecLoginRefused):
            self._login_accepted, self._login_refused_at = False, time.monotonic()
        raise error

    def _exchange(self, url: str) -> tuple[int, httpx2.Headers, bytes]:
        """Send the request, and once more if the connection broke; not after a timeout."""
        try:
            try:
                return self._send(url)
            except (httpx2.NetworkError, httpx2.ProtocolError):
                log.info("1C: connection lost, repeating the request")
                return self._send(url)
        except httpx2.TimeoutException as late:
            raise OnecUnavailable("не ответила вовремя") from late
        except httpx2.DecodingError as unreadable:
            raise OnecUnavailable("вместо данных пришёл нечитаемый ответ") from unreadable
        except httpx2.RequestError as broken:
            raise OnecUnavailable("нет связи") from broken

    def _send(self, url: str) -> tuple[int, httpx2.Headers, bytes]:
        request = self._http.build_request("GET", url)
        if self._session and not self.in_session:
            request.headers["IBSession"] = "start"
        response = self._http.send(request, stream=True)
        try:
            return response.status_code, response.headers, self._body(response)
        finally:
            response.close()

    def _body(self, response: httpx2.Response) -> bytes:
        deadline = time.monotonic() + self._limits.total
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > self._limits.body:
                raise OnecUnavailable("ответ слишком велик")
            if time.monotonic() > deadline:
                raise OnecUnavailable("ответ идёт слишком долго")
        return bytes(body)

    def _finish_session(self) -> None:
        try:
            self._http.get(f"{self._root}/", headers={"IBSession": "finish"})
        except httpx2.RequestError as lost:
            # 1C ends an idle session by itself.
            log.info("1C: session left open (%s)", type(lost).__name__)


def _order(entity_set: str, select: Sequence[str]) -> str:
    if entity_set.startswith(REGISTER):
        return select[0]
    return f"Ref_Key,{LINE}" if LINE in select else "Ref_Key"


def _unique(rows: list[ODataRow]) -> list[ODataRow]:
    """Remove repeated keys; rows without a key field are kept."""
    keyed = {(row.values.get("Ref_Key", id(row)), row.values.get(LINE)): row for row in rows}
    return list(keyed.values())


@cache
def _ssl_context() -> ssl.SSLContext:
    """Use the certificate authorities of the machine: 1C often has a company certificate."""
    return ssl.create_default_context()


def _not_odata() -> OnecUnavailable:
    return OnecUnavailable("ответ не похож на данные OData")


def _entity_set(resource: str) -> str:
    """Return the entity set of a resource, without the key of a row."""
    return resource.partition("(")[0]
