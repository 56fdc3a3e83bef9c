"""Starting and stopping the engine: only with the locked jars, and without losing data."""

import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bpmn.camunda.provisioning.deployment import deploy
from bpmn.camunda.server.jars import JarChanged, fetch, locked
from bpmn.camunda.server.launcher import EngineSettings, command
from bpmn.model.diagrams import DIRECTORY
from tests.support.engine.harness import START_SECONDS, STOP_SECONDS, deploy_probe, running_engine

pytestmark = pytest.mark.engine


def settings(**given: Any) -> EngineSettings:
    return EngineSettings(_env_file=None, **given)


def test_one_changed_byte_of_a_jar_stops_the_start(tmp_path: Path) -> None:
    cache = fetch(settings())
    jars_dir = tmp_path / "jars"
    jars_dir.mkdir()
    for jar in cache[1:]:
        (jars_dir / jar.name).symlink_to(jar)
    changed = bytearray(cache[0].read_bytes())
    changed[-1] ^= 1
    (jars_dir / cache[0].name).write_bytes(changed)

    with pytest.raises(JarChanged, match="запуск остановлен") as refused:
        command(settings(jars_dir=jars_dir, data_dir=tmp_path))

    assert next(locked(settings().described.lock)).coordinate in str(refused.value)
    assert str(jars_dir / cache[0].name) in str(refused.value)


def test_no_password_is_on_the_command_line(tmp_path: Path) -> None:
    argv, env = command(settings(data_dir=tmp_path, admin_password="Very-secret-1"))

    assert "Very-secret-1" not in " ".join(argv)
    assert env["ENGINE_ADMIN_PASSWORD"] == "Very-secret-1"


def test_what_was_done_survives_a_power_cut_and_a_restart(tmp_path: Path) -> None:
    with running_engine(tmp_path) as engine:
        deploy_probe(engine.as_service("svcDeploy"))
        variables = {"clientName": "ООО", "nextMove": 1}
        instance = engine.as_service("svcWorker").start("probe", "L-1", variables)
        engine.process.kill()
        engine.process.wait(STOP_SECONDS)

    with running_engine(tmp_path) as engine:
        (found,) = engine.as_service("svcApi").root_instances("L-1")
        again = engine.provisioned
        code = engine.stop()

    assert found.id == instance
    assert again is not None
    assert again.changes == []
    assert code == 143  # 128 + SIGTERM: the shutdown hooks ran
    secrets = tmp_path / "secrets.json"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600


def test_a_second_engine_on_the_same_data_does_not_start(tmp_path: Path) -> None:
    with running_engine(tmp_path, provisioned=False) as first:
        argv, env = command(first.settings.model_copy(update={"port": first.settings.port + 1}))

        second = subprocess.run(argv, env=env, capture_output=True, timeout=START_SECONDS)

        assert second.returncode != 0
        assert b"already in use" in second.stdout + second.stderr
        assert first.admin.engine_ready()


def test_models_and_forms_are_deployed_once(tmp_path: Path) -> None:
    with running_engine() as engine:
        deployer = engine.as_service("svcDeploy")

        first, second = deploy(deployer), deploy(deployer)
        third = deploy(deployer, models_with_a_remark(tmp_path))

        assert not first.unchanged
        assert second.unchanged
        assert [one for one in third.definitions if one.endswith(":2")] == list(third.definitions)
        assert len(third.definitions) < len(first.definitions)


def models_with_a_remark(root: Path) -> Path:
    """All our models, one of them edited."""
    for path in [*DIRECTORY.glob("*.bpmn"), *DIRECTORY.glob("*.dmn")]:
        (root / path.name).write_bytes(path.read_bytes())
    model = next(root.glob("*.bpmn"))
    model.write_text(model.read_text() + "<!-- edited -->\n")
    return root
