"""Kept connections: reused, replaced when the server closes them, never answered by another."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest

from workers.runtime.runner.connections import (
    Connections,
    MalformedAnswer,
    NoAnswer,
    read_answer,
)


class Peer(ThreadingHTTPServer):
    """Answers with the request's body and the client's port, in the way that ``how`` names."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.how = "plain"
        self.heads: list[str] = []
        self.go_on = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/engine-rest"


class Answers(BaseHTTPRequestHandler):
    server: Peer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heads.append(str(self.headers))
        how = self.server.how
        if how == "slow":
            self.server.go_on.wait(5)
        if how == "lost":
            self.close_connection = True
            self.connection.close()
            return
        body += f" {self.client_address[1]}".encode()
        self.send_response(204 if how == "empty" else 200)
        if how == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
            return
        if how == "closing":
            self.send_header("Connection", "close")
        if how != "empty":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if how != "empty":
            self.wfile.write(body)
        if how == "hangs up":
            self.close_connection = True

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def connections(peer: Peer) -> Iterator[Connections]:
    opened = Connections(peer.url, {"Authorization": "Basic abc"}, 2.0)
    yield opened
    opened.close()


def ask(connections: Connections, peer: Peer, text: str, seconds: float = 5.0) -> tuple[str, str]:
    """Send a text. Returns: the text that came back, and the port it was sent from."""
    status, body = connections.post(f"{peer.url}/complete", text.encode(), seconds)
    assert status == 200
    back, port = body.decode().split()
    return back, port


@pytest.mark.parametrize("how", ["plain", "chunked"])
def test_a_connection_is_kept(connections: Connections, peer: Peer, how: str) -> None:
    peer.how = how

    answers = [ask(connections, peer, f"text-{n}") for n in range(3)]

    assert [back for back, _ in answers] == ["text-0", "text-1", "text-2"]
    assert len({port for _, port in answers}) == 1
    assert "Authorization: Basic abc" in peer.heads[0]


def test_an_empty_answer_is_an_answer(connections: Connections, peer: Peer) -> None:
    peer.how = "empty"

    assert connections.post(f"{peer.url}/complete", b"{}", 5.0) == (204, b"")


@pytest.mark.parametrize("how", ["closing", "hangs up"])
def test_a_connection_that_the_server_closed_is_replaced(
    connections: Connections, peer: Peer, how: str
) -> None:
    peer.how = how

    ports = set()
    for number in range(3):
        ports.add(ask(connections, peer, f"text-{number}")[1])
        threading.Event().wait(0.05)

    assert len(ports) == 3


def test_a_lost_answer_is_no_answer_and_the_next_request_works(
    connections: Connections, peer: Peer
) -> None:
    peer.how = "lost"
    with pytest.raises(NoAnswer):
        ask(connections, peer, "first")

    peer.how = "plain"
    assert ask(connections, peer, "second")[0] == "second"


def test_a_late_answer_is_not_taken_for_that_of_the_next_request(
    connections: Connections, peer: Peer
) -> None:
    peer.how = "slow"
    with pytest.raises(NoAnswer):
        ask(connections, peer, "late", 0.2)
    peer.how = "plain"
    peer.go_on.set()

    assert ask(connections, peer, "next")[0] == "next"


def test_every_thread_has_a_connection_of_its_own(connections: Connections, peer: Peer) -> None:
    together = threading.Barrier(4)

    def work(number: int) -> list[tuple[str, str]]:
        together.wait(5)
        return [ask(connections, peer, f"{number}-{n}") for n in range(20)]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, range(4)))

    for number, answers in enumerate(results):
        assert [back for back, _ in answers] == [f"{number}-{n}" for n in range(20)]
        assert len({port for _, port in answers}) == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\n\r\nwithout a length",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 101 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
    ],
)
def test_nonsense_is_not_taken_for_an_answer(sent: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        read_answer(BytesIO(sent))


def test_chunks_may_have_extensions_and_trailers() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
    chunks = b"3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"

    assert read_answer(BytesIO(head + chunks)) == (200, b"abc0123456789", False)


def test_nobody_listens(peer: Peer) -> None:
    silent = Connections("http://127.0.0.1:9/engine-rest", {}, 1.0)

    with pytest.raises(NoAnswer, match="ConnectionRefusedError"):
        silent.post("http://127.0.0.1:9/engine-rest/complete", b"{}", 1.0)
