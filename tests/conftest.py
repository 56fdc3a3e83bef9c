"""What all tests share: the running suite, skips that are loud, and the report of taken flows."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from bpmn.camunda.client.rest import Engine
from bpmn.camunda.provisioning import deployment
from tests.support.engine.flow_coverage import coverage, instrumented
from tests.support.suite.running import RunningSuite, checkout, running_suite

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

SHARED = "suite"
ON_SUITE = (
    "tests/engine/processes/",
    "tests/attacks/test_suite_attacked.py",
    *(
        f"tests/browser/{name}.py"
        for name in (
            "desk/test_answer_order",
            "desk/test_client_life",
            "desk/test_desk",
            "desk/test_first_load",
            "desk/test_letter_link",
            "desk/test_lists_page",
            "desk/test_lost_answers",
            "forms/test_failure_form",
            "forms/test_forms",
            "tasklist/test_tasklist_itself",
        )
    ),
)
WAITING = ("tests/engine/", "tests/browser/", "tests/attacks/", "tests/integration/ops/")
UNMEASURED = ("tests/browser/", "tests/attacks/")
TWINS = frozenset({"postgres", "postgresql"})
"""Parameters of integration tests that run on SQLite as well."""
QUICK_JAVA = (
    "-XX:+IgnoreUnrecognizedVMOptions -XX:TieredStopAtLevel=1"
    " -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
)
"""Engines of tests live for a minute: code of the second compiler does not pay off. Their jars are
verified by hash."""
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
    often = ("RETRY", "POLL", "WATCH", "ASSIGNMENT", "DEADLINE")
    quick = {f"WORKER_{what}_SECONDS": "1" for what in often}
    quick["WORKER_RECONCILE_AT"] = "23:59"  # tests compare when they want to
    data = tmp_path_factory.mktemp("suite")
    # Commits do not wait for the disk, as on PostgreSQL in tests; other tests cut the power.
    quick["ENGINE_DB_URL"] = f"jdbc:h2:file:{data}/engine/camunda;DB_CLOSE_ON_EXIT=FALSE"
    with running_suite(data, quick, root) as running:
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order: the shared suite with the proof of flow coverage last, other engines, the rest."""
    for item in items:
        if "suite" in getattr(item, "fixturenames", ()) and scope_of(item.nodeid) != SHARED:
            raise pytest.UsageError(f"{item.nodeid} uses the shared suite outside of {ON_SUITE}")
        if _is_unmeasured(item):
            item.add_marker("no_cover")
    items.sort(key=lambda item: (_rank(item.nodeid), item.name == LAST))


def _is_unmeasured(item: pytest.Item) -> bool:
    """Whether coverage, which makes Python half as fast again, is off while the test runs.

    The product's processes are not measured anyway, and what a test does on SQLite it does not
    show again on PostgreSQL: the figure is a lower bound.
    """
    parameters = getattr(getattr(item, "callspec", None), "params", {}).values()
    return item.nodeid.startswith(UNMEASURED) or not TWINS.isdisjoint(map(str, parameters))


def _rank(nodeid: str) -> int:
    if scope_of(nodeid) == SHARED:
        return 0
    return 1 if nodeid.startswith(WAITING) else 2


def scope_of(nodeid: str) -> str:
    """Name of the tests that one xdist worker runs together: a file, or the shared suite's."""
    return SHARED if nodeid.startswith(ON_SUITE) else nodeid.partition("::")[0]


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each file to one worker; all tests on the shared suite go to the first one.

    So the suite starts once, its flow coverage is complete, and tests that wait for timers
    run beside tests that use the processor.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    config.option.loadscopereorder = False  # the order of `pytest_collection_modifyitems`
    return ByFile(config, log)


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("JAVA_TOOL_OPTIONS", QUICK_JAVA)
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
