"""HTTP application of the simulated 1C: authentication, faults, sessions and the journal."""

import asyncio
import base64
import binascii
import secrets
from collections import deque

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from workers.integrations.onec.simulator.account import Account
from workers.integrations.onec.simulator.control import JournalEntry, control
from workers.integrations.onec.simulator.faults import (
    Faults,
    FaultState,
    check_refusal,
    distort,
    web_server_response,
)
from workers.integrations.onec.simulator.infobase import Infobase
from workers.integrations.onec.simulator.odata_request import parse_request, renderer_of
from workers.integrations.onec.simulator.rendering import ODataError, html_page
from workers.integrations.onec.simulator.service import respond

_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]
_JOURNAL = 1000


class Sessions:
    """Sessions that clients opened with the header `IBSession: start` and keep by cookie."""

    def __init__(self) -> None:
        self._open: set[str] = set()

    def is_stale(self, request: Request) -> bool:
        """Return whether the cookie belongs to an ended session."""
        cookie = request.cookies.get("ibsession")
        return cookie is not None and cookie not in self._open

    def update(self, request: Request, response: Response) -> None:
        """Open or end a session as the header `IBSession` asks."""
        command = request.headers.get("ibsession")
        if command == "start":
            cookie = secrets.token_hex(16)
            self._open.add(cookie)
            response.headers["Set-Cookie"] = f"ibsession={cookie}; HttpOnly; Path=/"
        if command == "finish":
            self._open.discard(request.cookies.get("ibsession", ""))

    def end_all(self) -> int:
        """End all sessions and return how many were open."""
        count = len(self._open)
        self._open.clear()
        return count


def create_app(
    infobase: Infobase, *, base: str = "trade", account: Account | None = None
) -> FastAPI:
    """Build the application. ``base``: name of the publication, the first segment of the path."""
    known = account or Account()
    fault_state, sessions = FaultState(), Sessions()
    journal: deque[JournalEntry] = deque(maxlen=_JOURNAL)
    app = FastAPI(title="1C simulator", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(control(infobase, fault_state, journal))
    app.add_exception_handler(ODataError, _control_error)
    prefix = f"/{base}/odata/standard.odata"

    @app.post("/_simulator/end-sessions")
    async def end_sessions() -> int:
        """End all sessions, as 1C does with idle ones."""
        return sessions.end_all()

    async def odata(request: Request) -> Response:
        journal.append(_journal_entry(request))
        faults = fault_state.take()
        await asyncio.sleep(faults.delay_seconds)
        if response := web_server_response(faults):
            return response
        if not _is_authenticated(request, known):
            response = html_page(401, "401 - Unauthorized")
            response.headers["WWW-Authenticate"] = 'Basic realm="1C"'
            return response
        if sessions.is_stale(request):
            return html_page(404, "Сеанс отсутствует или удалён")
        response = await _odata(request, infobase, prefix, faults)
        if not faults.no_sessions:
            sessions.update(request, response)
        return distort(faults, response)

    app.add_route(f"{prefix}{{resource:path}}", odata, methods=_METHODS)
    return app


async def _odata(request: Request, infobase: Infobase, prefix: str, faults: Faults) -> Response:
    root = f"{request.url.scheme}://{request.url.netloc}{prefix}"
    render = renderer_of(request, root)
    try:
        parsed = parse_request(request, prefix)
        check_refusal(faults, parsed)
        if faults.filter_ignored:
            parsed.options.pop("$filter", None)
        return respond(parsed, await request.body(), infobase, render)
    except ODataError as error:
        return render.error(error)


async def _control_error(_: Request, error: Exception) -> Response:
    """Return an error of the control API, such as an unknown row, as a page."""
    return html_page(error.status if isinstance(error, ODataError) else 500, str(error))


def _journal_entry(request: Request) -> JournalEntry:
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return JournalEntry(
        method=request.method, path=path.decode("latin-1"), query=query.decode("latin-1")
    )


def _is_authenticated(request: Request, account: Account) -> bool:
    """Check Basic credentials in UTF-8; the web server refuses windows-1251."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return scheme.lower() == "basic" and given == f"{account.login}:{account.password}"
