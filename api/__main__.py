"""``python -m api``: serve the deal API and the front door until asked to stop."""

import logging

import uvicorn

from api.app import create_app
from api.settings import ApiSettings

GRACE = 20
"""Seconds that requests under way may take after the wish to stop."""
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def main() -> None:
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    for chatty in ("alembic", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    settings = ApiSettings()
    uvicorn.run(
        create_app(settings),
        **settings.server_options(),
        timeout_graceful_shutdown=GRACE,
        log_config=None,
    )


if __name__ == "__main__":
    main()
