"""Logs have bounds in docker-compose.yml as in `make up`, and the same ones."""

from pathlib import Path

import yaml

from ops.local.log_rotation import KEPT, LARGEST


def test_every_service_keeps_a_bounded_log() -> None:
    services = yaml.safe_load(Path("docker-compose.yml").read_text())["services"]

    kept = {name: service.get("logging") for name, service in services.items()}

    wanted = {"max-size": f"{LARGEST // 1_000_000}m", "max-file": str(KEPT + 1)}
    assert {name: told and told["options"] for name, told in kept.items()} == dict.fromkeys(
        services, wanted
    )
