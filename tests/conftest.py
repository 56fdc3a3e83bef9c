"""What all tests share: the running suite, skips that are loud, and the report of taken flows."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning import deployment
from tests.support.flow_coverage import coverage, instrumented
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
FLOWS = "flows"
taken = pytest.StashKey[list[str]]()


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
        lines = list(coverage(running.engine).report())
        request.config.stash[taken] = lines
        if (output := getattr(request.config, "workeroutput", None)) is not None:
            output[FLOWS] = lines


def _instrument(running: RunningSuite, target: Path) -> None:
    told = running.secrets["deploy"]
    engine = Engine(running.engine.url, "svcDeploy", told)
    assert not deployment.deploy(engine, instrumented(target)).unchanged


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group tests for `--dist loadgroup` and put the proof of flow coverage last.

    Tests on the shared suite run in one xdist worker, so that it starts once and flow coverage
    is complete; every other file is a group of its own.
    """
    items.sort(key=lambda item: item.name == LAST)
    for item in items:
        shared = "suite" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("suite" if shared else item.path.stem))


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(FlowReports())


class FlowReports:
    """Takes the report of taken flows from the xdist worker that ran the shared suite."""

    def pytest_testnodedown(self, node: Any) -> None:
        if (lines := getattr(node, "workeroutput", {}).get(FLOWS)) is not None:
            node.config.stash[taken] = lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = terminalreporter.config.stash.get(taken, None)
    if lines is not None:
        terminalreporter.section("sequence flows taken on the real engine")
        for line in lines:
            terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a skipped test is a failure: the machine must be able to run everything."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and os.environ.get("CI") and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
