"""The desk: pages in which employees work, at addresses outside /api and /camunda.

Each page is static HTML (`shells`) with a module that calls the API (`page/`).
"""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Authenticator
from api.auth.refusals import Unauthenticated
from api.http.login_page import to_login
from api.http.problems import HttpRefusal, problem, request_id_of
from api.live.hub import Hub
from api.pages import installation
from api.pages.shells import ASSETS, PAGES, Page
from api.webapp_proxy.refusals import EngineNotResponding, to_response
from db.domain.errors import Unavailable

__all__ = ["install"]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; frame-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}


def install(app: FastAPI, authenticator: Authenticator) -> None:
    """Add the routes of the pages and of their files."""
    app.add_route("/desk/{version}/{name:path}", _asset, ["GET"], include_in_schema=False)
    installation.install(app)
    for page in PAGES:
        app.add_route(page.path, _shown(page, authenticator), ["GET"], include_in_schema=False)


def _shown(page: Page, authenticator: Authenticator) -> Callable[[Request], Awaitable[Response]]:
    document = page.html

    async def show(request: Request) -> Response:
        """The looking for changes begins here, so that it is under way when the page asks."""
        if not page.public:
            refusal = await run_in_threadpool(_refusal, request, authenticator)
            if refusal is not None:
                return refusal
            hub: Hub = request.app.state.hub
            hub.expect()
        return HTMLResponse(document, headers=HEADERS)

    return show


def _refusal(request: Request, authenticator: Authenticator) -> Response | None:
    """Answer to a caller who may see no page; None for one who may. Calls the engine."""
    try:
        authenticator.authenticate(request)
    except Unauthenticated:
        return to_login(request)
    except Unavailable:
        return to_response(EngineNotResponding(), request)
    except HttpRefusal as refusal:
        return to_response(refusal, request)
    return None


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in ASSETS:
        return problem(request_id_of(request), 404, "NOT_FOUND", "Такого файла здесь нет.")
    return ASSETS[name].response(request, request.path_params["version"])
