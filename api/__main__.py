"""``python -m api``: serve the deal API and the front door until asked to stop."""

import logging
from contextlib import closing

import uvicorn

from api.app import create_app
from api.settings import ApiSettings
from db.catalog import load_catalog
from db.settings import SecretRefused, demand
from db.store.database import Database, demand_password

GRACE = 20
"""Seconds that requests under way may take after the wish to stop."""
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def main() -> None:
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    for chatty in ("alembic", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    settings = ApiSettings()
    try:
        demand(API_ENGINE_PASSWORD=settings.engine_password)
        demand_password(settings.database_url)
    except SecretRefused as refused:
        raise SystemExit(refused.sentence) from refused
    _wait_for_the_schema(settings)
    uvicorn.run(
        create_app(settings),
        **settings.server_options(),
        timeout_graceful_shutdown=GRACE,
        log_config=None,
    )


def _wait_for_the_schema(settings: ApiSettings) -> None:
    with closing(Database(settings.database_url, load_catalog())) as database:
        database.wait_until_current()


if __name__ == "__main__":
    main()
