"""Metrics of the API: by route template, on a port of their own, and never on the public one."""

import re
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest

from db.metrics_server import metrics_server
from ops.local.stack import free_port
from tests.integration.api.conftest import Office, a_running_office
from tests.support.waiting import eventually

METRICS = ("/metrics", "/metrics/", "/api/v1/metrics", "//metrics", "/camunda/../metrics")


@pytest.fixture
def measured(tmp_path: Path) -> Iterator[Office]:
    database = f"sqlite:///{tmp_path / 'deals.sqlite3'}"
    with a_running_office(database, tmp_path / "files", metrics_port=9) as office:
        yield office


def _samples(office: Office) -> str:
    return generate_latest(office.metrics).decode()


def test_requests_are_counted_by_route_template_and_status(measured: Office) -> None:
    deal = measured.a_deal()
    measured.person("manager1").get(f"/deals/{deal}")
    measured.person("manager1").get("/deals/D-2026-9999")
    httpx2.get(f"{measured.url}/healthz")
    httpx2.get(f"{measured.url}/nowhere/{uuid.uuid4()}")
    httpx2.request("BREW", f"{measured.url}/healthz")

    def found() -> set[str]:
        return set(re.findall(r"^pit_api_requests_total(\{.*\}) \S+$", _samples(measured), re.M))

    expected = {
        '{method="POST",route="/deals",status="201"}',
        '{method="GET",route="/deals/{deal_id}",status="200"}',
        '{method="GET",route="/deals/{deal_id}",status="404"}',
        '{method="GET",route="/healthz",status="200"}',
        '{method="GET",route="other",status="404"}',
        '{method="other",route="/healthz",status="405"}',
    }
    # A request is counted when its answer has been sent, so the client may be a moment earlier.
    eventually(lambda: expected <= found())
    assert "pit_api_request_seconds_bucket" in _samples(measured)
    assert deal not in _samples(measured)
    assert "manager1" not in _samples(measured)


def test_requests_of_the_web_applications_share_one_route(measured: Office) -> None:
    for path in ("/camunda/app/tasklist/default/", f"/camunda/{uuid.uuid4()}"):
        httpx2.get(measured.url + path)

    def routes() -> set[str]:
        return set(re.findall(r'route="(/camunda[^"]*)"', _samples(measured)))

    eventually(routes)
    assert routes() == {"/camunda/{path:path}"}


@pytest.mark.parametrize("path", METRICS)
def test_the_public_address_does_not_know_the_metrics(measured: Office, path: str) -> None:
    answers = (
        httpx2.get(measured.url + path),
        measured.person("admin1").http.get(measured.url + path),
    )

    assert {answer.status_code for answer in answers} <= {401, 404}
    assert all("pit_api_requests" not in answer.text for answer in answers)


def test_without_a_port_nothing_is_measured(office: Office) -> None:
    office.person("manager1").get("/deals")

    assert _samples(office) == ""


def test_the_metrics_have_a_port_of_their_own() -> None:
    registry, port = CollectorRegistry(), free_port()
    Counter("pit_example", "Example", registry=registry).inc()

    with metrics_server("127.0.0.1", port, registry):
        text = httpx2.get(f"http://127.0.0.1:{port}/metrics").text
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"http://127.0.0.1:{port}/metrics")

    assert "pit_example_total 1.0" in text
    assert "process_resident_memory_bytes" in text


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = rf"Адрес метрик 127\.0\.0\.1:{port} не открылся"
        with (
            pytest.raises(SystemExit, match=said),
            metrics_server("127.0.0.1", port, CollectorRegistry()),
        ):
            pass
