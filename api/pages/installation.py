"""Installation of the phone page: its web app manifest and the service worker of the site.

Both hold no data and are given to everybody: a browser asks for them without a session.
"""

import hashlib
import json

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from api.pages.assets import FOLDER
from api.pages.shells import ICON, PHONE, PICTURES

MANIFEST = {
    "id": PHONE.path,
    "name": "P.I.T. Следующее дело",
    "short_name": "P.I.T.",
    "description": "Задачи водителя и кладовщика: одна за другой, и без связи.",
    "lang": "ru",
    "start_url": PHONE.path,
    "scope": "/",
    "display": "standalone",
    "background_color": "#f4f6f8",
    "theme_color": "#b4540a",
    "icons": [
        {"src": ICON.address, "sizes": "any", "type": "image/svg+xml"},
        *(
            {
                "src": PICTURES[side].address,
                "sizes": f"{side}x{side}",
                "type": "image/png",
                "purpose": purpose,
            }
            for side in (192, 512)
            for purpose in ("any", "maskable")
        ),
    ],
}
KEPT = {
    "version": hashlib.sha256(PHONE.html.encode()).hexdigest()[:12],
    "page": PHONE.path,
    "files": (PHONE.script.address, PHONE.style.address),
    "icon": PICTURES[192].address,
}
WORKER = f"self.kept = {json.dumps(KEPT)};\n" + (FOLDER / "sw.js").read_text(encoding="utf-8")
WORKER_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'; script-src 'self'; "
    "style-src 'self'; img-src 'self'",
    "Cache-Control": "no-cache",
}
"""The policy holds for what the worker itself fetches, scripts and styles included."""


def install(app: FastAPI) -> None:
    """Add the routes of both."""
    app.add_route("/manifest.webmanifest", _manifest, ["GET"], include_in_schema=False)
    app.add_route("/sw.js", _worker, ["GET"], include_in_schema=False)


async def _manifest(_: Request) -> Response:
    headers = {"Cache-Control": "no-cache"}
    return JSONResponse(MANIFEST, headers=headers, media_type="application/manifest+json")


async def _worker(_: Request) -> Response:
    return Response(WORKER, headers=WORKER_HEADERS, media_type="text/javascript")
