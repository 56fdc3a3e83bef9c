"""Fake web applications of the engine, served over HTTP."""

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

PASSWORD = "Right-password-1"


@dataclass
class Seen:
    """A received request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Told:
    """A configured response."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()


class WebappStandIn(ThreadingHTTPServer):
    """Records requests in ``seen``; ``told`` maps paths to responses."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.people: dict[str, list[str]] = {}
        """Login → groups; everybody's password is `PASSWORD`."""
        self.sessions: dict[str, str] = {}
        self.seen: list[Seen] = []
        self.told: dict[str, Told] = {}
        self.down = False
        self.began: Callable[[str, str], None] = lambda session, login: None
        """Called with a new session's id and its login."""
        self.cut: str | None = None
        """End of the paths whose answers get lost."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> "WebappStandIn":
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join(10)

    def session_of(self, login: str) -> str:
        """Create a session for a login. Returns: the session id."""
        session = secrets.token_hex(16).upper()
        self.sessions[session] = login
        self.began(session, login)
        return session

    def asked(self, part: str) -> list[Seen]:
        return [each for each in self.seen if part in each.path]

    def handle_error(self, *_: object) -> None:
        """Ignore aborted connections."""


class _Handler(BaseHTTPRequestHandler):
    server: WebappStandIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Keep the output of tests short."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.seen.append(Seen(self.command, self.path, dict(self.headers.items()), body))
        cut = self.server.cut is not None and self.path.endswith(self.server.cut)
        if self.server.down or cut:
            self.close_connection = True
            self.connection.close()
            return
        place = urlsplit(self.path)
        told = self.server.told.get(place.path) or self._known(place.path, place.query, body)
        payload = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
        self.send_response(told.status)
        self.send_header("Content-Length", str(len(payload)))
        for name, value in told.headers or (("Content-Type", "application/json"),):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def _known(self, path: str, query: str, body: bytes) -> Told:
        server = self.server
        if path == "/engine-rest/identity/verify":
            asked = json.loads(body)
            known = asked["username"] in server.people and asked["password"] == PASSWORD
            return Told(body={"authenticated": known, "authenticatedUser": asked["username"]})
        if path == "/engine-rest/user":
            logins = [
                one for one in parse_qs(query).get("id", server.people) if one in server.people
            ]
            return Told(body=[_user(login) for login in logins])
        if path == "/engine-rest/group":
            groups = server.people.get(parse_qs(query)["member"][0], [])
            return Told(body=[{"id": g, "name": g, "type": "WORKFLOW"} for g in groups])
        if path.startswith("/engine-rest/task/"):
            return Told(404)
        if path == "/camunda/api/admin/auth/user/default":
            login = server.sessions.get(self._session())
            if login is None:
                return Told(404)
            return Told(body={"userId": login, "authorizedApps": ["tasklist"]})
        if path.startswith("/camunda/api/admin/auth/user/default/login/"):
            return self._log_in(dict(parse_qsl(body.decode())))
        if path == "/camunda/api/admin/auth/user/default/logout":
            server.sessions.pop(self._session(), None)
            return Told(204, b"")
        return Told()

    def _log_in(self, form: Mapping[str, str]) -> Told:
        if form["username"] not in self.server.people or form["password"] != PASSWORD:
            return Told(401, {"status": 401})
        session = self.server.session_of(form["username"])
        cookies = (
            ("Set-Cookie", f"JSESSIONID={session}; Path=/; HttpOnly;SameSite=Lax"),
            ("Set-Cookie", "XSRF-TOKEN=abc;Path=/camunda;SameSite=Lax"),
        )
        return Told(200, {"userId": form["username"]}, cookies)

    def _session(self) -> str:
        pairs = (part.strip().partition("=") for part in self.headers.get("Cookie", "").split(";"))
        return next((value for name, _, value in pairs if name == "JSESSIONID"), "")


def _user(login: str) -> dict[str, str]:
    return {"id": login, "firstName": "Имя", "lastName": login, "email": f"{login}@pit.example"}
