"""VAPID key of the local stack: generated at the first start, kept in a file."""

import contextlib
import os
import tempfile
from pathlib import Path

from db.config.operator_error import OperatorError
from db.vapid import PushKey


class KeyDamaged(OperatorError):
    """The file does not hold a key."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"В файле {path} нет ключа уведомлений. Удалите его: будет сделан новый, и каждый "
            "включит уведомления в своём браузере заново."
        )


def load_or_create_push_key(path: Path) -> str:
    """Return the key of a file; create it, mode 0600, at the first call.

    Safe with several processes at once: the first file wins. Raises: KeyDamaged.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".push-key-")  # mode 0600
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(PushKey.new().text)
        with contextlib.suppress(FileExistsError):  # another process was first: its file counts
            os.link(name, path)
        os.unlink(name)
    try:
        return PushKey.parse(path.read_text(encoding="ascii").strip()).text
    except ValueError:
        raise KeyDamaged(path) from None
