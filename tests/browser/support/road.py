"""The server of people on the move: the product's pages over real HTTP, its API played.

Unlike a request that the test answers inside of the browser, one to this server needs a network.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from api.pages import HEADERS
from api.pages.installation import MANIFEST, WORKER, WORKER_HEADERS
from api.pages.shells import ASSETS, PAGES
from tests.browser.support.form_stand import DEAL, HTML, TASK, a_card

PEOPLE = {"driver1": "Сергей Водитель", "driver2": "Олег Сменщик"}
HTML_PAGES = {page.path: page.html for page in PAGES}
ENGINE = "/camunda/api/engine/engine/default/task/"
LOGIN = "/camunda/api/admin/auth/user/default/login/tasklist"
BEGIN = "/camunda/api/engine/engine/"
LOGOUT = "/camunda/api/admin/auth/user/default/logout"


def a_task(task_id: str, name: str, *, mine: bool = True) -> dict[str, Any]:
    person = "driver1" if mine else None
    task = {"id": task_id, "key": "Task_1", "name": name, "dueAt": None, "assignee": person}
    deal: dict[str, Any] = {
        "id": DEAL,
        "client": "ООО «Садовый мир»",
        "amount": "17 981 ₽",
        "round": None,
    }
    deal |= {"direction": {"name": "Новые клиенты"}, "stage": {"name": "Доставка"}}
    return {**task, "overdue": False, "canReturn": False, "deal": deal}


@dataclass
class Answer:
    """Status, content and headers of one answer."""

    status: int
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, body: object, status: int = 200) -> "Answer":
        return cls(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


@dataclass
class Road:
    """What the server has, and what it was told."""

    tasks: list[dict[str, Any]]
    login: str | None = "driver1"
    """Whose session is open."""
    pressed: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """Person, task and variables of every press that was carried out."""
    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Idempotency-Key → person and name of every file that was stored."""
    done_by: dict[str, str] = field(default_factory=dict)
    """Task → who has done it."""
    lost: set[str] = field(default_factory=set)
    """Last words of the calls of which the next answer is lost on its way."""
    refused: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    """Last words of calls → what they are refused with."""
    asked: list[str] = field(default_factory=list)
    """Paths of all requests."""
    url: str = ""

    def answer(self, method: str, address: str, body: bytes, headers: Any) -> Answer | None:
        """None: the answer is lost on its way."""
        path = unquote(urlsplit(address).path)
        self.asked.append(path)
        if (page := self._page(path, address)) is not None:
            return page
        answer = self._called(method, path, address, body, headers)
        word = path.rpartition("/")[2]
        if method == "POST" and answer.status < 300 and word in self.lost:
            self.lost.remove(word)
            return None
        return answer

    def _called(self, method: str, path: str, address: str, body: bytes, headers: Any) -> Answer:
        if path == LOGIN:
            self.login = parse_qs(body.decode())["username"][0]
            return Answer.of({"userId": self.login})
        if path == LOGOUT:
            self.login = None
            return Answer(204)
        if path == BEGIN:
            return Answer.of([])
        if self.login is None:
            return Answer.of({"status": 401, "code": "UNAUTHENTICATED"}, 401)
        if method == "POST" and (refusal := self.refused.get(path.rpartition("/")[2])):
            return Answer.of(refusal[1], refusal[0])
        if "/files/" in path:
            name = parse_qs(urlsplit(address).query)["name"][0]
            return self._stored(self.login, headers["Idempotency-Key"], name, len(body))
        if path.startswith(ENGINE):
            task_id, _, call = path.removeprefix(ENGINE).partition("/")
            return self._engine(self.login, task_id, call, body)
        return self._api(self.login, method, path.removeprefix("/api/v1"))

    def _page(self, path: str, address: str) -> Answer | None:
        if path == "/sw.js":
            return Answer(
                200, WORKER.encode(), {"Content-Type": "text/javascript", **WORKER_HEADERS}
            )
        if path == "/manifest.webmanifest":
            return Answer.of(MANIFEST)
        if path.startswith("/desk/"):
            asset = ASSETS[path.split("/", 3)[3]]
            return Answer(200, asset.content, {"Content-Type": asset.media_type})
        if path not in HTML_PAGES:
            return None
        if self.login is None and path != "/login":
            return Answer(303, headers={"Location": f"/login?next={address}"})
        return Answer(200, HTML_PAGES[path].encode(), {"Content-Type": "text/html", **HEADERS})

    def _api(self, login: str, method: str, path: str) -> Answer:
        match path.split("/")[1:]:
            case ["me"]:
                return Answer.of(
                    {
                        "login": login,
                        "name": PEOPLE[login],
                        "roles": [{"code": "drivers", "name": "Водитель"}],
                        "leads": [],
                        "heads": [],
                        "unread": 0,
                        "news": "",
                    }
                )
            case ["tasks"]:
                own = [self._seen(one, login) for one in self._tasks_of(login)]
                return Answer.of({"items": own, "counts": {"mine": len(own), "group": 0}})
            case ["tasks", task_id]:
                for task in self._tasks_of(login):
                    if task["id"] == task_id:
                        return Answer.of({**a_card(), "task": self._seen(task, login)})
        return Answer.of({"status": 404}, 404)

    def _tasks_of(self, login: str) -> list[dict[str, Any]]:
        return [one for one in self.tasks if one["assignee"] in (None, login)]

    @staticmethod
    def _seen(task: dict[str, Any], login: str) -> dict[str, Any]:
        return {**task, "mine": task["assignee"] == login}

    def _engine(self, login: str, task_id: str, call: str, body: bytes) -> Answer:
        if call == "deployed-form":
            return Answer(200, HTML["deliver-own.html"].encode(), {"Content-Type": "text/html"})
        if call == "submit-form" and task_id in self.done_by:
            code = "TASK_DONE" if self.done_by[task_id] == login else "TASK_CHANGED"
            return Answer.of({"code": code, "message": "Задача уже изменена или выполнена."}, 409)
        if call == "submit-form":
            given = json.loads(body)["variables"]
            values = {name: one["value"] for name, one in given.items()}
            self.pressed.append((login, task_id, values))
            self.ends(task_id, login)
        return Answer.of({})

    def ends(self, task_id: str, login: str) -> None:
        """Somebody has done a task."""
        self.done_by[task_id] = login
        self.tasks = [one for one in self.tasks if one["id"] != task_id]

    def _stored(self, login: str, key: str, name: str, size: int) -> Answer:
        self.files[key] = (login, name)
        number = list(self.files).index(key) + 1
        stored: dict[str, Any] = {"id": f"file-{number}", "field": "signedUpdFile"}
        stored |= {"label": "УПД", "name": name, "size": size, "mediaType": "image/jpeg"}
        stored |= {"version": 1, "uploadedAt": "2026-11-26T10:00:00Z", "restricted": False}
        by = {"login": login, "name": PEOPLE[login]}
        return Answer.of({**stored, "uploadedBy": by}, 201)


@contextmanager
def a_road() -> Iterator[Road]:
    """Serve two tasks of driver1."""
    road = Road([a_task(TASK, "Доставить заказ"), a_task("task-2", "Доставить по второму адресу")])
    server = _Server(road)
    road.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield road
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, road: Road) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.road, self.lock = road, threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.0: a connection is used once, so a browser does not repeat a lost request itself."""

    server: _Server

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.lock:
            answer = self.server.road.answer(self.command, self.path, body, self.headers)
        if answer is None:
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def do_POST(self) -> None:
        self.do_GET()
