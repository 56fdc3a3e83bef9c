"""Fake clamd: speaks INSTREAM over TCP, correctly or with faults."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The EICAR test file; in two parts, so that no antivirus removes this module."""


class ClamdPeer(socketserver.ThreadingTCPServer):
    """Finds `EICAR` and accepts ``longest`` bytes; ``mood`` selects a fault."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Line)
        self.mood = ""
        self.longest = 25_000_000
        self.released = threading.Event()
        self.scanned: list[int] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Line(socketserver.StreamRequestHandler):
    server: ClamdPeer

    def handle(self) -> None:
        if self.server.mood == "silent":
            self.server.released.wait(30)
            return
        command = self._command()
        if command == b"zPING":
            self.wfile.write(b"PONG\0")
        elif command == b"zINSTREAM":
            self.wfile.write(self._scanned())

    def _command(self) -> bytes:
        command = b""
        while not command.endswith(b"\0") and (byte := self.rfile.read(1)):
            command += byte
        return command[:-1]

    def _scanned(self) -> bytes:
        content = b""
        while size := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(size)
            if len(content) > self.server.longest:
                return b"INSTREAM size limit exceeded. ERROR\0"
            if self.server.mood == "hangs up":
                return b""
        self.server.scanned.append(len(content))
        answers: dict[str, bytes] = {"babbles": b"stream: " + b"x" * 100_000, "half": b"stream: O"}
        if self.server.mood in answers:
            return answers[self.server.mood]
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@contextmanager
def clamd_peer(**given: Any) -> Iterator[ClamdPeer]:
    with ClamdPeer(**given) as peer:
        thread = threading.Thread(target=peer.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield peer
        finally:
            peer.released.set()
            peer.shutdown()
            thread.join()
