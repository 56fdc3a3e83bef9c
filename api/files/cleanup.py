"""Removes what failed uploads left among the files, at every start and then once a day."""

import asyncio
import logging
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from db.domain.errors import Unavailable
from db.store.blobs import DAY, sweep, sweep_orphans
from db.store.database import Database

log = logging.getLogger(__name__)

RETRY = 600.0  # seconds until the next try when the database did not answer


async def swept_daily(files: Path, database: Database) -> None:
    """Until cancelled. Several API processes may do it at once."""
    while True:
        await asyncio.sleep(DAY if await run_in_threadpool(swept, files, database) else RETRY)


def swept(files: Path, database: Database) -> bool:
    """Once, now. Returns: whether it could be done."""

    def is_used(sha256: str) -> bool:
        with database.reading() as store:
            return store.attachments.uses(sha256)

    try:
        halves, orphans = sweep(files), sweep_orphans(files, is_used)
    except (OSError, Unavailable) as trouble:
        log.warning("The files could not be swept: %s", trouble)
        return False
    if halves or orphans:
        log.info("Swept away: unfinished uploads %s, contents of no deal %s", halves, orphans)
    return True
