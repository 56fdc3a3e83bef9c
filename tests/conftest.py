"""What all tests share: the running suite, skips that are loud, and the report of taken flows."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning import deployment
from tests.support.flow_coverage import Coverage, coverage, instrumented
from tests.support.running_suite import RunningSuite, checkout, running_suite

FOURTEENTH = """\
code: rental
name: Прокат техники
order: 14
managers: salesManagers
heads: salesHeads
fields: [counterparty, limit]
stages:
  asked: {name: Заявка на прокат, sla: 4h, next: [rented, lost]}
  rented: {name: Техника выдана, sla: 40h, next: [returned, lost], required: [counterparty]}
  returned: {name: Техника возвращена, outcome: won}
  lost: {name: Прокат не состоялся, outcome: lost}
"""
"""A direction that exists in no commit: one file, no code."""

LAST = "test_every_flow_of_every_diagram_was_taken"
taken = pytest.StashKey[Coverage]()


@pytest.fixture(scope="session")
def suite(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[RunningSuite]:
    """Everything, started as a user starts it, with a 14th direction added as one file."""
    root = checkout(tmp_path_factory.mktemp("checkout") / "suite")
    (root / "db/catalog/directions/rental.yaml").write_text(FOURTEENTH)
    quick = {f"WORKER_{what}_SECONDS": "1" for what in ("RETRY", "POLL", "WATCH", "ASSIGNMENT")}
    quick["WORKER_RECONCILE_AT"] = "23:59"  # tests compare when they want to
    with running_suite(tmp_path_factory.mktemp("suite"), quick, root) as running:
        _instrument(running, tmp_path_factory.mktemp("models") / "models")
        yield running
        request.config.stash[taken] = coverage(running.engine)


def _instrument(running: RunningSuite, target: Path) -> None:
    told = running.secrets["deploy"]
    engine = Engine(running.engine.url, "svcDeploy", told)
    assert not deployment.deploy(engine, instrumented(target)).unchanged


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The proof of flow coverage comes after everything that takes flows."""
    items.sort(key=lambda item: item.name == LAST)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = terminalreporter.config.stash.get(taken, None)
    if found is not None:
        terminalreporter.section("sequence flows taken on the real engine")
        for line in found.report():
            terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a skipped test is a failure: the machine must be able to run everything."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and os.environ.get("CI") and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
