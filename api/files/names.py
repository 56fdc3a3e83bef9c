"""File names: sanitized for display, and encoded for the Content-Disposition header."""

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

from db.domain.errors import FileRefused

MAX_BYTES = 255  # UTF-8
MAX_SENT = 1_000  # characters; the time of Unicode normalization grows faster than the length
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])$", re.IGNORECASE)


def clean(name: str) -> str:
    """The name without path, control, invisible and direction characters; at most 255 bytes.

    Raises: FileRefused if nothing is left or the name has no extension.
    """
    if len(name) > MAX_SENT:
        raise FileRefused(f"Слишком длинное имя файла, сократите его до {MAX_SENT} знаков.")
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    shown = re.sub(r'[<>:"|?*]', "_", " ".join(shown.split())).strip(". ")
    path = PurePosixPath(shown)
    if not path.suffix or not path.stem.strip(". "):
        raise FileRefused("Укажите имя файла с расширением, например «Устав.pdf».")
    stem = f"_{path.stem}" if _RESERVED.match(path.stem.split(".")[0]) else path.stem
    return _shortened(stem, path.suffix)


def _shortened(stem: str, suffix: str) -> str:
    room = MAX_BYTES - len(suffix.encode())
    if room < 1:
        raise FileRefused("Слишком длинное расширение файла, переименуйте файл.")
    return stem.encode()[:room].decode(errors="ignore") + suffix


def disposition(name: str, *, inline: bool) -> str:
    """Content-Disposition by RFC 6266, with an ASCII name and a UTF-8 name."""
    plain = re.sub(r'[^\x20-\x7e]|["\\%;]', "_", name)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
