"""Script, style and icons of the pages of the desk, at addresses that change with their content.

A page has one script and one style: its module and its sheets, joined with all that they need. The
forms' elements are among them: the same files that Tasklist loads, below `deal/`.
"""

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from api.pages.modules import joined
from forms import WEBAPP

FOLDER = Path(__file__).with_name("page")
ELEMENTS = WEBAPP / "META-INF/resources/webjars/camunda/app/tasklist/deal"
KEPT = "public, max-age=31536000, immutable"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


def _sources() -> dict[str, str]:
    own = {file.name: file for file in FOLDER.iterdir()}
    shared = {f"deal/{f.relative_to(ELEMENTS).as_posix()}": f for f in ELEMENTS.rglob("*.*")}
    return {
        name: file.read_text(encoding="utf-8")
        for name, file in (own | shared).items()
        if file.suffix in (".js", ".css")
    }


SOURCES: Mapping[str, str] = _sources()
"""Name → text of every module and sheet."""


@dataclass(frozen=True)
class Asset:
    """A script, a style or an icon as it is sent."""

    name: str
    content: bytes

    @classmethod
    def script(cls, module: str) -> "Asset":
        return cls(module, joined(module, SOURCES).encode())

    @classmethod
    def style(cls, name: str, sheets: Sequence[str]) -> "Asset":
        return cls(name, "\n".join(SOURCES[sheet] for sheet in sheets).encode())

    @classmethod
    def icon(cls, name: str) -> "Asset":
        return cls(name, (FOLDER / name).read_bytes())

    @cached_property
    def version(self) -> str:
        """Hash of the content: a browser keeps what it loaded, and loads a new release at once."""
        return hashlib.sha256(self.content).hexdigest()[:12]

    @property
    def address(self) -> str:
        return f"/desk/{self.version}/{self.name}"

    @property
    def media_type(self) -> str:
        return _TYPES[Path(self.name).suffix]

    @cached_property
    def packed(self) -> bytes:
        return gzip.compress(self.content, mtime=0)

    def response(self, request: Request, version: str) -> Response:
        """The present file, also for a page of an earlier release."""
        headers = {
            "Cache-Control": KEPT if version == self.version else "no-cache",
            "Vary": "Accept-Encoding",
        }
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self.content, headers=headers, media_type=self.media_type)
        headers["Content-Encoding"] = "gzip"
        return Response(self.packed, headers=headers, media_type=self.media_type)
