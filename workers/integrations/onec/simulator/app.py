"""The simulated 1C over HTTP: who is asking, what goes wrong today, and the answer."""

import asyncio
import base64
import binascii
import secrets
from collections import deque

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from workers.integrations.onec.simulator.account import Account
from workers.integrations.onec.simulator.control import Asked, control
from workers.integrations.onec.simulator.faults import Faults, Switchboard, instead, refuse, spoil
from workers.integrations.onec.simulator.infobase import Infobase
from workers.integrations.onec.simulator.question import question_of, renderer_of
from workers.integrations.onec.simulator.rendering import Refused, page
from workers.integrations.onec.simulator.service import answer

_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]
_JOURNAL = 1000


class Sessions:
    """Sessions that a client asked to keep: `IBSession: start`, then the cookie."""

    def __init__(self) -> None:
        self._open: set[str] = set()

    def is_stale(self, request: Request) -> bool:
        cookie = request.cookies.get("ibsession")
        return cookie is not None and cookie not in self._open

    def follow(self, request: Request, response: Response) -> None:
        wish = request.headers.get("ibsession")
        if wish == "start":
            cookie = secrets.token_hex(16)
            self._open.add(cookie)
            response.headers["Set-Cookie"] = f"ibsession={cookie}; HttpOnly; Path=/"
        if wish == "finish":
            self._open.discard(request.cookies.get("ibsession", ""))

    def end_all(self) -> int:
        """Returns: how many were open."""
        count = len(self._open)
        self._open.clear()
        return count


def create_app(
    infobase: Infobase, *, base: str = "trade", account: Account | None = None
) -> FastAPI:
    """``base``: name of the publication, the first segment of every address."""
    known = account or Account()
    switchboard, sessions = Switchboard(), Sessions()
    journal: deque[Asked] = deque(maxlen=_JOURNAL)
    app = FastAPI(title="1C simulator", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(control(infobase, switchboard, journal))
    app.add_exception_handler(Refused, _no)
    prefix = f"/{base}/odata/standard.odata"

    @app.post("/_simulator/end-sessions")
    async def end_sessions() -> int:
        """As if 1C had ended them after idling."""
        return sessions.end_all()

    async def odata(request: Request) -> Response:
        journal.append(_asked(request))
        faults = switchboard.take()
        await asyncio.sleep(faults.delay_seconds)
        if broken := instead(faults):
            return broken
        if not _knows(request, known):
            response = page(401, "401 - Unauthorized")
            response.headers["WWW-Authenticate"] = 'Basic realm="1C"'
            return response
        if sessions.is_stale(request):
            return page(404, "Сеанс отсутствует или удалён")
        response = await _odata(request, infobase, prefix, faults)
        if not faults.no_sessions:
            sessions.follow(request, response)
        return spoil(faults, response)

    app.add_route(f"{prefix}{{resource:path}}", odata, methods=_METHODS)
    return app


async def _odata(request: Request, infobase: Infobase, prefix: str, faults: Faults) -> Response:
    root = f"{request.url.scheme}://{request.url.netloc}{prefix}"
    render = renderer_of(request, root)
    try:
        question = question_of(request, prefix)
        refuse(faults, question)
        if faults.filter_ignored:
            question.options.pop("$filter", None)
        return answer(question, await request.body(), infobase, render)
    except Refused as refused:
        return render.error(refused)


async def _no(_: Request, refused: Exception) -> Response:
    """The operator's hands reached for what is not there; OData has its own words."""
    return page(refused.status if isinstance(refused, Refused) else 500, str(refused))


def _asked(request: Request) -> Asked:
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return Asked(method=request.method, path=path.decode("latin-1"), query=query.decode("latin-1"))


def _knows(request: Request, account: Account) -> bool:
    """Credentials must be UTF-8: in windows-1251 the web server refuses them."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return scheme.lower() == "basic" and given == f"{account.login}:{account.password}"
