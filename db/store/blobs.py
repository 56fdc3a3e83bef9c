"""File contents on disk by sha256: one copy per content, written atomically."""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from db.domain.errors import FileTooLarge, Unavailable

CHUNK = 64 * 1024  # bytes
DAY = 86_400.0  # seconds
TRASH = "trash-"
NO_STORE = "Хранилище файлов недоступно, повторите позже."
NO_ROOM = "В хранилище файлов нет места, повторите позже."


@dataclass(frozen=True)
class Blob:
    """Stored content: hash, size in bytes, and the first bytes for type detection."""

    sha256: str
    size: int
    head: bytes


class Incoming:
    """A file being uploaded under a temporary name; `keep` stores it, `drop` deletes it."""

    def __init__(self, root: Path, limit: int) -> None:
        self._root, self._limit = root, limit
        self._hash, self._size, self._head = hashlib.sha256(), 0, b""
        try:
            root.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix="incoming-", suffix=".part", dir=root)
        except OSError as error:
            raise Unavailable(NO_STORE) from error
        self._file, self._path = os.fdopen(handle, "wb"), Path(name)

    def write(self, chunk: bytes) -> None:
        """Append bytes. Raises: FileTooLarge, Unavailable (disk full)."""
        self._size += len(chunk)
        if self._size > self._limit:
            raise FileTooLarge(f"Файл больше {self._limit // 1_000_000} МБ. Сожмите его.")
        self._hash.update(chunk)
        self._head = (self._head + chunk)[:4096] if len(self._head) < 4096 else self._head
        try:
            self._file.write(chunk)
        except OSError as error:
            raise Unavailable(NO_ROOM) from error

    @property
    def head(self) -> bytes:
        return self._head

    @property
    def size(self) -> int:
        return self._size

    @property
    def sha256(self) -> str:
        """Hash of the bytes received so far."""
        return self._hash.hexdigest()

    def reopened(self) -> BinaryIO:
        """The bytes received so far as a new file object; the caller closes it.

        Raises: Unavailable (disk full: the end of a small file is written only now).
        """
        try:
            self._file.flush()
            return self._path.open("rb")
        except OSError as error:
            raise Unavailable(NO_ROOM) from error

    def keep(self) -> Blob:
        """Store the content. Safe to repeat: an equal content replaces itself."""
        blob = Blob(self._hash.hexdigest(), self._size, self._head)
        target = path_of(self._root, blob.sha256)
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            target.parent.mkdir(parents=True, exist_ok=True)
            self._path.replace(target)
            _sync_directory(target.parent)
        except OSError as error:
            self.drop()
            raise Unavailable(NO_ROOM) from error
        return blob

    def drop(self) -> None:
        """Delete the temporary file, best effort: errors are suppressed and the next `sweep`
        deletes what is left. No effect after `keep`.
        """
        with suppress(
            OSError
        ):  # on a full disk closing fails once more, at what is forgotten anyway
            self._file.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def free_bytes(root: Path) -> int:
    """Free bytes on the disk of the contents. Raises: Unavailable."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(root).free
    except OSError as error:
        raise Unavailable(NO_STORE) from error


def path_of(root: Path, sha256: str) -> Path:
    """Path of a content in two directory levels, so that no directory grows too large."""
    return root / sha256[:2] / sha256


def read(root: Path, sha256: str) -> Iterator[bytes]:
    """Content in chunks. Raises: FileNotFoundError before the first chunk.

    The file is closed at the end, and when the chunks are dropped, even before the first one.
    """
    chunks = _chunks(path_of(root, sha256))
    next(chunks)
    return chunks


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        yield b""  # the file is open: from here on the generator closes it
        while chunk := source.read(CHUNK):
            yield chunk


def stored(root: Path) -> Iterator[str]:
    """Hashes of all stored contents."""
    for path in root.glob("[0-9a-f][0-9a-f]/" + "[0-9a-f]" * 64):
        yield path.name


def sweep_orphans(root: Path, is_used: Callable[[str], bool], older_than: float = DAY) -> int:
    """Delete contents that no deal uses; their uploads failed after the bytes were stored.

    Somebody may upload the same content at this moment. So it is set aside first and then looked
    at: what turns out to be fresh or used goes back. Several processes may sweep at once.

    Returns: how many contents. Raises: what ``is_used`` raises; nothing is lost by that.
    """
    killed = root.glob(f"{TRASH}*")  # what a sweep had set aside when it was killed
    swept = sum(_settle(aside, root, is_used, older_than) for aside in killed)
    for sha256 in list(stored(root)):
        if _is_old(path_of(root, sha256), older_than) and not is_used(sha256):
            aside = root / f"{TRASH}{sha256}"
            try:
                path_of(root, sha256).rename(aside)
            except FileNotFoundError:
                continue
            swept += _settle(aside, root, is_used, older_than)
    return swept


def _settle(aside: Path, root: Path, is_used: Callable[[str], bool], older_than: float) -> bool:
    """Delete or restore a content that was set aside. Returns: whether it was deleted."""
    sha256 = aside.name.removeprefix(TRASH)
    try:
        keep = not _is_old(aside, older_than) or is_used(sha256)
        if keep:
            with suppress(FileExistsError):  # uploaded again meanwhile: that copy is the fresh one
                os.link(aside, path_of(root, sha256))
        aside.unlink()
    except FileNotFoundError:  # another process settled it
        return False
    return not keep


def _is_old(path: Path, older_than: float) -> bool:
    try:
        return path.stat().st_mtime < time.time() - older_than
    except FileNotFoundError:
        return False


def sweep(root: Path, older_than: float = DAY) -> int:
    """Delete files of killed uploads older than ``older_than`` seconds. Returns: count."""
    swept = 0
    for part in root.glob("incoming-*.part"):
        try:
            if part.stat().st_mtime < time.time() - older_than:
                part.unlink()
                swept += 1
        except FileNotFoundError:
            continue
    return swept


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
