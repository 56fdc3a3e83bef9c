"""Hostile request bodies over HTTP: other clients get responses; anonymous bodies stay unread."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.integration.api.webapp_proxy.doorway import an_application, remember
from tests.integration.api.webapp_proxy.webapp_stand_in import WebappStandIn

ENGINE = "/camunda/api/engine/engine/default"
TASK = f"{ENGINE}/task/4ee15fba-e787-11f1-b701-02fc00000001"
PLACES = (
    "/api/v1/deals",
    f"{TASK}/complete",
    f"{TASK}/submit-form",
    "/camunda/api/admin/auth/user/default/login/tasklist",
    "/camunda/api/admin/auth/user/default/logout",
)
BODIES = {
    "a string without an end, 64 KB": b'{"a":"' + b"\\a" * 32_000,
    "a string without an end, 980 KB": b'{"a":"' + b'\\"' * 490_000,
    "quotes, 980 KB": b'["' + b'","' * 320_000,
    "brackets, 980 KB": b"[" * 980_000,
    "members, 980 KB": json.dumps({f"n{n}": n for n in range(60_000)}).encode(),
    "a text, 980 KB": json.dumps({"direction": "newClients", "manager": "x" * 980_000}).encode(),
}
JSON = {"Content-Type": "application/json"}
PATIENCE = 5.0
"""Seconds that /healthz may take on a busy machine; with one body of 64 KB it took 12.6."""


@pytest.fixture(scope="module")
def engine() -> Iterator[WebappStandIn]:
    with WebappStandIn() as stand_in:
        stand_in.people = {"manager1": ["salesManagers"]}
        yield stand_in


@pytest.fixture(scope="module")
def url(engine: WebappStandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with an_application(tmp_path_factory.mktemp("attacked"), engine.url) as (address, app):
        engine.began = partial(remember, app)
        yield address


@contextmanager
def watched(url: str) -> Iterator[list[float]]:
    """Request /healthz continuously. Yields: duration of each request in seconds."""
    took, ended = [], threading.Event()

    def watch() -> None:
        with httpx2.Client(base_url=url, timeout=60) as http:
            while True:
                begun = time.monotonic()
                assert http.get("/healthz").status_code == 200
                took.append(time.monotonic() - begun)
                if ended.wait(0.01):
                    return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield took
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("path", PLACES)
def test_strangers_are_refused_while_the_application_lives(url: str, path: str) -> None:
    with watched(url) as took, httpx2.Client(base_url=url, timeout=60) as http:
        answers = [http.post(path, content=body, headers=JSON) for body in BODIES.values()]

    assert {answer.status_code for answer in answers} <= {401, 403, 413, 415}
    assert max(took) < PATIENCE, took


@pytest.mark.parametrize("path", PLACES[:3])
def test_a_strangers_body_is_not_even_waited_for(url: str, path: str) -> None:
    """The answer comes before the body: nobody has read it, let alone parsed it."""
    place = urlsplit(url)
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: {place.netloc}",
        "Content-Type: application/json",
        "Content-Length: 900000",
    )
    with socket.create_connection((place.hostname or "", place.port or 0), 20) as connection:
        connection.sendall(("\r\n".join(lines) + '\r\n\r\n{"a":"').encode())
        status = connection.makefile("rb").readline()

    assert b" 401 " in status


@pytest.mark.parametrize("path", PLACES[:3])
def test_an_employees_bodies_are_refused_while_the_application_lives(
    engine: WebappStandIn, url: str, path: str
) -> None:
    cookies = {"JSESSIONID": engine.session_of("manager1")}
    headers = {**JSON, "X-Requested-With": "XMLHttpRequest", "Origin": url}
    with watched(url) as took, httpx2.Client(base_url=url, timeout=60, cookies=cookies) as http:
        answers = [http.post(path, content=body, headers=headers) for body in BODIES.values()]

    assert all(400 <= answer.status_code < 500 for answer in answers), answers
    assert max(took) < PATIENCE, took
    assert engine.asked(path) == []


def test_a_sum_of_sixty_thousand_digits_is_refused_at_once(engine: WebappStandIn, url: str) -> None:
    cookies = {"JSESSIONID": engine.session_of("manager1")}
    headers = {**JSON, "X-Requested-With": "XMLHttpRequest", "Origin": url}
    fields = {"limit": "9" * 60_000 + "x", "inn": "7" * 60_000, "phone": "+" * 60_000}
    body = json.dumps({"direction": "newClients", "fields": fields})
    with watched(url) as took, httpx2.Client(base_url=url, timeout=60, cookies=cookies) as http:
        answer = http.post("/api/v1/deals", content=body, headers=headers)

    assert answer.status_code == 422
    assert max(took) < PATIENCE, took
