"""A job that a killed engine had in hand goes on soon after the engine is back."""

import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.engine.harness import STOP_SECONDS, deploy_probe, running_engine
from tests.support.servers.postgres import new_database, server_or_skip
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

SECRETS = {
    f"{name}_password": "Aa1-Quite-Secret-2026" for name in ("admin", "worker", "api", "deploy")
}
SOON = 90.0  # seconds: a minute of the dead engine's lock, and the next look for work
LATER = Path(__file__).with_name("later.bpmn")
"""A task behind an asynchronous step: one job of the engine."""


def test_a_job_of_a_killed_engine_goes_on_within_a_minute(tmp_path: Path) -> None:
    with server_or_skip() as address:
        new_database(address, "camunda")
        plain = address.replace("+psycopg", "") + "/camunda"
        settings: dict[str, Any] = {
            "data_dir": tmp_path,
            "provisioned": False,
            "profile": "postgres",
            "db_url": "jdbc:" + plain.replace("pit@", ""),
            "db_user": "pit",
            "db_password": "any",
            **SECRETS,
        }
        with running_engine(**settings) as engine, psycopg.connect(plain) as rows:
            deploy_probe(engine.admin, "later", LATER)
            rows.execute("LOCK TABLE act_ru_task IN EXCLUSIVE MODE")  # the job cannot end
            engine.admin.start("later", "L-1", {})
            eventually(lambda: in_hand(plain))
            engine.process.kill()
            engine.process.wait(STOP_SECONDS)

        with running_engine(**settings) as engine:
            began = time.monotonic()
            eventually(lambda: engine.admin.tasks(business_key="L-1"), patience=SOON)
            print(
                f"a job of a killed engine went on {time.monotonic() - began:.0f} s after its start"
            )


def in_hand(database: str) -> bool:
    with psycopg.connect(database) as rows:
        found = rows.execute("SELECT 1 FROM act_ru_job WHERE lock_owner_ IS NOT NULL").fetchone()
    return found is not None
