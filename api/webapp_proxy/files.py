"""Files of the web applications, served from disk: none of them means anything to a session.

The engine would make a session of ten hours for each one asked without a cookie, and a client that
reads slowly would hold a connection to it.
"""

import mimetypes
import os
from collections.abc import Sequence
from pathlib import Path
from stat import S_ISREG

from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from forms import WEBAPP

METHODS = ("GET", "HEAD")
OVERRIDES = WEBAPP / "META-INF" / "resources" / "webjars"
FONTS = {".woff": "font/woff", ".woff2": "font/woff2"}
"""Python 3.11 does not know them."""
PAGES = (".html",)
"""Carry the nonce of their policy: the engine writes them."""


class WebappFiles:
    """Directories with the files under their paths; what is found in an earlier one wins."""

    def __init__(self, directories: Sequence[Path]) -> None:
        self._directories = [each.resolve() for each in directories]
        self._static = StaticFiles()

    @classmethod
    def of(cls, pages: Path | None) -> "WebappFiles":
        """The unpacked files with ours over them. None: no files, the engine has them all."""
        return cls([] if pages is None else [OVERRIDES, pages])

    def answer_to(self, request: Request, path: str) -> Response | None:
        """None: there is no such file here. A new release has the same addresses, so a browser
        asks each time whether the file changed."""
        if request.method not in METHODS or path.endswith(PAGES):
            return None
        for directory in self._directories:
            plain = directory / path.lstrip("/")
            if not plain.is_relative_to(directory) or ".." in plain.parts:
                return None
            if (found := _regular(plain)) is not None:
                return self._response(request, plain, found)
        return None

    def _response(self, request: Request, plain: Path, found: os.stat_result) -> Response:
        packed, file = _regular(smaller(plain)), plain
        zipped = packed is not None and _takes_gzip(request)
        if zipped and packed is not None:
            file, found = smaller(plain), packed
        response = self._static.file_response(file, found, request.scope)
        response.headers["cache-control"] = "no-cache"
        if packed is not None:
            response.headers["vary"] = "Accept-Encoding"
        if response.status_code != 304:
            response.headers["content-type"] = _kind(plain)
            if zipped:
                response.headers["content-encoding"] = "gzip"
        return response


def smaller(file: Path) -> Path:
    """Path of the gzipped copy of a file; it need not exist."""
    return file.with_name(f"{file.name}.gz")


def _takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "") and "range" not in request.headers


def _regular(file: Path) -> os.stat_result | None:
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return found if S_ISREG(found.st_mode) else None


def _kind(file: Path) -> str:
    known = FONTS.get(file.suffix) or mimetypes.guess_type(file.name)[0]
    kind = known or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
