"""A disk without room for uploads: the kernel itself says so."""

import os
import tempfile
from types import SimpleNamespace

import pytest


def fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every incoming file has its name in the store, and its bytes go to /dev/full."""

    def mkstemp(**given: object) -> tuple[int, str]:
        handle, name = tempfile.mkstemp(**given)  # type: ignore[call-overload]
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, handle)
        os.close(full)
        return handle, name

    monkeypatch.setattr("db.store.blobs.tempfile", SimpleNamespace(mkstemp=mkstemp))
