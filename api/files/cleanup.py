"""File cleanup: removes what failed uploads left in the file store, at startup and then daily."""

import asyncio
import logging
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from db.domain.errors import Unavailable
from db.store.blobs import DAY, sweep, sweep_orphans
from db.store.database import Database

log = logging.getLogger(__name__)

RETRY = 600.0  # seconds until the next attempt after a failure


async def clean_up_daily(files: Path, database: Database) -> None:
    """Run until cancelled. Safe to run in several API processes at once."""
    while True:
        succeeded = await run_in_threadpool(clean_up, files, database)
        await asyncio.sleep(DAY if succeeded else RETRY)


def clean_up(files: Path, database: Database) -> bool:
    """Remove unfinished uploads and contents that no deal has. Returns: False on failure."""

    def is_used(sha256: str) -> bool:
        with database.reading() as store:
            return store.attachments.uses(sha256)

    try:
        unfinished, orphans = sweep(files), sweep_orphans(files, is_used)
    except (OSError, Unavailable) as trouble:
        log.warning("The cleanup of files failed: %s", trouble)
        return False
    if unfinished or orphans:
        log.info(
            "Cleanup of files: removed %s unfinished uploads, %s contents of no deal",
            unfinished,
            orphans,
        )
    return True
