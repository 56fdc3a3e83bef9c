"""The real Prometheus on a really running suite: every panel has data, every cause fires its alert.

Durations of the rules are shortened; their full lengths are tested by `promtool test rules`.
Grafana itself is not run: its panels' queries are asked of Prometheus. `LocksLost`, `OnecRefuses`
and `ApiErrors` are tested by promtool only.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from db.catalog import load_catalog
from db.domain.deals.entities import OutboxKind
from db.store.database import Database
from ops.demo.scenario import Story, play
from ops.local.stack import free_port
from tests.support.processes import stop
from tests.support.suite.running import PASSWORD, RunningSuite, running_suite
from tests.support.waiting import PATIENCE, eventually

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed"),
]
MONITORING = Path("ops/monitoring")
SHORTENED = {r"\[1[05]m\]": "[1m]", r"> 300\b": "> 5", r"> 60\b": "> 8", r"> 3600\b": "> 60"}
"""Parts of rules → shorter ones."""


class Prometheus:
    """A running Prometheus that scrapes the suite every second."""

    def __init__(self, url: str) -> None:
        self._url = url

    def query(self, expression: str) -> list[dict[str, Any]]:
        answer = requests.get(
            f"{self._url}/api/v1/query", params={"query": expression}, timeout=10
        ).json()
        assert answer["status"] == "success", (expression, answer)
        return list(answer["data"]["result"])

    def firing(self) -> set[str]:
        return {one["metric"]["alertname"] for one in self.query('ALERTS{alertstate="firing"}')}

    def targets(self) -> dict[str, str]:
        found = requests.get(f"{self._url}/api/v1/targets", timeout=10).json()["data"]
        return {one["labels"]["job"]: one["health"] for one in found["activeTargets"]}


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return {"pit-api": free_port(), "pit-worker": free_port()}


@pytest.fixture(scope="module")
def monitored(
    ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSuite]:
    settings = {
        "API_METRICS_PORT": str(ports["pit-api"]),
        "WORKER_METRICS_PORT": str(ports["pit-worker"]),
        "WORKER_METRICS_SECONDS": "0.5",
        "WORKER_LOCK_SECONDS": "6",
        "WORKER_RETRY_SECONDS": "1",
    }
    with running_suite(tmp_path_factory.mktemp("monitored"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def prometheus(
    monitored: RunningSuite, ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    home = tmp_path_factory.mktemp("prometheus")
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    config["global"] = {
        "scrape_interval": "1s",
        "scrape_timeout": "1s",
        "evaluation_interval": "1s",
    }
    config["rule_files"] = ["alerts.yml"]
    for one in config["scrape_configs"]:
        del one["dns_sd_configs"]
        one["static_configs"] = [{"targets": [f"127.0.0.1:{ports[one['job_name']]}"]}]
    (home / "prometheus.yml").write_text(json.dumps(config))
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())
    for rule in rules["groups"][0]["rules"]:
        rule.pop("for", None)
        for long, short in SHORTENED.items():
            rule["expr"] = re.sub(long, short, rule["expr"])
    (home / "alerts.yml").write_text(json.dumps(rules))
    address = f"127.0.0.1:{free_port()}"
    command = ["prometheus", f"--config.file={home}/prometheus.yml"]
    command += [f"--storage.tsdb.path={home}/data", f"--web.listen-address={address}"]
    with (home / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        running = Prometheus(f"http://{address}")
        try:
            eventually(lambda: _up(running))
            yield running
        finally:
            process.send_signal(signal.SIGTERM)


def _up(prometheus: Prometheus) -> bool:
    try:
        return set(prometheus.targets().values()) == {"up"}
    except requests.RequestException:
        return False


@pytest.fixture(scope="module")
def story(monitored: RunningSuite, prometheus: Prometheus) -> Story:
    """A deal from its request to won, so that everything has been used; another one stays open."""
    played = Story(monitored.url, PASSWORD, monitored.onec, tell=lambda _: None)
    play(played)
    Story(played.url, PASSWORD, played.onec, tell=lambda _: None).request_arrives()
    return played


def _fires(prometheus: Prometheus, alert: str) -> None:
    eventually(lambda: alert in prometheus.firing())


def _is_over(prometheus: Prometheus, alert: str) -> None:
    eventually(lambda: alert not in prometheus.firing(), 2 * PATIENCE)


@contextmanager
def _suspended(monitored: RunningSuite, part: str) -> Iterator[None]:
    pid = int(monitored.state["parts"][part])
    stop(pid)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.usefixtures("story")
def test_every_query_of_every_panel_has_data(prometheus: Prometheus) -> None:
    dashboard = json.loads((MONITORING / "grafana/dashboards/deals.json").read_text())
    queries = [
        (panel["title"], target["expr"].replace("$__rate_interval", "5m"))
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
    ]

    def empty() -> list[tuple[str, str]]:
        return [(title, query) for title, query in queries if not prometheus.query(query)]

    deadline = time.monotonic() + PATIENCE
    while empty() and time.monotonic() < deadline:
        time.sleep(1)
    assert empty() == []
    assert len(queries) > 30


@pytest.mark.usefixtures("story")
def test_nothing_fires_while_all_is_well(prometheus: Prometheus) -> None:
    eventually(lambda: not prometheus.firing())


@pytest.mark.usefixtures("story")
def test_labels_name_neither_people_nor_deals(ports: dict[str, int], story: Story) -> None:
    for port in ports.values():
        text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
        assert story.deal_id not in text
        assert story.company[0] not in text
        assert not re.search("manager1|Садовый", text)
        assert len(text.splitlines()) < 5000


def test_the_public_address_does_not_know_the_metrics(monitored: RunningSuite) -> None:
    assert requests.get(f"{monitored.url}/metrics", timeout=10).status_code == 404


def test_an_incident(monitored: RunningSuite, prometheus: Prometheus, story: Story) -> None:
    """An instance without a business key is a step that cannot succeed."""
    instance = monitored.engine.start("new-client", "", {})

    _fires(prometheus, "Incidents")
    monitored.engine.delete(f"/process-instance/{instance}")
    _is_over(prometheus, "Incidents")


def test_1c_that_does_not_answer(
    monitored: RunningSuite, prometheus: Prometheus, story: Story
) -> None:
    other = Story(monitored.url, PASSWORD, monitored.onec, tell=lambda _: None)
    other.until_operator()
    _wait_a_minute_without(prometheus, "ok")
    faults = f"{monitored.onec}/_simulator/faults"
    requests.put(faults, json={"instead": "unavailable"}, timeout=10).raise_for_status()
    try:
        task = other("operator").task(other.deal_id, "Task_EnterOnecContract")
        other("operator").claim(task)
        other("operator").submit(task, answer="entered", number="П-1", picked=None, comment="")
        _fires(prometheus, "OnecDown")
    finally:
        requests.put(faults, json={}, timeout=10).raise_for_status()


def _wait_a_minute_without(prometheus: Prometheus, result: str) -> None:
    expression = f'sum(increase(pit_onec_request_seconds_count{{result="{result}"}}[1m])) > 0'
    eventually(lambda: not prometheus.query(expression))


def test_a_deal_without_a_next_step(
    monitored: RunningSuite, prometheus: Prometheus, story: Story
) -> None:
    other = Story(monitored.url, PASSWORD, monitored.onec, tell=lambda _: None)
    other.request_arrives()
    other("manager").task(other.deal_id, "Task_CollectDocuments")
    for row in monitored.engine.get("/process-instance", businessKey=other.deal_id):
        monitored.engine.delete(f"/process-instance/{row['id']}")

    _fires(prometheus, "DealsWithoutNextStep")


def test_a_message_that_the_engine_does_not_take(
    monitored: RunningSuite, prometheus: Prometheus, story: Story
) -> None:
    other = Story(monitored.url, PASSWORD, monitored.onec, tell=lambda _: None)
    other.request_arrives()
    other("manager").task(other.deal_id, "Task_CollectDocuments")
    address = f"sqlite:///{monitored.data / 'deals.sqlite3'}"
    with closing(Database(address, load_catalog(demo=True))) as database:
        with database.writing() as store:
            store.outbox.add(other.deal_id, OutboxKind.MESSAGE, {"message": "NobodyWaits"})
        _fires(prometheus, "OutboxStuck")


def test_an_engine_that_hangs(
    monitored: RunningSuite, prometheus: Prometheus, story: Story
) -> None:
    """Polls are not answered, messages stay in the outbox, and the engine is said to be down."""
    with _suspended(monitored, "engine"):
        for alert in ("NoPolls", "EngineDown"):
            _fires(prometheus, alert)
    for alert in ("NoPolls", "EngineDown"):
        _is_over(prometheus, alert)


def test_a_worker_that_hangs(monitored: RunningSuite, prometheus: Prometheus, story: Story) -> None:
    with _suspended(monitored, "worker"):
        _fires(prometheus, "WorkerDown")
        _fires(prometheus, "FiguresMissing")
    for alert in ("WorkerDown", "FiguresMissing"):
        _is_over(prometheus, alert)


def test_an_api_that_hangs(monitored: RunningSuite, prometheus: Prometheus, story: Story) -> None:
    with _suspended(monitored, "api"):
        _fires(prometheus, "ApiDown")
    _is_over(prometheus, "ApiDown")
