"""Administration page at ``/lists``: universal lists, absences and reassignment of tasks."""

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Authenticator
from api.auth.refusals import Unauthenticated
from api.http.problems import HttpRefusal
from api.pages.assets import ASSETS, INDEX, asset
from api.webapp_proxy.refusals import TASKLIST, EngineNotResponding, to_response
from db.domain.errors import Unavailable

__all__ = ["install"]

PATH = "/lists"


def install(app: FastAPI, authenticator: Authenticator) -> None:
    """Add the routes of the page. The API endpoints that it calls check permissions."""

    def page(request: Request) -> Response:
        """Not async: Starlette runs it in a thread, since authentication may call the engine."""
        try:
            authenticator.authenticate(request)
        except Unauthenticated:
            return RedirectResponse(TASKLIST, 303)
        except Unavailable:
            return to_response(EngineNotResponding(), request)
        except HttpRefusal as refusal:
            return to_response(refusal, request)
        return asset(INDEX)

    def page_asset(request: Request) -> Response:
        name = request.path_params["name"]
        return asset(name) if name in ASSETS else RedirectResponse(PATH, 303)

    app.add_route(PATH, page, ["GET"], include_in_schema=False)
    app.add_route(f"{PATH}/{{name}}", page_asset, ["GET"], include_in_schema=False)
