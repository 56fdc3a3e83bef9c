"""The application over HTTP with an engine chosen by the test."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.settings import ApiSettings
from db.store.database import Database
from tests.support.builders import a_catalog
from tests.support.servers.schemas import deals_file

START_SECONDS = 20


@contextmanager
def an_application(directory: Path, engine_url: str, **given: Any) -> Iterator[tuple[str, FastAPI]]:
    """Run the application on SQLite in ``directory``. Yields: its address, and the application."""
    settings = ApiSettings(
        _env_file=None,
        **{
            "engine_url": engine_url,
            "engine_password": "service-password",
            "database_url": given.get("database_url") or deals_file(directory / "deals.sqlite3"),
            "files_dir": directory / "files",
            **given,
        },
    )
    database = Database(settings.database_url, a_catalog())
    database.migrate()
    database.close()
    app = create_app(settings)
    server = uvicorn.Server(
        uvicorn.Config(app, **{**settings.server_options(), "port": 0}, log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        _wait(server)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", app
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)


def remember(app: FastAPI, session: str, login: str) -> None:
    """Register an engine session as begun by a login through the webapp proxy."""
    app.state.authenticator.sessions.begin(
        session, login, app.state.authenticator.sessions.generation(login)
    )


def forget_attempts(app: FastAPI) -> None:
    """Delete all counters of login attempts."""
    with app.state.resources.database.writing() as store:
        store.login_attempts.purge(datetime.now(UTC) + timedelta(days=365))


def _wait(server: uvicorn.Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        assert time.monotonic() < deadline, "the application did not start"
        time.sleep(0.01)
