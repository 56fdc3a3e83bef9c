"""Redirect of a visitor without a session to the desk's login page, which leads back."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse

LOGIN = "/login"


def to_login(request: Request) -> RedirectResponse:
    """Browsers keep the fragment of the address, and the login page hands it on."""
    query = request.scope["query_string"].decode("latin-1")
    place = request.url.path + (f"?{query}" if query else "")
    return RedirectResponse(f"{LOGIN}?next={quote(place)}", 303)
