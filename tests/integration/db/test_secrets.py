"""Where secrets come from, and that none of an example is ever in force."""

import os
import stat
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from api.settings import ApiSettings
from db.config.settings import EXAMPLES, SecretRefused, demand
from db.store.database import demand_password
from db.vapid import PushKey
from ops.containers.compose_settings import SECRETS, ComposeSettings, EnvExists, fresh_env
from ops.containers.healthcheck import is_healthy
from ops.local.mail_catcher import readable
from workers.settings import WorkerSettings


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    return tmp_path


def test_a_secret_may_be_a_file(files: Path) -> None:
    (files / "api_engine_password").write_text("from a file\n")
    (files / "engine_worker_password").write_text("another")

    assert ApiSettings(_env_file=None).engine_password.get_secret_value() == "from a file"
    assert WorkerSettings(_env_file=None).engine_worker_password.get_secret_value() == "another"


def test_the_file_wins_over_the_environment(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (files / "api_engine_password").write_text("from a file")
    monkeypatch.setenv("API_ENGINE_PASSWORD", "from the environment")

    found = ApiSettings(_env_file=None).engine_password.get_secret_value()

    assert found == "from a file"


@pytest.mark.parametrize("password", ["", "secret"])
def test_an_address_with_an_empty_or_known_password_is_refused(password: str) -> None:
    """As docker-compose.yml makes it of an `.env` without the line."""
    with pytest.raises(SecretRefused, match="DATABASE_URL"):
        demand_password(f"postgresql+psycopg://deals:{password}@postgres:5432/pit")


@pytest.mark.parametrize(
    "url",
    ["sqlite:///deals.sqlite3", "postgresql+psycopg://deals@/pit", "postgresql://d:Real-1@h/p"],
)
def test_a_real_password_or_none_at_all_is_well(url: str) -> None:
    demand_password(url)


def test_a_directory_that_is_not_there_is_no_trouble(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path / "absent"))

    assert ApiSettings(_env_file=None).engine_password.get_secret_value() == ""


@pytest.mark.parametrize("given", [None, "", "  ", *sorted(EXAMPLES), "CHANGE-ME"])
def test_nothing_and_examples_are_refused_by_name(given: Any) -> None:
    with pytest.raises(SecretRefused) as refused:
        demand(FIRST_PASSWORD="Real-secret-1", SECOND_PASSWORD=given)

    assert refused.value.names == ["SECOND_PASSWORD"]
    assert "make env" in str(refused.value)


def test_a_fresh_env_has_secrets_of_its_own_and_is_for_its_owner_only(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for path in (first, second):
        fresh_env(path, domain="deals.example.ru", https_port=8443)

    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    known, other = (ComposeSettings(_env_file=path) for path in (first, second))
    secrets = [getattr(one, name).get_secret_value() for one in (known, other) for name in SECRETS]
    assert len(set(secrets)) == 2 * len(SECRETS)
    assert min(len(secret) for secret in secrets) > 30
    keys = [one.push_key.get_secret_value() for one in (known, other) if one.push_key]
    assert len({PushKey.parse(key).public for key in keys}) == 2
    assert known.public_url == "https://deals.example.ru:8443"
    assert not known.demo
    assert "COMPOSE_PROFILES" not in first.read_text()


def test_an_env_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("in force")

    with pytest.raises(EnvExists):
        fresh_env(tmp_path / ".env", domain="localhost")

    assert (tmp_path / ".env").read_text() == "in force"


def test_the_demo_is_one_wish(tmp_path: Path) -> None:
    fresh_env(tmp_path / ".env", domain="localhost", demo=True)

    known = ComposeSettings(_env_file=tmp_path / ".env")

    assert known.demo
    assert known.simulator_url
    assert "COMPOSE_PROFILES=demo" in (tmp_path / ".env").read_text()


class _Sick(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/well" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_healthy_means_an_answer_or_a_young_file(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sick)
    Thread(target=server.serve_forever, daemon=True).start()
    url, old = f"http://127.0.0.1:{server.server_port}", tmp_path / "old"
    try:
        assert is_healthy(f"{url}/well")
        with pytest.raises(OSError, match="503"):
            is_healthy(f"{url}/sick")
    finally:
        server.shutdown()
        server.server_close()
    (tmp_path / "young").touch()
    old.touch()
    os.utime(old, (0, 0))
    assert is_healthy(str(tmp_path / "young"))
    assert not is_healthy(str(old))
    with pytest.raises(FileNotFoundError):
        is_healthy(str(tmp_path / "absent"))


def test_the_catcher_shows_a_letter_as_people_read_it() -> None:
    letter = EmailMessage()
    letter["Subject"] = "Новая задача: Собрать документы"
    letter.set_content("Сделка D-2026-00001 ждёт вас.")

    shown = readable(letter, ["manager1@pit.example"])

    assert "Новая задача: Собрать документы" in shown
    assert "Кому: manager1@pit.example" in shown
    assert "Сделка D-2026-00001 ждёт вас." in shown
