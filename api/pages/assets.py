"""Files of the page: a shell, its modules and its style, served with a policy of their own."""

from pathlib import Path

from starlette.responses import FileResponse

FOLDER = Path(__file__).with_name("page")
SHELL = "lists.html"
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
PARTS = frozenset(file.name for file in FOLDER.iterdir() if file.suffix in (".js", ".css"))
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}


def part(name: str) -> FileResponse:
    """``name``: `SHELL` or one of `PARTS`."""
    file = FOLDER / name
    return FileResponse(file, headers=HEADERS, media_type=f"{_TYPES[file.suffix]}; charset=utf-8")
