"""Static files of the administration page, served with their own Content Security Policy."""

from pathlib import Path

from starlette.responses import FileResponse

FOLDER = Path(__file__).with_name("page")
INDEX = "lists.html"
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
ASSETS = frozenset(file.name for file in FOLDER.iterdir() if file.suffix in (".js", ".css"))
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}


def asset(name: str) -> FileResponse:
    """The response of a file: `INDEX` or one of `ASSETS`."""
    file = FOLDER / name
    return FileResponse(file, headers=HEADERS, media_type=f"{_TYPES[file.suffix]}; charset=utf-8")
