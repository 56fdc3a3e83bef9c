"""Objects in process variables, and those that earlier releases stored by the plugin Spin.

Spin stored the JSON text in the same columns, under the type «json», which an engine without the
plugin cannot read.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bpmn.camunda.server.jars import fetch
from bpmn.camunda.server.launcher import EngineSettings, find_java
from tests.support.engine.harness import deploy_probe, historic_instances, running_engine
from tests.support.servers.postgres import new_database, server_or_skip

pytestmark = pytest.mark.engine

TYPED = {"comment": "Не «так» ё", "edits": [1, None, {"limit": "900000.00"}], "long": "я" * 5000}
TABLES = {"act_ru_variable": "type_", "act_hi_varinst": "var_type_", "act_hi_detail": "var_type_"}
AS_SPIN = [f"UPDATE {t} SET {c} = 'json' WHERE {c} = 'bytes'" for t, c in TABLES.items()]
SECRET = "Aa1-Quite-Secret-2026"
Change = Callable[[], None]


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with server_or_skip() as address:
        yield new_database(address, "json").replace("+psycopg", "")


@pytest.fixture(params=["h2", "postgres"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[dict[str, Any], Change]:
    """Settings of an engine, and what makes its stored objects those of an earlier release."""
    if request.param == "h2":
        return {}, lambda: _in_h2(tmp_path)
    address: str = request.getfixturevalue("postgres")
    names = ("admin", "worker", "api", "deploy")
    settings = {f"{name}_password": SECRET for name in names} | {
        "profile": "postgres",
        "db_url": f"jdbc:{address.replace('pit@', '')}",
        "db_user": "pit",
        "db_password": "any",
    }
    return settings, lambda: _in_postgres(address)


def _in_h2(directory: Path) -> None:
    (h2,) = (jar for jar in fetch(EngineSettings(_env_file=None)) if jar.name.startswith("h2-"))
    file = directory / EngineSettings(_env_file=None).described.h2_file.removesuffix(".mv.db")
    script = directory / "as-spin.sql"
    script.write_text(";\n".join([*AS_SPIN, ""]))
    url = ["-url", f"jdbc:h2:file:{file}", "-user", "sa", "-script", str(script)]
    tool = [str(find_java()), "-cp", str(h2), "org.h2.tools.RunScript"]
    subprocess.run([*tool, *url], check=True, capture_output=True)


def _in_postgres(address: str) -> None:
    """As after an update: the whole history has not been searched yet."""
    with psycopg.connect(address, autocommit=True) as connection:
        changed = [connection.execute(each).rowcount for each in AS_SPIN]
        assert min(changed) > 0
        connection.execute("DELETE FROM act_ge_property WHERE name_ = 'pit.json'")


def test_what_spin_stored_is_read_and_written_without_it(
    stored: tuple[dict[str, Any], Change], tmp_path: Path
) -> None:
    settings, as_spin_stored = stored
    sent = {"returnedInput": TYPED, "anyOther": [1, 2], "clientName": "ООО «Сад»", "nextMove": 1}
    with running_engine(tmp_path, **settings) as engine:
        deploy_probe(engine.as_service("svcDeploy"))
        instance = engine.as_service("svcWorker").start("probe", "J-1", sent)
    as_spin_stored()

    with running_engine(tmp_path, **settings) as engine:
        worker = engine.as_service("svcWorker")
        (task,) = engine.admin.tasks(business_key="J-1")
        person = engine.as_user("lawyer1")
        read = worker.instance_variables(instance)
        form = person.variables(task.id)
        kinds = {row["name"]: row["type"] for row in engine.admin.get("/history/variable-instance")}
        details = engine.admin.get("/history/detail", variableUpdates="true")
        person.claim(task.id).raise_for_status()
        completed = person.complete(task.id, {"decision": "approved"})
        past = historic_instances(engine.admin, "J-1")

    assert {name: read[name] for name in sent} == sent
    assert {name: form[name] for name in sent} == sent
    assert (kinds["returnedInput"], kinds["anyOther"]) == ("Bytes", "Bytes")
    assert {row["variableType"] for row in details if row["variableName"] in sent} >= {"Bytes"}
    assert completed.status_code == 204
    assert len(past) == 1
