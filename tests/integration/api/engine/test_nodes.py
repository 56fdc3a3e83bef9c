"""Which engine node a call goes to, and what happens to sessions of a node that died."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import Response

from api.auth.sessions import Sessions
from api.engine.nodes import Node, Nodes
from api.webapp_proxy.proxy import Proxy
from api.webapp_proxy.refusals import EngineSilent
from db.domain.errors import Unavailable
from db.store.database import Database
from tests.support.builders import a_catalog

ONE, OTHER = "127.0.0.1", "127.0.0.2"


def nodes(*addresses: str, port: int = 8080) -> Nodes:
    return Nodes(f"http://engine:{port}", lambda *_: addresses)


def test_a_marked_session_goes_to_its_node_and_the_node_sees_its_own_value():
    known = nodes(ONE, OTHER)
    for node in {known.way(None).node for _ in range(50)}:
        ways = [known.way(f"ABCDEF0123456789.{node.mark}") for _ in range(20)]

        assert {(way.node, way.session, way.bound) for way in ways} == {
            (node, "ABCDEF0123456789", True)
        }


def test_people_without_a_session_are_spread_over_all_nodes():
    known = nodes(ONE, OTHER)

    assert {known.way(None).node.origin for _ in range(100)} == {
        "http://127.0.0.1:8080",
        "http://127.0.0.2:8080",
    }


def test_every_api_process_finds_the_same_node():
    first, second = nodes(ONE, OTHER), nodes(OTHER, ONE)
    mark = first.way(None).node.mark

    assert first.way(f"A.{mark}").node == second.way(f"A.{mark}").node


def test_the_session_of_a_node_that_is_gone_goes_to_another_and_is_not_bound():
    gone = nodes(ONE).way(None).node.mark

    way = nodes(OTHER).way(f"ABC.{gone}")

    assert (way.node.origin, way.session, way.bound) == ("http://127.0.0.2:8080", "ABC", False)


def test_a_cookie_cannot_name_an_address():
    for forged in ("A.n00000000", "A.10.0.0.1", "A.nzzzzzzzz", "A.n1234567"):
        way = nodes(ONE).way(forged)

        assert way.node.origin == "http://127.0.0.1:8080"
        assert not way.bound


def test_a_node_that_refused_gets_no_new_sessions_for_a_while():
    known = nodes(ONE, OTHER)
    dead = known.way(None)
    other = known.another(dead)

    assert other is not None
    assert other.node != dead.node
    assert {known.way(None).node for _ in range(50)} == {other.node}
    assert known.way(f"A.{dead.node.mark}").node == dead.node  # it may be back at once


def test_with_one_node_there_is_no_other():
    known = nodes(ONE)

    assert known.another(known.way(None)) is None


def test_a_name_that_nobody_has_is_unavailable():
    def unknown(*_: object) -> list[str]:
        raise OSError("Name or service not known")

    with pytest.raises(Unavailable):
        Nodes("http://engine:8080", unknown).way(None)


def test_a_hiccup_of_the_name_service_changes_nothing(monkeypatch):
    answers = iter([[ONE], OSError("try again"), [OTHER]])

    def look_up(*_: object) -> list[str]:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("api.engine.nodes.time.monotonic", lambda: next(clock))
    known = Nodes("http://engine:8080", look_up)

    assert [known.way(None).node.origin for _ in range(3)] == [
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8080",
        "http://127.0.0.2:8080",
    ]


class _Engine(BaseHTTPRequestHandler):
    """Says which of the two it is, and sets a session as the engine does."""

    def do_GET(self) -> None:
        address = self.connection.getsockname()[0]
        self.server.seen.append((address, self.headers.get("Cookie")))  # type: ignore[attr-defined]
        body = b'{"userId": "manager1", "authorizedApps": ["tasklist"]}'
        self.send_response(200)
        self.send_header("Set-Cookie", "JSESSIONID=FRESH0123456789; Path=/camunda; HttpOnly")
        self.send_header("Set-Cookie", "XSRF-TOKEN=token; Path=/camunda")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def engine_on(address: str, port: int = 0) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer((address, port), _Engine)
    server.seen = []  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def living() -> Iterator[ThreadingHTTPServer]:
    """Only the other node lives; on ONE nobody listens at its port."""
    with engine_on(OTHER) as server:
        yield server


def through(known: Nodes, cookie: str | None = None) -> httpx.Response:
    """One call of a browser through the front door's proxy."""
    headers = {"Cookie": f"JSESSIONID={cookie}"} if cookie else {}

    async def called() -> httpx.Response:
        proxy, app = Proxy(known), FastAPI()

        @app.get("/camunda/x")
        async def passed(request: Request) -> Response:
            try:
                return await proxy.passed(
                    await proxy.send(request, "/camunda/x", "", None, ""), request
                )
            except EngineSilent:
                return Response(status_code=503)

        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://front") as client:
            answer = await client.get("/camunda/x", headers=headers)
        await proxy.close()
        return answer

    with ThreadPoolExecutor(1) as apart:  # the tests with a browser leave a loop in this thread
        return apart.submit(asyncio.run, called()).result()


def node(known: Nodes, address: str) -> Node:
    while True:
        if f"{address}:" in (found := known.way(None).node).origin:
            return found


def test_a_call_to_a_dead_node_is_made_at_another_and_the_answer_names_that(living):
    known = nodes(ONE, OTHER, port=living.server_port)
    alive, dead = node(known, OTHER), node(known, ONE)

    answer = through(known, f"OLD0123456789.{dead.mark}")

    assert answer.status_code == 200
    assert living.seen == [(OTHER, "JSESSIONID=OLD0123456789")]  # type: ignore[attr-defined]
    cookies = answer.headers.get_list("set-cookie")
    assert cookies[0].startswith(f"JSESSIONID=FRESH0123456789.{alive.mark}; Path=/camunda")
    assert cookies[1] == "XSRF-TOKEN=token; Path=/camunda"


def test_without_any_node_the_engine_is_silent(living):
    assert through(nodes(ONE, port=living.server_port)).status_code == 503


def begun(directory: Path, known: Nodes, cookie: str) -> Sessions:
    """Sessions of an API process in which somebody has logged in with ``cookie``."""
    database = Database(f"sqlite:///{directory / 'deals.sqlite3'}", a_catalog())
    database.migrate()
    sessions = Sessions(known, database)
    sessions.begin(cookie, "manager1", 0)
    return sessions


def test_with_all_nodes_dead_the_trying_comes_to_an_end(living, tmp_path):
    closed = living.server_port
    living.shutdown()
    living.server_close()

    assert through(nodes(ONE, OTHER, "127.0.0.3", port=closed)).status_code == 503
    with pytest.raises(Unavailable):
        begun(tmp_path, nodes(ONE, OTHER, port=closed), "OLD0123456789").of("OLD0123456789")


def test_a_session_dies_with_its_node_when_there_are_others(living, tmp_path):
    known = nodes(ONE, OTHER, port=living.server_port)
    dead = next(
        way.node for way in iter(lambda: known.way(None), 0) if ONE + ":" in way.node.origin
    )

    cookie = f"OLD0123456789.{dead.mark}"
    assert begun(tmp_path, known, cookie).of(cookie) is None
    assert living.seen == []  # type: ignore[attr-defined]


def test_a_session_of_the_only_node_is_in_doubt_while_it_is_down(living, tmp_path):
    known = nodes(ONE, port=living.server_port)

    cookie = f"OLD0123456789.{known.way(None).node.mark}"
    with pytest.raises(Unavailable):
        begun(tmp_path, known, cookie).of(cookie)


def test_a_session_is_asked_of_its_own_node(living, tmp_path):
    known = nodes(OTHER, port=living.server_port)
    cookie = f"OLD0123456789.{known.way(None).node.mark}"

    session = begun(tmp_path, known, cookie).of(cookie)

    assert session is not None
    assert session.login == "manager1"
    assert living.seen == [(OTHER, "JSESSIONID=OLD0123456789")]  # type: ignore[attr-defined]
