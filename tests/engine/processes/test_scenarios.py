"""Every scenario of the modelers on the real engine, their recorder and their inferred ways."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bpmn.camunda.client.rest import Engine
from ops.demo.deal import DealStory
from ops.scenarios.coverage import TAKEN
from ops.scenarios.player import Player
from ops.scenarios.scenario import Known, known, read_scenario, scenario_files
from ops.scenarios.way import Walks, instances_of
from tests.support.engine.flow_coverage import PREFIX
from tests.support.suite.running import PASSWORD, RunningSuite

pytestmark = pytest.mark.engine

RECORDED = "repair-declined"


@pytest.fixture(scope="module")
def among() -> Known:
    return known()


@pytest.fixture(scope="module")
def deals() -> dict[str, str]:
    """File → the deal that played it."""
    return {}


def player(suite: RunningSuite, path: Path, among: Known) -> Player:
    story = DealStory(suite.url, PASSWORD, lambda _: None, suite.people)
    scenario = read_scenario(path, among)
    return Player(scenario, story, suite.onec, suite.engine, among.diagrams, lambda _: None)


def noted(engine: Engine, deal_id: str) -> Iterator[tuple[str, str]]:
    """Process and flow that the listeners of the deployed copies noted."""
    for instance, process in instances_of(engine, deal_id).items():
        rows = engine.get(
            "/history/variable-instance",
            processInstanceId=instance,
            variableNameLike=f"{PREFIX}%",
            deserializeValues="false",
        )
        yield from ((process, str(row["name"]).removeprefix(PREFIX)) for row in rows)


def inferred(gone: Walks, among: Known) -> set[tuple[str, str]]:
    """Flows of the walks but those to an event, which tell no listener."""
    return {
        (process, flow)
        for process, walk in gone.items()
        for flow in walk.taken
        if among.diagrams[process].nodes[among.diagrams[process].flows[flow].source].kind
        != "eventBasedGateway"
    }


@pytest.mark.parametrize("path", scenario_files(), ids=lambda path: path.stem)
def test_a_scenario_goes_its_way(
    suite: RunningSuite, among: Known, deals: dict[str, str], path: Path
) -> None:
    playing = player(suite, path, among)

    gone = playing.play()

    deals[path.stem] = playing.story.deal_id
    assert inferred(gone, among) == set(noted(suite.engine, playing.story.deal_id))


def command(suite: RunningSuite, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `manage.py scenario` beside the suite, as a modeler does."""
    return subprocess.run(
        [sys.executable, "manage.py", "scenario", *arguments],
        cwd=Path(f"/proc/{suite.process.pid}/cwd").resolve(),
        env={**os.environ, "DATA_DIR": str(suite.data), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_recorded_deal_replays_and_another_way_is_told(
    suite: RunningSuite, deals: dict[str, str], tmp_path: Path
) -> None:
    target, page = tmp_path / "recorded.yaml", tmp_path / "coverage.html"

    recorded = command(suite, "record", deals[RECORDED], "--to", str(target))
    assert recorded.returncode == 0, recorded.stdout + recorded.stderr
    played = command(suite, "play", str(target), "--to", str(page))

    assert played.returncode == 0, played.stdout + played.stderr
    assert "cost-agreement: стрелок пройдено 6 из 7" in played.stdout
    assert str(page) in played.stdout
    assert page.read_text(encoding="utf-8").count(TAKEN) > 1

    said = yaml.safe_load(target.read_text(encoding="utf-8"))
    assert said["expected"]["way"]["cost-agreement"]["Task_CallClient"] == 2
    said["expected"]["way"]["cost-agreement"]["Task_CallClient"] = 7
    target.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    other = command(suite, "play", str(target), "--to", str(page))

    assert other.returncode == 1
    assert "Task_CallClient «Согласовать стоимость»: ждали раз: 7, было: 2" in other.stdout
    assert "Не прошли: recorded.yaml" in other.stderr
