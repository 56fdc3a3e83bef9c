"""Deals of the release before the chains of system steps were shortened go on to their end."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning.deployment import deploy
from bpmn.model.diagrams import DIRECTORY
from ops.demo.scenario import Story
from tests.support.suite.running import PASSWORD, RunningSuite, running_suite
from tests.support.waiting import eventually

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]
EARLIER = Path(__file__).parent / "earlier" / "0.2"
"""Diagrams in which notifications, stage moves and the search for a driver are steps of their own,
and which pass variables that no worker writes any more."""


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSuite]:
    with running_suite(tmp_path_factory.mktemp("earlier")) as opened:
        yield opened


def test_an_order_of_the_earlier_diagrams_is_shipped(
    upgraded: RunningSuite, tmp_path: Path
) -> None:
    folder = tmp_path / "processes"
    shutil.copytree(DIRECTORY, folder)
    for diagram in EARLIER.glob("*.bpmn"):
        shutil.copy(diagram, folder)
    deployer = Engine(upgraded.engine.url, "svcDeploy", upgraded.secrets["deploy"])
    deploy(deployer, folder)
    story = Story(upgraded.url, PASSWORD, upgraded.onec, lambda _: None, people=upgraded.people)
    story.until_agreed()
    story.order_placed()
    story("operator").task(story.deal_id, "Task_CreateRealization")

    deploy(deployer, DIRECTORY)  # the upgrade comes while the order is under way
    said = {"answer": "returned", "number": None, "picked": None, "comment": "Нет на складе"}
    story("operator").do(story.deal_id, "Task_CreateRealization", **said)
    story.stage_is("termsAgreed")
    heard = [one["text"] for one in story("manager").api("GET", "/notifications").json()["items"]]
    story("manager").task(story.deal_id, "Task_LeadClient")

    assert any("не может отгрузить заказ" in text for text in heard)
    assert not upgraded.engine.incidents()

    deploy(deployer, folder)
    second = Story(upgraded.url, PASSWORD, upgraded.onec, lambda _: None, people=upgraded.people)
    second.until_prepared()
    deploy(deployer, DIRECTORY)
    second.order_prepared()
    second.delivers("driver", "Task_DeliverByCarrier", "ttnFile")

    second.stage_is("won")
    eventually(lambda: not upgraded.engine.root_instances(second.deal_id))
    assert not upgraded.engine.incidents()
