"""Scripts and styles of the desk, served under an address that changes with their content.

The forms' elements are served beside the desk's own modules, in `deal/`: they are the same files
that Tasklist loads.
"""

import hashlib
import posixpath
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from starlette.responses import FileResponse

from forms import WEBAPP

FOLDER = Path(__file__).with_name("page")
ELEMENTS = WEBAPP / "META-INF/resources/webjars/camunda/app/tasklist/deal"
_TYPES = {".js": "text/javascript", ".css": "text/css"}


def _files() -> dict[str, Path]:
    own = {file.name: file for file in FOLDER.iterdir()}
    shared = {f"deal/{f.relative_to(ELEMENTS).as_posix()}": f for f in ELEMENTS.rglob("*.*")}
    return {name: file for name, file in (own | shared).items() if file.suffix in _TYPES}


ASSETS: Mapping[str, Path] = _files()
"""Name below /desk/<version>/ → file."""
VERSION = hashlib.sha256(
    b"".join(name.encode() + file.read_bytes() for name, file in sorted(ASSETS.items()))
).hexdigest()[:12]
"""Part of the addresses: a browser keeps what it has loaded, and loads a new release at once."""
_IMPORT = re.compile(r"""^(?:import|export) [^'"\n]*from '(\.[^'\n]+)';$""", re.MULTILINE)
KEPT = "public, max-age=31536000, immutable"


def imports_of(module: str) -> Sequence[str]:
    """Names of all assets that a module imports, and those import in turn; sorted.

    The page names them in its head, so that a browser asks for them at once instead of finding
    them one behind another. What is imported on demand is not among them.
    """
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        folder = PurePosixPath(name).parent
        for path in _IMPORT.findall(ASSETS[name].read_text(encoding="utf-8")):
            imported = posixpath.normpath(folder / path)
            if imported not in found:
                found.add(imported)
                waiting.append(imported)
    return sorted(found)


def asset(name: str, version: str) -> FileResponse:
    """The response of one of `ASSETS`. A page of an earlier release gets the present file."""
    file = ASSETS[name]
    headers = {"Cache-Control": KEPT if version == VERSION else "no-cache"}
    media_type = f"{_TYPES[file.suffix]}; charset=utf-8"
    return FileResponse(file, headers=headers, media_type=media_type)
