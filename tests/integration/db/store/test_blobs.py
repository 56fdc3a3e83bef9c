"""Contents of no deal go away, and never one that somebody needs; a full disk stays no fuller."""

import gc
import os
import time
from pathlib import Path
from typing import Any

import pytest

from db.domain.errors import Unavailable
from db.store.blobs import TRASH, Incoming, path_of, read, stored, sweep_orphans
from tests.support.full_disk import fill_the_disk

TWO_DAYS = 2 * 86_400


def keep(root: Path, content: bytes, age: float = 0) -> str:
    incoming = Incoming(root, 1000)
    incoming.write(content)
    sha256 = incoming.keep().sha256
    then = time.time() - age
    os.utime(path_of(root, sha256), (then, then))
    return sha256


def test_a_content_that_nobody_reads_on_is_closed(tmp_path: Path) -> None:
    sha256 = keep(tmp_path, b"scan")

    read(tmp_path, sha256)  # an unclosed file would be a warning, and so an error
    gc.collect()

    assert b"".join(read(tmp_path, sha256)) == b"scan"
    with pytest.raises(FileNotFoundError):
        read(tmp_path, "0" * 64)


def test_an_old_content_of_no_deal_is_swept_and_others_stay(tmp_path: Path) -> None:
    orphan = keep(tmp_path, b"orphan", TWO_DAYS)
    used, fresh = keep(tmp_path, b"used", TWO_DAYS), keep(tmp_path, b"fresh")

    swept = sweep_orphans(tmp_path, lambda sha256: sha256 == used)

    assert swept == 1
    assert set(stored(tmp_path)) == {used, fresh}
    assert not path_of(tmp_path, orphan).exists()
    assert list(tmp_path.glob(f"{TRASH}*")) == []


def test_a_content_uploaded_while_it_is_looked_at_stays(tmp_path: Path) -> None:
    sha256 = keep(tmp_path, b"same", TWO_DAYS)
    asked = 0

    def is_used(_: str) -> bool:
        nonlocal asked
        asked += 1
        if asked == 2:  # it is set aside now: somebody uploads the same bytes, row still to come
            keep(tmp_path, b"same")
        return False

    sweep_orphans(tmp_path, is_used)

    assert path_of(tmp_path, sha256).read_bytes() == b"same"
    assert sweep_orphans(tmp_path, lambda _: False) == 0  # it is fresh


def test_a_content_that_got_its_row_meanwhile_goes_back(tmp_path: Path) -> None:
    sha256 = keep(tmp_path, b"late", TWO_DAYS)
    answers = iter([False, True])

    assert sweep_orphans(tmp_path, lambda _: next(answers)) == 0
    assert path_of(tmp_path, sha256).read_bytes() == b"late"


def test_what_a_killed_sweep_set_aside_is_settled_by_the_next(tmp_path: Path) -> None:
    used, orphan = keep(tmp_path, b"used", TWO_DAYS), keep(tmp_path, b"orphan", TWO_DAYS)
    for sha256 in (used, orphan):
        path_of(tmp_path, sha256).rename(tmp_path / f"{TRASH}{sha256}")

    assert sweep_orphans(tmp_path, lambda sha256: sha256 == used) == 1
    assert set(stored(tmp_path)) == {used}


def test_a_database_that_does_not_answer_loses_nothing(tmp_path: Path) -> None:
    sha256 = keep(tmp_path, b"kept", TWO_DAYS)
    answers = iter([False])

    def is_used(_: str) -> bool:
        try:
            return next(answers)
        except StopIteration:
            raise ConnectionError from None

    with pytest.raises(ConnectionError):
        sweep_orphans(tmp_path, is_used)
    sweep_orphans(tmp_path, lambda _: True)

    assert set(stored(tmp_path)) == {sha256}


SMALL, LARGE = b"x" * 100, b"x" * 100_000
"""Less than Python keeps back before it writes, and more."""


@pytest.mark.parametrize("step", [Incoming.reopened, Incoming.keep])
def test_a_full_disk_is_told_when_a_small_file_is_first_really_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: Any
) -> None:
    fill_the_disk(monkeypatch)
    incoming = Incoming(tmp_path, 1_000_000)
    incoming.write(SMALL)

    with pytest.raises(Unavailable, match="нет места"):
        step(incoming)
    incoming.drop()

    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_at_once_of_a_large_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_the_disk(monkeypatch)
    incoming = Incoming(tmp_path, 1_000_000)

    with pytest.raises(Unavailable, match="нет места"):
        incoming.write(LARGE)
    incoming.drop()

    assert list(tmp_path.iterdir()) == []


def test_a_dropped_file_is_closed_and_gone_though_its_bytes_fit_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_the_disk(monkeypatch)
    incoming = Incoming(tmp_path, 1_000_000)
    incoming.write(SMALL)
    handle = incoming._file.fileno()

    incoming.drop()
    incoming.drop()

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)
