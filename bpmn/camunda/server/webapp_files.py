"""Static files of the engine's web applications, unpacked from their jar."""

import gzip
import shutil
import tempfile
import zipfile
from pathlib import Path

from bpmn.camunda.server.jars import locked
from bpmn.camunda.server.settings import EngineSettings

INSIDE = "META-INF/resources/webjars/"
SERVED = ("lib/", "assets/", "app/")
ADDRESS = "camunda"
"""Folder of the files, as in their address; it is the same with every distribution."""
COMPRESSED = (".js", ".css", ".json", ".svg", ".txt")


def unpack_webapp_files(settings: EngineSettings, parent: Path) -> Path:
    """Return the directory of the static files, text files also gzipped; unpack it if missing.

    `jars.fetch` must have downloaded the jar. Safe to repeat and to interrupt because the
    directory is renamed into place when it is complete.
    """
    engine = settings.described
    jar = next(each for each in locked(engine.lock) if each.artifact == engine.webapp_artifact)
    target = parent / f"{jar.version}-{jar.sha256[:12]}"
    if target.is_dir():
        return target
    shutil.rmtree(parent, ignore_errors=True)
    parent.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=parent) as scratch:
        fresh = Path(scratch) / target.name
        _unpack(settings.jars_dir / jar.file_name, f"{INSIDE}{engine.webjar}/", fresh / ADDRESS)
        fresh.rename(target)
    return target


def _unpack(jar: Path, inside: str, target: Path) -> None:
    with zipfile.ZipFile(jar) as archive:
        for entry in archive.infolist():
            name = entry.filename.removeprefix(inside)
            if entry.is_dir() or name == entry.filename or not _is_served(name):
                continue
            file = target / name
            file.parent.mkdir(parents=True, exist_ok=True)
            content = archive.read(entry)
            file.write_bytes(content)
            if name.endswith(COMPRESSED):
                file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(content, 6, mtime=0))


def _is_served(name: str) -> bool:
    return name.startswith(SERVED) and not name.endswith(".html") and ".." not in name.split("/")
