"""The engine's jars: downloaded by a lock file, verified by their sha256 at every start."""

import hashlib
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import truststore

from bpmn.camunda.server.settings import EngineSettings

if TYPE_CHECKING:
    from jgo.maven import MavenContext

LOCK = Path(__file__).with_name("engine.lock")
DOWNLOADS_AT_ONCE = 8
DOWNLOAD_SECONDS = 60
TRIES = 3

Progress = Callable[[int, int, float], None]
"""Called after each downloaded jar with: jars done, jars to download, megabytes so far."""


class JarChanged(RuntimeError):
    """A jar is not the one that was locked; nothing is started with it."""

    def __init__(self, jar: "Jar", path: Path, advice: str) -> None:
        super().__init__(
            f"{jar.coordinate}: the sha256 of {path} differs from engine.lock. The engine was "
            f"not started. {advice}"
        )
        self.path = path


class DownloadFailed(RuntimeError):
    """A jar could not be had from the Maven repository."""


@dataclass(frozen=True)
class Jar:
    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str

    @property
    def coordinate(self) -> str:
        return ":".join(filter(None, (self.group, self.artifact, self.version, self.classifier)))

    @property
    def file_name(self) -> str:
        return "-".join(filter(None, (self.artifact, self.version, self.classifier))) + ".jar"


def locked(path: Path = LOCK) -> Iterator[Jar]:
    """The jars of the lock file in its order."""
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            coordinate, sha256 = line.split()
            group, artifact, version, *rest = coordinate.split(":")
            yield Jar(group, artifact, version, rest[0] if rest else "", sha256)


def fetch(settings: EngineSettings, progress: Progress = lambda *_: None) -> list[Path]:
    """All jars on disk, each verified. Safe to repeat and to run in several processes at once.

    Raises:
        JarChanged: a jar, old or just downloaded, has another sha256 than the lock says.
        DownloadFailed: the repository did not give a jar.
    """
    settings.jars_dir.mkdir(parents=True, exist_ok=True)
    jars = list(locked())
    paths = [settings.jars_dir / jar.file_name for jar in jars]
    missing = [
        (jar, path) for jar, path in zip(jars, paths, strict=True) if not _present(jar, path)
    ]
    if missing:
        _download(missing, settings, progress)
    return paths


def _present(jar: Jar, path: Path) -> bool:
    if not path.exists():
        return False
    if _sha256(path) != jar.sha256:
        raise JarChanged(jar, path, "If you did not change it, delete it: it comes again.")
    return True


def _download(
    missing: list[tuple[Jar, Path]], settings: EngineSettings, progress: Progress
) -> None:
    truststore.inject_into_ssl()  # a company's own certificates are in the system's store only
    from jgo.maven import MavenContext  # slow to import, and most starts download nothing

    done, megabytes, lock = 0, 0.0, threading.Lock()

    def one(item: tuple[Jar, Path]) -> None:
        nonlocal done, megabytes
        size = _download_one(*item, context)
        with lock:
            done, megabytes = done + 1, megabytes + size / 1e6
            progress(done, len(missing), megabytes)

    with tempfile.TemporaryDirectory(dir=settings.jars_dir, prefix=".new-") as scratch:
        repository = settings.maven_repository
        context = MavenContext(
            repo_cache=Path(scratch),
            remote_repos={"repository": repository} if repository else None,
            timeout=DOWNLOAD_SECONDS,
        )
        pool = ThreadPoolExecutor(DOWNLOADS_AT_ONCE)
        try:
            list(pool.map(one, missing))
        finally:
            pool.shutdown(cancel_futures=True)


def _download_one(jar: Jar, path: Path, context: "MavenContext") -> int:
    """Downloads beside the final place and moves: a broken download never looks like a jar."""
    fresh = _resolve(jar, context)
    if _sha256(fresh) != jar.sha256:
        raise JarChanged(jar, fresh, "The repository gave another file: ask whoever runs it.")
    size = fresh.stat().st_size
    shutil.move(fresh, path)
    return size


def _resolve(jar: Jar, context: "MavenContext") -> Path:
    """Download into the context's directory; a broken connection is tried again."""
    for tries_left in reversed(range(TRIES)):
        component = context.project(jar.group, jar.artifact).at_version(jar.version)
        artifact = component.artifact(classifier=jar.classifier)
        try:
            return Path(artifact.resolve())
        except (OSError, RuntimeError) as trouble:
            if artifact.cached_path:
                artifact.cached_path.unlink(missing_ok=True)
            if not tries_left:
                raise DownloadFailed(f"{jar.coordinate}: {trouble}") from trouble
    raise AssertionError("unreachable")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    fetch(EngineSettings())
