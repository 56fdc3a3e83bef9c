"""``python -m api``: runs the HTTP server until it is stopped."""

import logging
from contextlib import closing, suppress
from socket import socket

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from api.app import create_app
from api.server import StreamingServer, listeners, raise_open_files
from api.settings import ApiSettings
from db.catalog import load_catalog
from db.config.errors import exit_with_message
from db.config.settings import demand
from db.log_limit import LogLimit
from db.metrics_server import metrics_server
from db.store.database import Database, demand_password
from db.tracing import traced

SHUTDOWN_SECONDS = 20
"""Time for running requests after a stop signal."""
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def main() -> None:
    """Read the settings, wait for the database schema, and serve."""
    handler = logging.StreamHandler()
    handler.addFilter(LogLimit())
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, handlers=[handler])
    for chatty in ("alembic", "httpx2"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    with exit_with_message():
        settings = ApiSettings()
        demand(API_ENGINE_PASSWORD=settings.engine_password)
        demand_password(settings.database_url)
    _wait_for_the_schema(settings)
    _serve(settings)


def _serve(settings: ApiSettings) -> None:
    try:
        sockets = listeners(settings.host, settings.port)
    except OSError as error:
        raise SystemExit(f"Адрес {settings.host}:{settings.port} не открылся: {error}") from error
    raise_open_files()
    with traced(settings.traces_endpoint, "pit-api"):
        _run(settings, sockets)


def _run(settings: ApiSettings, sockets: list[socket]) -> None:
    options, app = settings.server_options(), create_app(settings)
    config = uvicorn.Config(
        app, **options, timeout_graceful_shutdown=SHUTDOWN_SECONDS, log_config=None
    )
    server = StreamingServer(config, app.state.hub.close)
    metrics = metrics_server(settings.metrics_host, settings.metrics_port, app.state.metrics)
    with metrics, suppress(KeyboardInterrupt):
        server.run(sockets)
    if not server.started:
        raise SystemExit(STARTUP_FAILURE)


def _wait_for_the_schema(settings: ApiSettings) -> None:
    with closing(Database(settings.database_url, load_catalog())) as database:
        database.wait_until_current()


if __name__ == "__main__":
    main()
