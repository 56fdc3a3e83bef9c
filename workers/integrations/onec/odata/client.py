"""The client of 1C's standard OData interface: reads rows, knows nothing of contracts."""

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
from uuid import UUID

import httpx2

from workers.integrations.onec.errors import (
    OnecLoginRefused,
    OnecMisconfigured,
    OnecRejected,
    OnecUnavailable,
)
from workers.integrations.onec.odata.circuit_breaker import Breaker
from workers.integrations.onec.odata.literals import address, guid
from workers.integrations.onec.odata.responses import RowUnknown, is_foreign, parsed, trouble
from workers.integrations.onec.odata.row_reader import Row

log = logging.getLogger(__name__)

# Both write whole addresses to the log, and ours contain tax numbers of people.
logging.getLogger("httpx2").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Limits:
    """How long and how much; seconds and bytes. A first call after idling takes 1C 10-30 s."""

    connect: float = 5.0
    read: float = 60.0
    total: float = 75.0
    """A whole answer, however slowly it drips in."""
    body: int = 10_000_000
    parallel: int = 2
    """Every parallel call may cost the customer a licence."""
    page: int = 250
    pages: int = 40
    failures: int = 3
    """Failures in a row before calls are refused without asking, for `pause`."""
    pause: timedelta = timedelta(seconds=30)
    login_pause: timedelta = timedelta(minutes=1)
    """After a refused login one call is let through: more tries could lock the account in 1C."""


class ODataClient:
    """Reads sets of one infobase. Safe to share between threads; close it at the end.

    Every method raises OnecUnavailable, OnecMisconfigured or OnecRejected, and nothing else that
    depends on 1C. Reading changes nothing, so every call is safe to repeat.
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
    ) -> None:
        """``publication``: address of the infobase, e.g. https://host/base.

        ``session``: keep one session of 1C over several calls (faster, holds a licence).
        ``allowed_only``: leave out rows that the user may not read, where rights are by row.
        """
        self._root = f"{publication}/odata/standard.odata"
        self._limits = limits or Limits()
        self._session = session
        self.allowed_only = allowed_only
        self._breaker = Breaker(failures=self._limits.failures, pause=self._limits.pause)
        self._slots = threading.BoundedSemaphore(self._limits.parallel)
        self._proving = threading.Lock()
        self._login_accepted = False
        self._login_refused_at: float | None = None
        self.bom_seen = False
        """Whether an answer began with a byte order mark, so far."""
        self._http = httpx2.Client(
            auth=httpx2.BasicAuth(user, password),
            headers={"Accept": "application/json"},
            timeout=httpx2.Timeout(self._limits.read, connect=self._limits.connect),
            verify=_trusted(),
            # 1C stands in the company's own network: no proxy, no foreign password from .netrc.
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def in_session(self) -> bool:
        """Whether 1C has given us a session that lasts over several calls."""
        return any(cookie.name == "ibsession" for cookie in self._http.cookies.jar)

    def close(self) -> None:
        """Safe to repeat: several books share one client."""
        if self._http.is_closed:
            return
        if self.in_session:
            self._finish_session()
        self._http.close()

    def rows(
        self, entity_set: str, *, select: Sequence[str], where: str = "", limit: int | None = None
    ) -> list[Row]:
        """All rows that fit ``where``, page by page in the order of their keys.

        A row that was pushed into the next page by a new one before it is there once.
        """
        return _once(self._pages(entity_set, select, where, limit))

    def _pages(
        self, entity_set: str, select: Sequence[str], where: str, limit: int | None
    ) -> list[Row]:
        found: list[Row] = []
        for page in range(self._limits.pages):
            size = self._limits.page
            if limit is not None:
                size = min(size, limit - len(found))
            rows = self._page(entity_set, select, where, skip=page * self._limits.page, top=size)
            found += rows
            if len(rows) < size or len(found) == limit:
                return found
        raise OnecMisconfigured(f"слишком много строк в ответе набора «{entity_set}»")

    def row(self, entity_set: str, key: UUID, *, select: Sequence[str]) -> Row | None:
        """The row with this key, or None if 1C has none."""
        options = {"$format": "json", "$select": ",".join(select)}
        try:
            answer = self._get(f"{entity_set}({guid(key)})", options)
        except RowUnknown:
            return None
        if not isinstance(answer, dict):
            raise _shapeless()
        return Row(answer)

    def _page(
        self, entity_set: str, select: Sequence[str], where: str, *, skip: int, top: int
    ) -> list[Row]:
        options = {
            "$format": "json",
            "$select": ",".join(select),
            "$orderby": "Ref_Key",
            "$skip": str(skip),
            "$top": str(top),
        }
        if where:
            options["$filter"] = where
        if self.allowed_only:
            options["allowedOnly"] = "true"
        answer = self._get(entity_set, options)
        rows = answer.get("value") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _shapeless()
        if len(rows) > top:
            raise OnecUnavailable("в ответе больше строк, чем запрошено")
        return [Row(row) for row in rows]

    def _get(self, resource: str, options: dict[str, str]) -> Any:
        with self._slot():
            self._breaker.check()
            started = time.monotonic()
            try:
                answer = self._asked(address(self._root, resource, options))
            except OnecUnavailable:
                self._breaker.failed()
                self._report(resource, "no answer", started)
                raise
            except (RowUnknown, OnecMisconfigured, OnecRejected):
                self._breaker.succeeded()
                self._report(resource, "refused", started)
                raise
        self._breaker.succeeded()
        return answer

    def _report(self, resource: str, outcome: str, started: float) -> None:
        entity_set = resource.partition("(")[0]
        log.warning("1C %s: %s after %.1f s", entity_set, outcome, time.monotonic() - started)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """One of the few calls at a time; one alone until 1C has accepted the login."""
        if not self._slots.acquire(timeout=self._limits.total):
            raise OnecUnavailable("все разрешённые соединения заняты")
        try:
            with nullcontext() if self._login_accepted else self._proving:
                self._may_log_in()
                yield
        finally:
            self._slots.release()

    def _may_log_in(self) -> None:
        """Raises: OnecLoginRefused, the login was refused a moment ago."""
        refused = self._login_refused_at
        if refused is None:
            return
        if time.monotonic() - refused < self._limits.login_pause.total_seconds():
            raise OnecLoginRefused

    def _asked(self, url: str) -> Any:
        status, headers, body = self._exchange(url)
        if status in (400, 404) and self.in_session and is_foreign(body):
            # The session has ended on the side of 1C; without its cookie a new one is opened.
            self._http.cookies.clear()
            status, headers, body = self._exchange(url)
        if status == 200:
            self._login_accepted, self._login_refused_at = True, None
            self.bom_seen = self.bom_seen or body.startswith(codecs.BOM_UTF8)
            return parsed(body)
        error = trouble(status, body, headers.get("Retry-After"))
        if isinstance(error, OnecLoginRefused):
            self._login_accepted, self._login_refused_at = False, time.monotonic()
        raise error

    def _exchange(self, url: str) -> tuple[int, httpx2.Headers, bytes]:
        """Ask once, and once more if the connection broke; a time-out is not asked again."""
        try:
            try:
                return self._send(url)
            except (httpx2.NetworkError, httpx2.ProtocolError):
                log.info("1C: connection broke, asking once more")
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
            # 1C ends an idle session by itself; nothing depends on this call.
            log.info("1C: session left open (%s)", type(lost).__name__)


def _once(rows: list[Row]) -> list[Row]:
    """Rows without a key in their fields are left as they are."""
    return list({row.values.get("Ref_Key", id(row)): row for row in rows}.values())


@cache
def _trusted() -> ssl.SSLContext:
    """The machine's own list of authorities: 1C often has a certificate of the company."""
    return ssl.create_default_context()


def _shapeless() -> OnecUnavailable:
    return OnecUnavailable("ответ не похож на данные OData")
