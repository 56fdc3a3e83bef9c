"""The VAPID key that the local stack makes for itself."""

import stat
from pathlib import Path

import pytest

from db.vapid import PushKey
from ops.local.push_key import KeyDamaged, load_or_create_push_key


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "push.key"

    made = load_or_create_push_key(path)

    assert load_or_create_push_key(path) == made == PushKey.parse(made).text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["push.key"]


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "push.key"
    path.write_text("cut off")

    with pytest.raises(KeyDamaged, match="Удалите"):
        load_or_create_push_key(path)
