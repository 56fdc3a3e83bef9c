"""A link to the engine that loses answers: what was asked is done, and the asker never hears."""

import http.client
import random
import threading
from collections import Counter
from collections.abc import Iterator, Set
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

READ_SECONDS = 60.0
ANSWERS = frozenset(
    {"complete", "bpmnError", "failure", "message", "start", "extendLock", "unlock"}
)
"""Last word of the calls that tell the engine something."""
TASKS = frozenset({"fetchAndLock"})
"""The call that brings work."""


class LossyLink(ThreadingHTTPServer):
    """Passes calls on to ``target`` and loses ``share`` of the answers to calls in ``spoiled``."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, target: str, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.target, self.share = target, 0.0
        self.spoiled: Set[str] = ANSWERS
        self.lost: Counter[str] = Counter()
        self._chance, self._lock = random.Random(seed), threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def loses(self, path: str) -> bool:
        word = path.partition("?")[0].rsplit("/", 1)[-1]
        with self._lock:
            lost = word in self.spoiled and self._chance.random() < self.share
            if lost:
                self.lost[word] += 1
        return lost

    def handle_error(self, request: object, client_address: object) -> None:
        """A side of the link went away: in a storm that is no news."""


@contextmanager
def lossy_link(target: str, seed: int) -> Iterator[LossyLink]:
    link = LossyLink(target, seed)
    thread = threading.Thread(target=link.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield link
    finally:
        link.shutdown()
        link.server_close()
        thread.join()


class _Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LossyLink

    def log_message(self, *_: object) -> None: ...

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        target = urlsplit(self.server.target)
        engine = http.client.HTTPConnection(target.netloc, timeout=READ_SECONDS)
        try:
            engine.request(self.command, self.path, body or None, headers)
            answer = engine.getresponse()
            told = answer.read()
        except OSError:
            self.close_connection = True
            return
        finally:
            engine.close()
        if self.server.loses(self.path):
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name in ("Content-Type",):
            if value := answer.getheader(name):
                self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815 - names of the library
