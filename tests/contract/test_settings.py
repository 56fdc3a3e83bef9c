"""Every setting is in .env.example and in the README, and docker-compose.yml invents none."""

import re
from pathlib import Path

import yaml

from ops.containers.healthy import WORKS_WHEN
from ops.containers.keeper import NEEDS, Pace
from ops.settings_table import settings, written
from workers.settings import WorkerSettings

COMPOSE = Path("docker-compose.yml")
OF_COMPOSE = {"COMPOSE_PROFILES"}
"""Variables of docker compose itself."""
OF_IMAGES = {"POSTGRES_PASSWORD", "POSTGRES_DB", "LANG"}


def known() -> set[str]:
    return {one.variable for one in settings()}


def test_the_example_names_every_setting_and_no_other():
    text = Path(".env.example").read_text()

    named = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))

    assert named - OF_COMPOSE == known()


def test_the_table_of_the_readme_is_the_settings():
    """If not: `python manage.py settings` writes it."""
    readme = Path("README.md").read_text()

    assert written(readme) == readme


def test_every_setting_says_what_it_is():
    assert [one.variable for one in settings() if not one.meaning] == []


def test_the_compose_file_reads_known_variables_only():
    read = set(re.findall(r"\$\{([A-Z0-9_]+)", COMPOSE.read_text()))

    assert read <= known()


def test_the_containers_are_told_known_variables_only():
    services = yaml.safe_load(COMPOSE.read_text())["services"]

    told = {name for service in services.values() for name in service.get("environment", {})}

    assert told - OF_IMAGES - {WORKS_WHEN, NEEDS} <= known()


def test_whatever_runs_for_good_says_whether_it_works():
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
    assert all("ops.containers.keeper" in command for command in commands)


def test_what_needs_the_database_is_not_ended_while_it_is_down():
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    database = "tcp://postgres:5432"

    needs = {
        name: service.get("environment", {}).get(NEEDS, "") for name, service in services.items()
    }

    assert {name for name, needed in needs.items() if database in needed.split()} == {
        "engine",
        "worker",
    }


def test_the_keeper_waits_as_long_as_the_container_engine_and_the_worker_itself():
    services = yaml.safe_load(COMPOSE.read_text())["services"].values()
    kept = [service for service in services if WORKS_WHEN in service.get("environment", {})]

    longest = max(int(service["stop_grace_period"].removesuffix("s")) for service in kept)

    assert Pace().grace >= longest
    assert Pace().grace > WorkerSettings.model_fields["grace_seconds"].default


def test_no_secret_has_a_default_in_the_compose_file():
    defaults = re.findall(r"\$\{(PIT_[A-Z_]*PASSWORD):?-?([^}]*)\}", COMPOSE.read_text())

    assert {default for _, default in defaults} <= {"", "?run make env"}
