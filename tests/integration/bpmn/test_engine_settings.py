"""The engine's passwords, address and jars as settings give them."""

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from bpmn.camunda.provisioning.identities import load_identities
from bpmn.camunda.server import jars
from bpmn.camunda.server.distribution import CAMUNDA, DISTRIBUTIONS, Distribution
from bpmn.camunda.server.jars import DownloadFailed, JarChanged, fetch, locked
from bpmn.camunda.server.launcher import EngineSettings, load_or_create_secrets, secrets_of
from db.catalog import load_catalog
from db.config.settings import SecretRefused


def settings(**given: Any) -> EngineSettings:
    return EngineSettings(_env_file=None, **given)


def test_the_embedded_engine_makes_its_own_passwords_once(tmp_path: Path) -> None:
    first = secrets_of(settings(data_dir=tmp_path))
    again = secrets_of(settings(data_dir=tmp_path))

    assert first == again
    assert len({first.admin, first.worker, first.api, first.deploy}) == 4
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secrets.json"]


def test_several_first_starts_at_once_agree_on_the_passwords(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: load_or_create_secrets(path), range(16)))

    assert len(made) == 1


def test_a_password_that_is_set_wins_over_the_file(tmp_path: Path) -> None:
    given = secrets_of(settings(data_dir=tmp_path, api_password="Given-password-1"))

    assert given.api == "Given-password-1"
    assert given.worker == secrets_of(settings(data_dir=tmp_path)).worker


def test_a_production_database_needs_passwords_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(SecretRefused) as refused:
        secrets_of(settings(data_dir=tmp_path, profile="postgres", worker_password="W"))

    assert refused.value.names == [
        "ENGINE_ADMIN_PASSWORD",
        "ENGINE_API_PASSWORD",
        "ENGINE_DEPLOY_PASSWORD",
    ]
    assert list(tmp_path.iterdir()) == []


def test_secrets_do_not_show_in_a_log(tmp_path: Path) -> None:
    secrets = secrets_of(settings(data_dir=tmp_path))

    assert secrets.admin not in repr(secrets)
    assert "Hidden-1" not in repr(settings(admin_password="Hidden-1"))


@pytest.mark.parametrize("distribution", DISTRIBUTIONS.values(), ids=lambda one: one.name)
def test_every_locked_jar_has_a_file_of_its_own(distribution: Distribution) -> None:
    lock = list(locked(distribution.lock))

    assert len({jar.file_name for jar in lock}) == len(lock) > 100
    assert all(len(jar.sha256) == 64 for jar in lock)


def test_a_repository_that_does_not_answer_is_named_with_the_jar(tmp_path: Path) -> None:
    nobody = settings(jars_dir=tmp_path, maven_repository="http://127.0.0.1:9")

    with pytest.raises(DownloadFailed, match=r"\d: .*127\.0\.0\.1"):
        fetch(nobody)

    assert list(tmp_path.iterdir()) == []


def test_a_jar_that_the_repository_changed_is_not_kept(
    tmp_path: Path, forging_repository: str
) -> None:
    forged = settings(jars_dir=tmp_path, maven_repository=forging_repository)

    with pytest.raises(JarChanged, match="Репозиторий отдал другой файл"):
        fetch(forged)

    assert list(tmp_path.iterdir()) == []


def test_a_broken_download_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first response to each request ends in the middle of the body."""
    jar, asked = next(locked(CAMUNDA.lock)), []
    monkeypatch.setattr(
        jars, "locked", lambda *_: [replace(jar, sha256=sha256(b"right").hexdigest())]
    )

    class Breaking(_Quiet):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"right" if len(asked) > 1 else b"ri")

    with _serving(Breaking) as url:
        (path,) = fetch(settings(jars_dir=tmp_path, maven_repository=url))

    assert asked == [f"/{jar.repository_path}"] * 2
    assert path.read_bytes() == b"right"
    assert list(tmp_path.iterdir()) == [path]


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def forging_repository() -> Iterator[str]:
    """URL of a Maven repository on this machine that serves the same wrong bytes for every file."""

    class Forger(_Quiet):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"wrong")

    with _serving(Forger) as url:
        yield url


def test_people_in_the_demo_lists_exist_in_the_demo() -> None:
    people = {one.login for one in load_identities().demo}
    lists = load_catalog(demo=True).lists["shippingDirections"]

    named = {
        login
        for item in lists.items
        for role in ("operator", "storekeeper", "driver", "receiver")
        if (login := item.attributes.get(role))
    }

    assert named
    assert named <= people
