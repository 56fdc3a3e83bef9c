"""Invalid setting values: a Russian sentence that names the setting, no traceback."""

import re
import socket
import sys
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

import manage
from db.config.errors import exit_with_message
from db.config.settings import Settings, variable_of
from docs.generator.settings import GROUPS
from workers.integrations.onec.settings import OnecSettings

HOSTILE = (
    "абв",
    "-1",
    "0",
    "99999",
    "1e999",
    "nan",
    "9" * 5000,
    "x" * 200,
    "{",
    "[1]",
    '{"a": "b"}',
    "http://",
    "http://[",
    "http://user:Hidden-1@host/",
    "ftp://host",
    "sqlite://",
    "mysql://u:Hidden-1@host/db",
    "postgresql://u:Hidden-1@host:port/db",
    "jdbc:oracle:thin:@host",
    "25:61",
    "03:00+05:00",
    "../../etc",
    "a:b;c?d",
    "Имя <не адрес>",
    "x\ry",
    "x\ny",
    "\x1b[2J",
    "\udcff",
)
NEEDED = {
    "SETUP_POSTGRES_URL": "postgresql://postgres:Real-1@host/pit",
    "DATABASE_URL": "sqlite:///deals.sqlite3",
}
OF_OTHERS = ("db_url", "onec_url")
"""JDBC has addresses of its own; ONEC_URL is what `OnecSettings` takes."""
CELLS = [
    pytest.param(cls, name, id=f"{cls.__name__}.{name}")
    for cls in GROUPS.values()
    for name in cls.model_fields
]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for cls in GROUPS.values():
        for name in cls.model_fields:
            monkeypatch.delenv(variable_of(cls, name), raising=False)
    for variable, value in NEEDED.items():
        monkeypatch.setenv(variable, value)


def read(cls: type[Settings]) -> Settings | str:
    """The settings, or the sentence of their refusal."""
    try:
        with exit_with_message():
            return cls()
    except SystemExit as refused:
        return str(refused.code)


@pytest.mark.parametrize(("cls", "name"), CELLS)
def test_a_wrong_value_is_refused_in_a_sentence_that_names_the_setting(
    cls: Any, name: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = variable_of(cls, name)
    if cls is OnecSettings and name != "user":
        monkeypatch.setenv("ONEC_USER", "u")

    for value in HOSTILE:
        monkeypatch.setenv(variable, value)

        found = read(cls)

        if isinstance(found, str):
            assert variable in found, (value, found)
            assert re.search("[а-яё]", found), (value, found)
            assert "\n" not in found, (value, found)
            assert not re.search("Value error|Input should|Hidden-1", found), (value, found)
        else:
            check_meant(found, name, value)


def check_meant(found: Settings, name: str, value: str) -> None:
    """Accepted values are usable: finite numbers, printable texts, addresses with a host."""
    taken = getattr(found, name)
    text = taken.get_secret_value() if isinstance(taken, SecretStr) else taken
    if isinstance(text, bool | None | time | ZoneInfo | dict):
        return
    if isinstance(text, int | float):
        assert abs(text) <= 10**12, (name, value)
    elif name.endswith("url") and name not in OF_OTHERS:
        assert re.match(r"(https?|sqlite|postgresql)", text), (name, value)
    else:
        str(text).encode()


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("PORT", "99999", "Настройка PORT: нужно не больше 65535."),
        ("PORT", "восемь", "Настройка PORT: нужно целое число."),
        ("HOST", "http://127.0.0.1", "HOST"),
        ("DATA_DIR", "a;b", "DATA_DIR"),
        ("DEMO", "может быть", "Настройка DEMO: нужно true или false."),
        ("DEMO_PASSWORD", "demo", "DEMO_PASSWORD"),
        ("DATABASE_URL", "абв", "DATABASE_URL"),
        ("ENGINE_XMX", "много", "ENGINE_XMX"),
        ("ENGINE_ADMIN_PASSWORD", "weak", "ENGINE_ADMIN_PASSWORD"),
        ("ENGINE_JARS_DIR", "a:b", "ENGINE_JARS_DIR"),
        ("API_PUBLIC_URL", "deals.example", "API_PUBLIC_URL"),
        ("API_TRUSTED_PROXIES", "всем", "API_TRUSTED_PROXIES"),
        ("WORKER_ZONE", "Марс", "WORKER_ZONE"),
        ("WORKER_BRANCH_ZONES", "{", "WORKER_BRANCH_ZONES"),
        ("WORKER_GRACE_SECONDS", "inf", "WORKER_GRACE_SECONDS"),
        ("SMTP_SENDER", "Сделки", "SMTP_SENDER"),
        ("SMTP_PORT", "0", "SMTP_PORT"),
        ("ONEC_URL", "http://[", "ONEC_URL"),
        ("ONEC_URL", "https://1c.example/trade", "ONEC_USER"),
    ],
)
def test_up_refuses_before_anything_starts(
    variable: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("PORT", "1")  # nothing is started, even if nothing were refused
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "argv", ["manage.py", "up"])

    with pytest.raises(SystemExit) as refused:
        manage.main()

    assert words in str(refused.value)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("variable", ["DATA_DIR", "ENGINE_JARS_DIR"])
def test_a_directory_that_is_a_file_is_named(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ENGINE_JARS_DIR", str(tmp_path / "jars"))
    monkeypatch.setenv(variable, str(tmp_path / "file" / "below"))
    monkeypatch.setattr(sys, "argv", ["manage.py", "up"])

    with pytest.raises(SystemExit, match=f"Настройка {variable}: .* нельзя писать"):
        manage.main()


def test_an_engine_on_postgresql_without_an_address_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ENGINE_PROFILE", "postgres")
    monkeypatch.setattr(sys, "argv", ["manage.py", "up"])

    with pytest.raises(SystemExit, match="ENGINE_DB_URL"):
        manage.main()


@pytest.mark.parametrize("command", ["tokens", "up"])
def test_a_database_that_does_not_answer_is_told(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setenv("PORT", str(free.getsockname()[1]))
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://u:Hidden-1@127.0.0.1:9/pit")
    monkeypatch.setattr(sys, "argv", ["manage.py", command])

    with pytest.raises(SystemExit, match=r"[а-я]") as refused:
        manage.main()

    assert "Hidden-1" not in str(refused.value)


def test_a_file_of_settings_in_another_encoding_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_bytes("DEMO_PASSWORD=пароль\n".encode("cp1251"))
    monkeypatch.setattr(sys, "argv", ["manage.py", "up"])

    with pytest.raises(SystemExit, match="UTF-8"):
        manage.main()
