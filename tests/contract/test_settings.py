"""Every setting is in .env.example and in the reference, and docker-compose.yml invents none."""

import re
from pathlib import Path

import pytest
import yaml

from bpmn.camunda.server.settings import EngineSettings, secrets_of
from db.config.settings import SecretRefused
from docs.generator.settings import pages, settings
from ops.backup.backup import BackupSettings
from ops.containers.healthcheck import WORKS_WHEN
from ops.containers.setup import SetupSettings
from ops.containers.watchdog import NEEDS, Timing
from workers.settings import WorkerSettings

COMPOSE = Path("docker-compose.yml")
SECRET_FILES = Path("docker-compose.secrets.yml")
OF_COMPOSE = {"COMPOSE_PROFILES", "COMPOSE_FILE"}
"""Variables of docker compose itself."""
OF_IMAGES = {"POSTGRES_PASSWORD", "POSTGRES_DB", "LANG"}
OF_GRAFANA = "GF_"
"""Prefix of the variables of Grafana's image."""


def known() -> set[str]:
    return {one.variable for one in settings()}


def test_the_example_names_every_setting_and_no_other() -> None:
    text = Path(".env.example").read_text()

    named = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))

    assert named - OF_COMPOSE == known()


def test_the_reference_page_lists_every_setting() -> None:
    (page,) = pages()

    named = set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", page.text, re.MULTILINE))

    assert named == known()


def test_every_setting_says_what_it_is() -> None:
    assert [one.variable for one in settings() if not one.meaning] == []


def test_the_compose_file_reads_known_variables_only() -> None:
    read = set(re.findall(r"\$\{([A-Z0-9_]+)", COMPOSE.read_text() + SECRET_FILES.read_text()))

    assert read <= known()


def test_the_containers_are_told_known_variables_only() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]

    told = {
        name
        for service in services.values()
        for name in service.get("environment", {})
        if not name.startswith(OF_GRAFANA)
    }

    assert told - OF_IMAGES - {WORKS_WHEN, NEEDS} <= known()


def test_whatever_runs_for_good_says_whether_it_works() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    lasting = [
        service
        for service in services.values()
        if service["restart"] == "unless-stopped" and "profiles" not in service
    ]

    assert len(lasting) == 5
    assert all("healthcheck" in service for service in lasting)
    kept = [service for service in lasting if WORKS_WHEN in service["environment"]]
    commands = [str(service.get("command", Path("Dockerfile").read_text())) for service in kept]
    assert len(kept) == 3
    assert all("ops.containers.watchdog" in command for command in commands)


def test_what_needs_the_database_is_not_ended_while_it_is_down() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    database = "tcp://postgres:5432"

    needs = {
        name: service.get("environment", {}).get(NEEDS, "") for name, service in services.items()
    }

    assert {name for name, needed in needs.items() if database in needed.split()} == {
        "engine",
        "worker",
    }


def test_the_keeper_waits_as_long_as_the_container_engine_and_the_worker_itself() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"].values()
    kept = [service for service in services if WORKS_WHEN in service.get("environment", {})]

    longest = max(int(service["stop_grace_period"].removesuffix("s")) for service in kept)

    assert Timing().grace >= longest
    assert Timing().grace > WorkerSettings.model_fields["grace_seconds"].default


def test_no_secret_has_a_default_in_the_compose_file_nor_is_insisted_on() -> None:
    """Compose would refuse to start without the variable, though there is a secret file."""
    said = re.findall(r"\$\{(PIT_[A-Z_]*PASSWORD)([^}]*)\}", COMPOSE.read_text())

    assert len({name for name, _ in said}) == 9
    assert {default for _, default in said} == {":-"}


def test_every_secret_that_a_service_cannot_do_without_may_be_a_file() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    mounted = yaml.safe_load(SECRET_FILES.read_text())
    optional = {"DEMO_PASSWORD", "ONEC_PASSWORD", "SMTP_PASSWORD"}

    for name, service in services.items():
        secret = {
            variable
            for variable, value in service.get("environment", {}).items()
            if re.search(r"\$\{PIT_[A-Z_]*PASSWORD", str(value))
        }
        files = mounted["services"].get(name, {}).get("secrets", [])
        own = {"postgres_password" if one == "POSTGRES_PASSWORD" else one.lower() for one in secret}
        assert own - {one.lower() for one in optional} == set(files), name
        assert set(files) <= set(mounted["secrets"])
    assert set(mounted["services"]) <= set(services)


def test_with_secret_files_the_compose_file_needs_no_secret_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = yaml.safe_load(SECRET_FILES.read_text())["services"]
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    for variable, value in services["setup"]["environment"].items():
        monkeypatch.setenv(variable, re.sub(r"\$\{[A-Z_]+:-([^${}]*)\}", r"\1", str(value)))
    given = {"database_url": "postgresql+psycopg://deals:Real-1@postgres/pit"}
    given |= {"setup_postgres_url": "postgresql://postgres:Real-1@postgres/pit"}
    for name in mounted["setup"]["secrets"]:
        (tmp_path / name).write_text(given.get(name, f"Real-{name}-1"))
    with pytest.raises(SecretRefused):
        SetupSettings(_env_file=None).check()

    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))

    SetupSettings(_env_file=None).check()
    engine = EngineSettings(_env_file=None)
    assert secrets_of(engine).api == "Real-engine_api_password-1"
    assert engine.db_password is not None
    assert engine.db_password.get_secret_value() == "Real-engine_db_password-1"
    backup = BackupSettings(_env_file=None)
    assert "Real-1" in backup.superuser
    assert "Real-1" in backup.database_url
