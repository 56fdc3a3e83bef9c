"""What `make` says when packages cannot be installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.suite.running import ROOT

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Nothing is installed here yet."""
    target = tmp_path / "Новая папка"
    (target / "ops").mkdir(parents=True)
    for name in ("Makefile", "ops/__init__.py", "ops/install.py"):
        shutil.copy2(ROOT / name, target / name)
    return target


def make(checkout: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(checkout),
        "LC_ALL": "C",
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_CONFIG_FILE": os.devnull,
    }
    return subprocess.run(
        ["make", *arguments],
        cwd=checkout,
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=200,
    )


def test_pips_own_words_are_shown_and_make_fails(checkout: Path) -> None:
    """No network first, then a file that is not the locked one."""
    lock = checkout / "requirements.lock"
    lock.write_text(f"absent==1.0 --hash=sha256:{'0' * 64}\n")

    no_network = make(checkout, "down")
    wheel = checkout / "absent-1.0-py3-none-any.whl"
    wheel.write_bytes(b"forged")
    lock.write_text(f"./{wheel.name} --hash=sha256:{'0' * 64}\n")
    forged = make(checkout, "down")

    assert no_network.returncode != 0
    assert "No matching distribution found for absent==1.0" in no_network.stderr
    assert "Не удалось установить пакеты Python, причина выше." in no_network.stderr
    assert forged.returncode != 0
    assert "DO NOT MATCH THE HASHES" in forged.stderr
    assert not (checkout / ".venv" / ".installed").exists()


def test_a_python_that_makes_no_environment_is_told_and_leaves_nothing_half_made(
    checkout: Path,
) -> None:
    (checkout / "requirements.lock").touch()
    python = checkout / "python"
    python.write_text('#!/bin/sh\n[ "$2" = venv ] || exit 0\necho "no ensurepip" >&2\nexit 1\n')
    python.chmod(0o755)

    said = make(checkout, "down", "PYTHON=./python", "VENV=elsewhere")

    assert said.returncode != 0
    assert "no ensurepip" in said.stderr
    assert "Не удалось создать окружение elsewhere" in said.stderr
    assert not (checkout / "elsewhere" / "bin" / "python").exists()


def test_help_names_the_variables_of_make(checkout: Path) -> None:
    said = make(checkout, "help")

    assert said.returncode == 0
    assert "VENV=" in said.stdout
