"""Choice of the engine node for a request, and sessions of a node that is down."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import Response

from api.auth.sessions import WebappSessions
from api.engine.nodes import EngineNodes, Node
from api.webapp_proxy.forwarder import Forwarder
from api.webapp_proxy.refusals import EngineNotResponding
from db.domain.errors import Unavailable
from db.store.database import Database
from tests.support.builders import a_catalog
from tests.support.servers.schemas import deals_file

ONE, OTHER = "127.0.0.1", "127.0.0.2"


def nodes(*addresses: str, port: int = 8080) -> EngineNodes:
    return EngineNodes(f"http://engine:{port}", lambda *_: addresses)


class _Engine(BaseHTTPRequestHandler):
    """Responds with its own number, and sets a session cookie as the engine does."""

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
    """Only the other node is up; on ONE the port is closed."""
    with engine_on(OTHER) as server:
        yield server


def through(known: EngineNodes, cookie: str | None = None) -> httpx2.Response:
    """One request of a browser through `Forwarder`."""
    headers = {"Cookie": f"JSESSIONID={cookie}"} if cookie else {}

    async def called() -> httpx2.Response:
        proxy, app = Forwarder(known), FastAPI()

        @app.get("/camunda/x")
        async def passed(request: Request) -> Response:
            try:
                return await proxy.streamed(
                    await proxy.send(request, "/camunda/x", "", None, ""), request
                )
            except EngineNotResponding:
                return Response(status_code=503)

        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://front") as client:
            answer = await client.get("/camunda/x", headers=headers)
        await proxy.close()
        return answer

    with ThreadPoolExecutor(1) as apart:  # the tests with a browser leave a loop in this thread
        return apart.submit(asyncio.run, called()).result()


def node(known: EngineNodes, address: str) -> Node:
    while True:
        if f"{address}:" in (found := known.destination(None).node).origin:
            return found


def test_a_call_to_a_dead_node_is_made_at_another_and_the_answer_names_that(
    living: ThreadingHTTPServer,
) -> None:
    known = nodes(ONE, OTHER, port=living.server_port)
    alive, dead = node(known, OTHER), node(known, ONE)

    answer = through(known, f"OLD0123456789.{dead.mark}")

    assert answer.status_code == 200
    assert living.seen == [(OTHER, "JSESSIONID=OLD0123456789")]  # type: ignore[attr-defined]
    cookies = answer.headers.get_list("set-cookie")
    assert cookies[0].startswith(f"JSESSIONID=FRESH0123456789.{alive.mark}; Path=/camunda")
    assert cookies[1] == "XSRF-TOKEN=token; Path=/camunda"


def test_without_any_node_the_engine_is_silent(living: ThreadingHTTPServer) -> None:
    assert through(nodes(ONE, port=living.server_port)).status_code == 503


def begun(directory: Path, known: EngineNodes, cookie: str) -> WebappSessions:
    """`WebappSessions` with a recorded login for ``cookie``."""
    database = Database(deals_file(directory / "deals.sqlite3"), a_catalog())
    database.migrate()
    sessions = WebappSessions(known, database)
    sessions.begin(cookie, "manager1", 0)
    return sessions


def test_with_all_nodes_dead_the_trying_comes_to_an_end(
    living: ThreadingHTTPServer, tmp_path: Path
) -> None:
    closed = living.server_port
    living.shutdown()
    living.server_close()

    assert through(nodes(ONE, OTHER, "127.0.0.3", port=closed)).status_code == 503
    with pytest.raises(Unavailable):
        begun(tmp_path, nodes(ONE, OTHER, port=closed), "OLD0123456789").find("OLD0123456789")


def test_a_session_dies_with_its_node_when_there_are_others(
    living: ThreadingHTTPServer, tmp_path: Path
) -> None:
    known = nodes(ONE, OTHER, port=living.server_port)
    dead = next(
        way.node for way in iter(lambda: known.destination(None), 0) if ONE + ":" in way.node.origin
    )

    cookie = f"OLD0123456789.{dead.mark}"
    assert begun(tmp_path, known, cookie).find(cookie) is None
    assert living.seen == []  # type: ignore[attr-defined]


def test_a_session_of_the_only_node_is_in_doubt_while_it_is_down(
    living: ThreadingHTTPServer, tmp_path: Path
) -> None:
    known = nodes(ONE, port=living.server_port)

    cookie = f"OLD0123456789.{known.destination(None).node.mark}"
    with pytest.raises(Unavailable):
        begun(tmp_path, known, cookie).find(cookie)


def test_a_session_is_asked_of_its_own_node(living: ThreadingHTTPServer, tmp_path: Path) -> None:
    known = nodes(OTHER, port=living.server_port)
    cookie = f"OLD0123456789.{known.destination(None).node.mark}"

    session = begun(tmp_path, known, cookie).find(cookie)

    assert session is not None
    assert session.login == "manager1"
    assert living.seen == [(OTHER, "JSESSIONID=OLD0123456789")]  # type: ignore[attr-defined]
