"""A log that grows without end: how much of it is kept, and that its writer does not notice."""

from pathlib import Path

import pytest

from ops.local.log_rotation import rotate


def test_a_small_log_stays_as_it_is(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    log.write_bytes(b"x" * 99)

    assert not rotate(log, 100)
    assert not rotate(tmp_path / "none.log", 100)
    assert [each.name for each in tmp_path.iterdir()] == ["api.log"]


def test_a_large_log_is_set_aside_and_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    with log.open("ab", buffering=0) as writer:
        for number in range(5):
            writer.write(f"{number}".encode() * 100)
            assert rotate(log, 100, kept=2)
        writer.write(b"last")

    assert log.read_bytes() == b"last"
    assert (tmp_path / "api.log.1").read_bytes() == b"4" * 100
    assert (tmp_path / "api.log.2").read_bytes() == b"3" * 100
    assert len(list(tmp_path.iterdir())) == 3


def test_a_log_that_vanishes_while_it_is_rotated_ends_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "api.log"
    log.write_bytes(b"x" * 200)
    monkeypatch.setattr("ops.local.log_rotation.shutil.copyfile", lambda *_: log.unlink())

    assert not rotate(log, 100)
