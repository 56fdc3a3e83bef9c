"""A server that stops does not wait for its event streams."""

import threading
import time
from pathlib import Path

import httpx2
import uvicorn

from api.app import create_app
from api.server import StreamingServer
from api.settings import ApiSettings
from db.store.database import Database
from tests.integration.api.conftest import PEOPLE
from tests.integration.api.engine_stand_in import PASSWORD, EngineStandIn
from tests.support.builders import a_catalog

GRACE = 60
"""Seconds that the server would wait for a running request."""
PATIENCE = 30.0


def test_open_streams_end_when_the_server_stops(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'deals.sqlite3'}"
    database = Database(url, a_catalog())
    database.migrate()
    database.close()
    engine = EngineStandIn()
    engine.people = {login: frozenset(groups) for login, groups in PEOPLE.items()}
    engine.start()
    app = create_app(
        ApiSettings(
            database_url=url,
            engine_url=engine.base_url,
            engine_password="service-password",
            files_dir=tmp_path / "files",
        )
    )
    config = uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=GRACE)
    server = StreamingServer(config, app.state.hub.close)
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    deadline = time.monotonic() + PATIENCE
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    login = ("manager1", PASSWORD)
    with httpx2.stream("GET", f"{address}/api/v1/events", auth=login, timeout=PATIENCE) as answer:
        lines = answer.iter_lines()
        while not next(lines).startswith("data"):
            pass
        server.should_exit = True
        rest = list(lines)
    running.join(PATIENCE)
    engine.stop()

    assert not running.is_alive()
    assert rest == [""]
