"""Daily comparison of contracts and shipments of all deals with their rows in 1C."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from db.domain.deals.history import Actor, Cause
from db.domain.errors import Unavailable
from db.domain.onec.bindings import Binding
from db.domain.onec.differences import OnecRow, compare
from db.ports.store import OpenStore
from workers.logs import bound
from workers.ports.employees import Employee, EmployeeDirectory
from workers.ports.onec import OnecGateways
from workers.ports.onec_errors import OnecLoginRefused, OnecMisconfigured, OnecRejected
from workers.runtime.polling import BackOff, poll
from workers.services.onec.binding_changes import announce_comparison, store_comparison
from workers.services.onec.discrepancies import TaskChange
from workers.services.onec.number_lookup import UNCONFIRMED
from workers.services.process_variables import WORKER_ACTOR

log = logging.getLogger(__name__)

BATCH = 50
"""Bindings per request to 1C."""
PAUSE = timedelta(seconds=60)
LEASE = timedelta(minutes=15)
"""Longer than a batch takes. When it expires after a crash, another worker starts again."""
DONE_FOR = timedelta(hours=26)
"""How long a day's lease is kept after the reconciliation, so that no worker repeats it."""

Confirm = Callable[[Binding], None]
"""Confirms a number that was accepted without 1C. May raise Unavailable."""


@dataclass(frozen=True)
class Summary:
    """Counts of one reconciliation."""

    compared: int = 0
    changed: int = 0
    tasks: int = 0
    """New user tasks to settle a discrepancy."""
    updated: int = 0
    """Open user tasks that now show a changed discrepancy."""
    confirmed: int = 0
    """Numbers accepted without 1C whose confirmation was tried."""
    failed: int = 0

    def __str__(self) -> str:
        """Return the summary for administrators, in Russian."""
        text = f"Сверено с 1С: {self.compared}. Изменилось: {self.changed}, задач: {self.tasks}."
        if self.updated:
            text += f" Обновлено открытых задач: {self.updated}."
        if self.confirmed:
            text += f" Номеров, принятых без проверки: {self.confirmed}."
        if self.failed:
            text += f" Не удалось сверить: {self.failed}, причины в журнале исполнителей."
        return text


class Reconciler:
    """Compares the bindings (rows of 1C behind numbers of deals) once a day, in one of the workers.

    Safe to repeat because an unchanged row changes nothing.
    """

    def __init__(
        self,
        open_store: OpenStore,
        onec: OnecGateways,
        people: EmployeeDirectory,
        *,
        at: time,
        zone: ZoneInfo,
        confirm: Confirm | None = None,
        infobase: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``infobase``: name of the connected 1C database; bindings to others are not compared."""
        self._open, self._onec, self._people = open_store, onec, people
        self._infobase = infobase
        self._at, self._zone, self._confirm, self._clock = at, zone, confirm, clock

    def run(self, stopping: threading.Event, when: Callable[[], bool] = lambda: True) -> None:
        """Reconcile every day at the configured hour until ``stopping`` is set, while ``when``."""
        poll(
            self.round,
            "Reconciliation with 1C",
            stopping,
            idle=PAUSE,
            back_off=BackOff(PAUSE, PAUSE),
            when=when,
        )

    def round(self) -> None:
        """Reconcile if the configured time has passed and no worker has the lease of this day.

        If no worker runs at that time, the first one that starts on the same day does it.

        Raises: Unavailable; the reconciliation starts again when the lease expires.
        """
        now = self._clock().astimezone(self._zone)
        if now.time() < self._at or not self._take(lease := _lease(now.date())):
            return
        summary = self.reconcile(lambda: self._extend(lease, LEASE))
        self._extend(lease, DONE_FOR)
        log.info("Numbers compared with 1C: %s", summary)

    def reconcile(self, between: Callable[[], None] = lambda: None) -> Summary:
        """Compare all bindings now; ``between`` is called after every batch.

        Every comparison is a transaction of its own, so an error does not undo earlier ones.

        Raises:
            Unavailable: 1C, the identity service or the database does not respond.
            OnecMisconfigured, OnecRejected: 1C refused the login or every request for rows.
        """
        with self._open() as store:
            bindings = store.bindings.all_active()
        with_row = [b for b in bindings if b.ref_key is not None] if self._onec.verifies else []
        known = [b for b in with_row if self._infobase in (None, b.infobase)]
        if foreign := len(with_row) - len(known):
            log.warning("Numbers of another infobase, not compared: %d", foreign)
        summary, any_row, refusal = Summary(failed=foreign), False, None
        for start in range(0, len(known), BATCH):
            batch = known[start : start + BATCH]
            rows, refused = self._read(batch)
            any_row, refusal = any_row or bool(rows), refused or refusal
            if refusal and not any_row and len(batch) == BATCH:
                raise refusal  # the remaining batches would probably be refused as well
            summary = replace(summary, failed=summary.failed + len(batch) - len(rows))
            for binding in batch:
                if binding.id in rows:
                    summary = self._compare_one(binding, rows[binding.id], summary)
            between()
        summary = self._confirm_all(bindings, summary)
        if refusal and not any_row:
            raise refusal
        return summary

    def _read(
        self, batch: Sequence[Binding]
    ) -> tuple[Mapping[str, OnecRow | None], Exception | None]:
        """Read the row of each binding; if 1C refuses the batch, read the rows one by one.

        Returns: rows by binding id, without those that were refused, and the last error.
        """
        try:
            return self._onec.fetch_rows(batch), None
        except (OnecMisconfigured, OnecRejected) as whole:
            if isinstance(whole, OnecLoginRefused):
                raise
            refused: Exception = whole
        rows: dict[str, OnecRow | None] = {}
        for binding in batch:
            with bound(deal_id=binding.deal_id):
                try:
                    rows |= self._onec.fetch_rows([binding])
                except (OnecMisconfigured, OnecRejected) as one:
                    log.error("1C refused the row of a number: %s", one)
                    refused = one
        return rows, refused

    def _compare_one(self, binding: Binding, row: OnecRow | None, summary: Summary) -> Summary:
        """Compare a binding and count it; an unexpected error is logged and counted as failed."""
        with bound(deal_id=binding.deal_id):
            try:
                changed, task = self._compare(binding, row)
            except Unavailable:
                raise
            except Exception:
                log.exception("A number could not be compared with 1C")
                return replace(summary, failed=summary.failed + 1)
        return replace(
            summary,
            compared=summary.compared + 1,
            changed=summary.changed + int(changed),
            tasks=summary.tasks + int(task is TaskChange.NEW),
            updated=summary.updated + int(task is TaskChange.UPDATED),
        )

    def _compare(self, binding: Binding, row: OnecRow | None) -> tuple[bool, TaskChange]:
        """Store the result. Returns: whether it differs from the last one, effect on the task."""
        at = self._clock()
        news = compare(binding, row, at).is_news
        manager = self._manager(binding.deal_id) if news else None
        with self._open() as store:
            deal = store.deals.get(binding.deal_id, for_update=True)
            current = store.bindings.active(binding.deal_id, binding.kind, binding.run)
            if current != binding:
                # The binding has changed since the row was read.
                return False, TaskChange.NONE
            compared = compare(current, row, at)
            store_comparison(store, deal, compared, Actor(WORKER_ACTOR, Cause.WORKER))
            person = manager or Employee(deal.manager, deal.manager)
            return compared.is_news, announce_comparison(store, deal, compared, person, at)

    def _manager(self, deal_id: str) -> Employee | None:
        with self._open() as store:
            login = store.deals.get(deal_id).manager
        return self._people.person(login)

    def _confirm_all(self, bindings: Sequence[Binding], summary: Summary) -> Summary:
        """Try to confirm the numbers that were accepted while 1C did not respond."""
        waiting = [b for b in bindings if b.ref_key is None and b.state in UNCONFIRMED]
        for binding in waiting if self._confirm else ():
            with bound(deal_id=binding.deal_id):
                try:
                    assert self._confirm is not None
                    self._confirm(binding)
                    summary = replace(summary, confirmed=summary.confirmed + 1)
                except Unavailable:
                    raise
                except Exception:
                    log.exception("A number accepted without 1C could not be confirmed")
                    summary = replace(summary, failed=summary.failed + 1)
        return summary

    def _take(self, lease: str) -> bool:
        with self._open() as store:
            return store.leases.take(lease, LEASE)

    def _extend(self, lease: str, duration: timedelta) -> None:
        with self._open() as store:
            store.leases.free(lease)
            store.leases.take(lease, duration)


def _lease(day: date) -> str:
    return f"reconcile-{day.isoformat()}"
