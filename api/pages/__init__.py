"""The page of universal lists: who is named where, who is away, whose tasks are to be moved."""

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Authenticator
from api.auth.refusals import Unauthenticated
from api.http.problems import HttpRefusal
from api.pages.assets import PARTS, SHELL, part
from api.webapp_proxy.refusals import TASKLIST, EngineNotResponding, answer
from db.domain.errors import Unavailable

__all__ = ["install"]

PLACE = "/lists"


def install(app: FastAPI, authenticator: Authenticator) -> None:
    """Serve the page at /lists. What a person may see and change there the API decides."""

    def page(request: Request) -> Response:
        """A plain function runs in a thread of its own: knowing the caller may ask the engine."""
        try:
            authenticator.caller(request)
        except Unauthenticated:
            return RedirectResponse(TASKLIST, 303)
        except Unavailable:
            return answer(EngineNotResponding(), request)
        except HttpRefusal as refusal:
            return answer(refusal, request)
        return part(SHELL)

    def piece(request: Request) -> Response:
        name = request.path_params["name"]
        return part(name) if name in PARTS else RedirectResponse(PLACE, 303)

    app.add_route(PLACE, page, ["GET"], include_in_schema=False)
    app.add_route(f"{PLACE}/{{name}}", piece, ["GET"], include_in_schema=False)
