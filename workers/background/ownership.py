"""Lease that makes one worker process the owner of all background work."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from db.domain.errors import Unavailable
from db.ports.store import OpenStore
from workers.runtime.polling import BackOff, poll

log = logging.getLogger(__name__)

NAME = "background"
LEASE = timedelta(seconds=30)
"""After so long without a renewal another process becomes the owner."""
RENEWED_EVERY = timedelta(seconds=10)


class Ownership:
    """Lease of the background work, renewed by a loop of its own.

    Several owners at once do no harm, for instance after a process was suspended, because every
    loop is safe to run in several processes. One owner makes several processes as cheap as one.
    """

    def __init__(
        self, worker: str, open_store: OpenStore, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._worker, self._open, self._clock = worker, open_store, clock
        self._until = float("-inf")

    def held(self) -> bool:
        """Return whether the lease is ours and has not expired. Asks nobody."""
        return self._clock() < self._until

    def run(self, stopping: threading.Event) -> None:
        """Take and renew the lease until ``stopping`` is set, then leave it to others."""
        back_off = BackOff(RENEWED_EVERY, RENEWED_EVERY)
        poll(self.renew, "Background work", stopping, idle=RENEWED_EVERY, back_off=back_off)
        try:
            self.leave()
        except Unavailable as trouble:
            log.info("The background work is left when its lease expires: %s", trouble)

    def renew(self) -> None:
        """Take or extend the lease once. Raises: Unavailable."""
        asked_at = self._clock()
        with self._open() as store:
            mine = store.leases.hold(NAME, self._worker, LEASE)
        if mine and not self.held():
            log.info("This process does the background work now")
        self._until = asked_at + LEASE.total_seconds() if mine else float("-inf")

    def leave(self) -> None:
        """Release the lease if it is ours. Raises: Unavailable."""
        self._until = float("-inf")
        with self._open() as store:
            store.leases.leave(NAME, self._worker)
