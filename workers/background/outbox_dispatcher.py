"""Dispatches outbox rows to the engine: different deals at once, a deal's rows in order.

Woken by the signal of the database when a row was added; a timed look is the net below it.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from db.domain.deals.entities import OutboxRow
from db.domain.errors import Unavailable
from db.domain.people.roles import ADMINISTRATORS
from db.ports.messaging import OutboxSignal
from db.ports.store import OpenStore
from db.tracing import NO_SPAN, TRACEPARENT, Span, entry
from workers.background.outbox_delivery import (
    Delivered,
    OutboxDelivery,
    Postponed,
    ProcessEngine,
)
from workers.logs import bound
from workers.ports.employees import EmployeeDirectory
from workers.ports.observer import NoObserver, OutboxObserver
from workers.runtime.polling import BackOff, poll
from workers.services.notification_texts import outbox_stuck
from workers.services.notifications import notify_people

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=45)
"""Longer than a row usually takes; a second delivery after it has no effect."""
AT_ONCE = 8
"""Deals whose rows one process delivers at the same time."""
FIRST_PAUSE = timedelta(seconds=0.2)
ROW_BACK_OFF = BackOff(FIRST_PAUSE, timedelta(seconds=30))
"""Pauses between deliveries of a row that the engine refuses."""
ENGINE_BACK_OFF = BackOff(FIRST_PAUSE, timedelta(seconds=10))
"""Pauses of the whole outbox while the engine is unavailable; short, because users wait for it."""
IDLE = timedelta(seconds=2)
"""Between two looks without a signal: for rows that another process left leased or postponed."""
IDLE_UNSIGNALLED = timedelta(seconds=0.5)
"""The same while the signal cannot be heard."""
HEAR = timedelta(seconds=0.5)
"""Longest wait for a signal, so that the end of the process is noticed."""
ALERT_AFTER = timedelta(minutes=5)
"""Age of an undelivered row that is reported to the administrators; its retries go on."""
NEVER = float("inf")

Results = dict[int, Delivered | Postponed]


class OutboxDispatcher:
    """Delivers outbox rows; several worker processes share the outbox by leases.

    One thread leases rows and records results, both in one transaction; a pool delivers the leased
    rows. A deal's next row is due as soon as the one before it is recorded.
    """

    def __init__(
        self,
        owner: str,
        open_store: OpenStore,
        engine: ProcessEngine,
        people: EmployeeDirectory,
        added: OutboxSignal,
        observer: OutboxObserver = NoObserver(),  # noqa: B008 - it has no state
    ) -> None:
        self._observer = observer
        self._owner, self._open, self._people = owner, open_store, people
        self._delivery = OutboxDelivery(open_store, engine)
        self._added, self._hears = added, False
        self._activity = threading.Event()
        """Set when rows were added or a delivery has ended."""
        self._in_hand: dict[int, OutboxRow] = {}
        """Leased rows without a recorded result."""
        self._results: Results = {}
        """Results to record, by row id; they survive an unavailable database."""
        self._retry_at = 0.0
        """When the first postponed row is due again."""
        self._outages, self._paused_until = 0, 0.0
        """Looks in a row that found the engine unavailable, and the pause after the last one."""

    def run(self, stopping: threading.Event) -> None:
        """Deliver rows until ``stopping`` is set, then finish those in hand."""
        hear = partial(self._hear, stopping)
        listener = threading.Thread(target=hear, name="outbox-signal", daemon=True)
        listener.start()
        with ThreadPoolExecutor(AT_ONCE, "outbox") as pool:
            turn = partial(self._turn, pool.submit)
            poll(turn, "Outbox", stopping, idle=IDLE, back_off=ENGINE_BACK_OFF)
        with suppress(Unavailable):  # then the rows are delivered again after their lease
            self._record_and_lease(self._results.copy(), 0)
        listener.join()

    def _hear(self, stopping: threading.Event) -> None:
        """Wake the dispatcher when rows were added, until ``stopping`` is set."""

        def wait() -> bool:
            try:
                heard = self._added.wait(HEAR)
            except Unavailable:
                self._hears = False
                raise
            self._hears = True
            if heard:
                self._activity.set()
            return True

        poll(wait, "Outbox signal", stopping, idle=HEAR, back_off=ENGINE_BACK_OFF)
        self._activity.set()

    def _turn(self, submit: Callable[..., object]) -> bool:
        """Wait for something to do, record results, and submit due rows to the pool.

        Raises: Unavailable (database); a later turn records the results.
        """
        self._activity.wait(self._patience())
        self._activity.clear()
        results = self._results.copy()
        engine_is_silent = any(
            isinstance(result, Postponed) and result.unavailable for result in results.values()
        )
        places = 0 if engine_is_silent else self._free_places()
        leased = self._record_and_lease(results, places)
        for row in leased:
            if row.id not in self._in_hand:  # else it takes longer than its lease
                self._in_hand[row.id] = row
                submit(self._deliver, row)
        if results:
            self._note_outage(engine_is_silent)
        finished = [(self._in_hand.pop(row_id), result) for row_id, result in results.items()]
        for row_id in results:
            del self._results[row_id]
        for row, result in finished:
            if isinstance(result, Postponed):
                self._alert(row)
        return True

    def _patience(self) -> float:
        """Seconds until the next look, unless there is activity before."""
        now = time.monotonic()
        idle = IDLE if self._hears else IDLE_UNSIGNALLED
        seconds = idle.total_seconds() * random.uniform(0.8, 1.0)
        if now < self._paused_until:
            return self._paused_until - now
        if self._free_places() > 0:
            return max(0.0, min(seconds, self._retry_at - now))
        return seconds

    def _free_places(self) -> int:
        """Number of rows to lease; after an outage of the engine one, as a probe."""
        if time.monotonic() < self._paused_until:
            return 0
        at_once = 1 if self._outages else AT_ONCE
        return at_once - len(self._in_hand) + len(self._results)

    def _deliver(self, row: OutboxRow) -> None:
        """Deliver a row in a thread of the pool."""
        with bound(deal_id=row.deal_id), _traced(row) as span:
            try:
                result = self._delivery.deliver(row)
            except Unavailable as trouble:
                result = Postponed(f"database: {trouble}")
            span.note("pit.deal", row.deal_id)
            span.note("pit.attempt", row.attempts)
            if isinstance(result, Postponed):
                span.fail(result.why)
        self._results[row.id] = result
        self._activity.set()

    def _record_and_lease(self, results: Results, places: int) -> Sequence[OutboxRow]:
        """Record results and lease up to ``places`` due rows, in one transaction."""
        if not results and places <= 0:
            return ()
        delivered = [row_id for row_id, one in results.items() if isinstance(one, Delivered)]
        postponed = {
            row_id: (one.why, self._pause(self._in_hand[row_id], one))
            for row_id, one in results.items()
            if isinstance(one, Postponed)
        }
        mine: Collection[int] = ()
        leased: Sequence[OutboxRow] = ()
        looked_at = time.monotonic()
        with self._open() as store:
            if delivered:
                mine = store.outbox.delivered(delivered, self._owner)
            for row_id, (why, pause) in postponed.items():
                store.outbox.postponed(row_id, self._owner, why, pause)
            if places > 0:
                leased = store.outbox.lease(self._owner, LEASE, places)
        if places > 0 and looked_at >= self._retry_at:
            self._retry_at = NEVER
        for _, pause in postponed.values():
            self._retry_at = min(self._retry_at, time.monotonic() + pause.total_seconds())
        for row_id, result in results.items():
            self._report(self._in_hand[row_id], result, row_id in mine)
        return leased

    def _note_outage(self, silent: bool) -> None:
        """Pause, longer each time, while the engine is unavailable."""
        if not silent:
            self._outages = 0
        elif time.monotonic() >= self._paused_until:  # else delivered before the pause began
            if not self._outages:
                log.warning("Outbox: paused, the engine is unavailable")
            pause = ENGINE_BACK_OFF.pause(self._outages)
            self._outages += 1
            self._paused_until = time.monotonic() + pause.total_seconds()

    @staticmethod
    def _pause(row: OutboxRow, result: Postponed) -> timedelta:
        # While the engine is unavailable the whole outbox pauses: the row need not.
        return FIRST_PAUSE if result.unavailable else ROW_BACK_OFF.pause(row.attempts - 1)

    def _report(self, row: OutboxRow, result: Delivered | Postponed, mine: bool) -> None:
        with bound(deal_id=row.deal_id):
            if isinstance(result, Delivered):
                other = "" if mine else ", by another worker"
                log.info("Outbox row %d: %s%s", row.id, result.how, other)
            else:
                log.warning("Outbox row %d is retried: %s", row.id, result.why)
        if isinstance(result, Delivered):
            age = datetime.now(UTC) - row.created_at
            self._observer.delivered(row.kind.value, age.total_seconds())
        else:
            self._observer.postponed(row.kind.value)

    def _alert(self, row: OutboxRow) -> None:
        age = datetime.now(UTC) - row.created_at
        if age < ALERT_AFTER or row.alerted_at is not None:
            return
        administrators = self._people.last_known(ADMINISTRATORS)
        with self._open() as store:
            deal = store.deals.get(row.deal_id)
            text = outbox_stuck(deal.title, int(age / timedelta(minutes=1)))
            notify_people(store, administrators, f"outbox-{row.id}", text, row.deal_id)
            store.outbox.alerted(row.id)
        log.error(
            "Outbox row %d waits for %d s; the administrators are notified", row.id, age.seconds
        )


def _traced(row: OutboxRow) -> AbstractContextManager[Span]:
    """Part of the trace of the request that wrote the row, if it has one."""
    parent = row.payload.get(TRACEPARENT)
    return entry(f"deliver {row.kind.value}", parent) if isinstance(parent, str) else NO_SPAN
