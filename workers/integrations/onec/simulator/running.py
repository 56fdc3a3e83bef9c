"""Runs a simulator in a thread on a free port, for tests."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn

from workers.integrations.onec.simulator.account import Account
from workers.integrations.onec.simulator.app import create_app
from workers.integrations.onec.simulator.demo import fill
from workers.integrations.onec.simulator.infobase import Infobase

START_SECONDS = 10.0


@dataclass(frozen=True)
class Running:
    """A running simulator and its control API."""

    publication: str
    account: Account
    _http: httpx2.Client

    def set_faults(self, **faults: Any) -> None:
        """Replace the active faults; without arguments end them."""
        self.control("PUT", "faults", faults)

    def enter_contract(self, **contract: Any) -> dict[str, Any]:
        """Create a contract. Returns: counterparty, contract, number, code."""
        entered: dict[str, Any] = self.control("POST", "contracts", contract)
        return entered

    def enter_shipment(self, **shipment: Any) -> dict[str, Any]:
        """Create a shipment. Returns: its keys, number, date, amount, posted."""
        entered: dict[str, Any] = self.control("POST", "shipments", shipment)
        return entered

    def enter_order(self, **order: Any) -> dict[str, Any]:
        """Create an order. Returns: its keys, number, date, amount."""
        entered: dict[str, Any] = self.control("POST", "orders", order)
        return entered

    def change(self, name: str, key: object, **values: Any) -> dict[str, Any]:
        """Change fields of a row. Returns: the row."""
        row: dict[str, Any] = self.control("PATCH", f"rows/{name}/{key}", values)
        return row

    def post(self, name: str, key: object) -> None:
        """Post a document."""
        self.control("POST", f"rows/{name}/{key}/post")

    def unpost(self, name: str, key: object) -> None:
        """Unpost a document."""
        self.control("POST", f"rows/{name}/{key}/unpost")

    def delete(self, name: str, key: object) -> None:
        """Delete a row."""
        self.control("DELETE", f"rows/{name}/{key}")

    def journal(self) -> list[dict[str, str]]:
        """Return the received OData requests: method, raw path, raw query."""
        entries: list[dict[str, str]] = self.control("GET", "journal")
        return entries

    def reset(self) -> None:
        """Restore the demo rows, end faults and clear the journal."""
        self.control("POST", "reset")

    def control(self, method: str, name: str, body: Any = None) -> Any:
        """Call the control API. Returns: the parsed response."""
        response = self._http.request(method, f"/_simulator/{name}", json=body)
        response.raise_for_status()
        return response.json()


@contextmanager
def running(infobase: Infobase | None = None) -> Iterator[Running]:
    """Serve an infobase, by default one with the demo rows, until the block ends."""
    if infobase is None:
        infobase = Infobase()
        fill(infobase)
    # With an explicit protocol asyncio disables Nagle's algorithm, which costs 40 ms per response.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(infobase),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        _wait_for(server, thread)
        with httpx2.Client(base_url=address, timeout=10, trust_env=False) as http:
            yield Running(f"{address}/trade", Account(), http)
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the simulator did not start")
        time.sleep(0.01)
