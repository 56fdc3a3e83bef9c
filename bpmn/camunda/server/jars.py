"""Download of the engine's jars from a Maven repository, verified against a lock file."""

import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import requests
import truststore

from bpmn.camunda.server.settings import EngineSettings
from db.config.operator_error import OperatorError

DOWNLOADS_AT_ONCE = 8
TIMEOUT_SECONDS = 60
ATTEMPTS = 3

Progress = Callable[[int, int, float], None]
"""Called after each downloaded jar with: jars done, jars to download, megabytes so far."""


class JarChanged(OperatorError):
    """The sha256 of a jar differs from the lock file; the engine must not start."""

    def __init__(self, jar: "Jar", path: Path, advice: str) -> None:
        super().__init__(
            f"Файл движка изменён, запуск остановлен: {path} (sha256 {jar.coordinate} не такой, "
            f"как записан в комплекте). {advice}"
        )
        self.path = path


class DownloadFailed(OperatorError):
    """The Maven repository did not deliver a jar after all attempts."""


@dataclass(frozen=True, order=True)
class Jar:
    """One line of a lock file: Maven coordinates and the sha256 of the file."""

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

    @property
    def repository_path(self) -> str:
        """Path of the file below the root of a Maven repository."""
        return "/".join((*self.group.split("."), self.artifact, self.version, self.file_name))


def locked(path: Path) -> Iterator[Jar]:
    """Yield the jars of the lock file in its order."""
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            coordinate, sha256 = line.split()
            group, artifact, version, *rest = coordinate.split(":")
            yield Jar(group, artifact, version, rest[0] if rest else "", sha256)


def fetch(
    settings: EngineSettings, progress: Progress = lambda *_: None, lock: Path | None = None
) -> list[Path]:
    """Download missing jars, verify all of them and return their paths in the order of ``lock``.

    ``lock``: another lock file than that of the engine's distribution.

    Safe to repeat and to run in several processes at once, because each file is renamed into
    place after its verification. Proxies and certificates are read from the environment
    (``HTTPS_PROXY``, ``REQUESTS_CA_BUNDLE``) and the certificate store of the system.

    Raises:
        JarChanged: the sha256 of a jar, present or downloaded, differs from the lock.
        DownloadFailed: the repository did not deliver a jar.
    """
    settings.jars_dir.mkdir(parents=True, exist_ok=True)
    jars = list(locked(lock or settings.described.lock))
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
        raise JarChanged(jar, path, "Если вы его не меняли, удалите его: он загрузится снова.")
    return True


def _download(
    missing: list[tuple[Jar, Path]], settings: EngineSettings, progress: Progress
) -> None:
    truststore.inject_into_ssl()  # a company's own certificates are in the system's store only
    done, megabytes, lock = 0, 0.0, threading.Lock()

    def one(item: tuple[Jar, Path]) -> None:
        nonlocal done, megabytes
        size = _download_one(*item, session, settings.maven_repository, Path(scratch))
        with lock:
            done, megabytes = done + 1, megabytes + size / 1e6
            progress(done, len(missing), megabytes)

    with (
        tempfile.TemporaryDirectory(dir=settings.jars_dir, prefix=".new-") as scratch,
        requests.Session() as session,
    ):
        pool = ThreadPoolExecutor(DOWNLOADS_AT_ONCE)
        try:
            list(pool.map(one, missing))
        finally:
            pool.shutdown(cancel_futures=True)


def _download_one(
    jar: Jar, path: Path, session: requests.Session, repository: str, scratch: Path
) -> int:
    """Download to ``scratch``, verify, rename to ``path``; returns the size in bytes.

    A partial or wrong file is never visible under the final name.
    """
    fresh = scratch / jar.file_name
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _save(session, f"{repository.rstrip('/')}/{jar.repository_path}", fresh)
            break
        except OSError as error:  # includes requests.RequestException
            if attempt == ATTEMPTS:
                raise DownloadFailed(
                    f"Не удалось загрузить движок: {jar.coordinate}: {error}\n"
                    "Проверьте сеть и повторите make up: загруженное сохранено."
                ) from error
    if _sha256(fresh) != jar.sha256:
        raise JarChanged(
            jar, fresh, "Репозиторий отдал другой файл: обратитесь к тому, кто его ведёт."
        )
    size = fresh.stat().st_size
    fresh.replace(path)
    return size


def _save(session: requests.Session, url: str, path: Path) -> None:
    """Download to ``path``. Raises: requests.RequestException, also for HTTP errors."""
    with (
        session.get(url, stream=True, timeout=TIMEOUT_SECONDS) as response,
        path.open("wb") as file,
    ):
        response.raise_for_status()
        for chunk in response.iter_content(1 << 16):
            file.write(chunk)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    fetch(EngineSettings())
