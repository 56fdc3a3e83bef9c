"""Serves static files of the web applications from disk instead of from the engine.

The engine would create a session of ten hours for every request without a cookie, and a client
that reads slowly would hold a connection to it.
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
"""Missing from `mimetypes` of Python 3.11."""
PAGES = (".html",)
"""Files that the engine renders itself, with the nonce of their policy."""


class WebappFiles:
    """Directories that are searched in order for a file of the requested path."""

    def __init__(self, directories: Sequence[Path]) -> None:
        self._directories = [each.resolve() for each in directories]
        self._static = StaticFiles()

    @classmethod
    def of(cls, pages: Path | None) -> "WebappFiles":
        """Our overrides, then the unpacked files. None: no files, the engine serves them all."""
        return cls([] if pages is None else [OVERRIDES, pages])

    def response(self, request: Request, path: str) -> Response | None:
        """The file; None if there is none here.

        Browsers revalidate it every time, because a new release has the same URLs.
        """
        if request.method not in METHODS or path.endswith(PAGES):
            return None
        for directory in self._directories:
            plain = directory / path.lstrip("/")
            if not plain.is_relative_to(directory) or ".." in plain.parts:
                return None
            if (found := _regular(plain)) is not None:
                return self._file_response(request, plain, found)
        return None

    def _file_response(self, request: Request, plain: Path, found: os.stat_result) -> Response:
        packed, file = _regular(gzip_copy(plain)), plain
        zipped = packed is not None and _accepts_gzip(request)
        if zipped and packed is not None:
            file, found = gzip_copy(plain), packed
        response = self._static.file_response(file, found, request.scope)
        response.headers["cache-control"] = "no-cache"
        if packed is not None:
            response.headers["vary"] = "Accept-Encoding"
        if response.status_code != 304:
            response.headers["content-type"] = _kind(plain)
            if zipped:
                response.headers["content-encoding"] = "gzip"
        return response


def gzip_copy(file: Path) -> Path:
    """Path of a file's gzipped copy, which may not exist."""
    return file.with_name(f"{file.name}.gz")


def _accepts_gzip(request: Request) -> bool:
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
