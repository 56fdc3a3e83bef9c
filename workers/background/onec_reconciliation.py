"""Every night: do the numbers of deals still stand in 1C as they were taken?"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from db.domain.errors import Unavailable
from db.domain.history import Actor, Cause
from db.domain.onec_bindings import Binding
from db.domain.onec_differences import OnecRow, compare
from db.ports.store import OpenStore
from workers.background.polling import keep_looking
from workers.integrations.onec.errors import OnecLoginRefused, OnecMisconfigured, OnecRejected
from workers.logs import bound
from workers.ports.employees import Employee, EmployeeDirectory
from workers.ports.onec_rows import OnecRows, read_rows
from workers.services.onec.binding_changes import PersonsTask, announce, keep
from workers.services.onec.confirmation import UNCONFIRMED
from workers.services.process_variables import WORKER_ACTOR

log = logging.getLogger(__name__)

PORTION = 50
"""Bindings per question to 1C."""
PAUSE_SECONDS = 60.0
LEASE = timedelta(minutes=15)
"""Longer than a portion takes; the night of a worker that died goes on after it."""
DONE_FOR = timedelta(hours=26)

Confirm = Callable[[Binding], None]
"""Asks 1C for a number that was taken without asking. May raise Unavailable."""


@dataclass(frozen=True)
class Summary:
    """What one pass found."""

    asked: int = 0
    changed: int = 0
    tasks: int = 0
    """New ones."""
    updated: int = 0
    """Open ones that show something else now."""
    confirmed: int = 0
    """Numbers taken without 1C that were handed over to be confirmed."""
    failed: int = 0

    def __str__(self) -> str:
        """For the person who asked for it."""
        words = f"Сверено с 1С: {self.asked}. Изменилось: {self.changed}, задач: {self.tasks}."
        if self.updated:
            words += f" Обновлено открытых задач: {self.updated}."
        if self.confirmed:
            words += f" Номеров, принятых без проверки: {self.confirmed}."
        if self.failed:
            words += f" Не удалось сверить: {self.failed}, причины в журнале исполнителей."
        return words


class Reconciler:
    """One worker of several does the night; whatever it does is safe to do again."""

    def __init__(
        self,
        open_store: OpenStore,
        rows: OnecRows,
        people: EmployeeDirectory,
        *,
        at: time,
        zone: ZoneInfo,
        confirm: Confirm | None = None,
        infobase: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``infobase``: whose rows these are; numbers of another one are not looked for in it."""
        self._open, self._rows, self._people = open_store, rows, people
        self._infobase = infobase
        self._at, self._zone, self._confirm, self._clock = at, zone, confirm, clock

    def run(self, stopping: threading.Event) -> None:
        """Wait for the hour, every day, until told to stop."""
        keep_looking(self.round, "Numbers of 1C", PAUSE_SECONDS, stopping)

    def round(self) -> None:
        """Do this day's pass, if its hour has come and nobody does it or has done it.

        A day whose hour was slept through is made up for. Raises: Unavailable; then the pass is
        begun anew when the lease is over.
        """
        now = self._clock().astimezone(self._zone)
        if now.time() < self._at or not self._take(lease := _lease(now.date())):
            return
        summary = self.reconcile(lambda: self._extend(lease, LEASE))
        self._extend(lease, DONE_FOR)
        log.info("Numbers compared with 1C: %s", summary)

    def reconcile(self, between: Callable[[], None] = lambda: None) -> Summary:
        """Compare everything now; ``between`` is called after every portion.

        Raises: Unavailable, 1C, people or database do not answer; OnecMisconfigured or
            OnecRejected, 1C shows us nothing. What is done is done.
        """
        with self._open() as store:
            bindings = store.bindings.all_active()
        bound_ones = [b for b in bindings if b.ref_key is not None] if self._rows.verifies else []
        known = [b for b in bound_ones if self._infobase in (None, b.infobase)]
        if foreign := len(bound_ones) - len(known):
            log.warning("Numbers of another infobase, not compared: %d", foreign)
        summary, shown, refusal = Summary(failed=foreign), False, None
        for start in range(0, len(known), PORTION):
            portion = known[start : start + PORTION]
            rows, refused = self._read(portion)
            shown, refusal = shown or bool(rows), refused or refusal
            if refusal and not shown and len(portion) == PORTION:
                raise refusal  # it will not show the rest either
            summary = replace(summary, failed=summary.failed + len(portion) - len(rows))
            for binding in portion:
                if binding.id in rows:
                    summary = self._one(binding, rows[binding.id], summary)
            between()
        summary = self._confirmed(bindings, summary)
        if refusal and not shown:
            raise refusal
        return summary

    def _read(
        self, portion: Sequence[Binding]
    ) -> tuple[Mapping[str, OnecRow | None], Exception | None]:
        """Row of each binding, and why some are left out: one that 1C refuses to show must not
        hide the others, and nobody knows what became of it.
        """
        try:
            return read_rows(self._rows, portion), None
        except (OnecMisconfigured, OnecRejected) as whole:
            if isinstance(whole, OnecLoginRefused):
                raise
            refused: Exception = whole
        rows: dict[str, OnecRow | None] = {}
        for binding in portion:
            with bound(deal_id=binding.deal_id):
                try:
                    rows |= read_rows(self._rows, [binding])
                except (OnecMisconfigured, OnecRejected) as one:
                    log.error("1C does not show a number's row: %s", one)
                    refused = one
        return rows, refused

    def _one(self, binding: Binding, row: OnecRow | None, summary: Summary) -> Summary:
        """One that breaks must not hide the others; it is tried again the next night."""
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
            asked=summary.asked + 1,
            changed=summary.changed + int(changed),
            tasks=summary.tasks + int(task is PersonsTask.NEW),
            updated=summary.updated + int(task is PersonsTask.UPDATED),
        )

    def _compare(self, binding: Binding, row: OnecRow | None) -> tuple[bool, PersonsTask]:
        """Returns: whether something changed, and what became of the task to settle it."""
        at = self._clock()
        news = compare(binding, row, at).is_news
        manager = self._manager(binding.deal_id) if news else None
        with self._open() as store:
            deal = store.deals.get(binding.deal_id, for_update=True)
            current = store.bindings.active(binding.deal_id, binding.kind, binding.run)
            if current != binding:
                # Somebody was faster: another number, or another look.
                return False, PersonsTask.NONE
            compared = compare(current, row, at)
            keep(store, deal, compared, Actor(WORKER_ACTOR, Cause.WORKER))
            person = manager or Employee(deal.manager, deal.manager)
            return compared.is_news, announce(store, deal, compared, person, at)

    def _manager(self, deal_id: str) -> Employee | None:
        with self._open() as store:
            login = store.deals.get(deal_id).manager
        return self._people.person(login)

    def _confirmed(self, bindings: Sequence[Binding], summary: Summary) -> Summary:
        """Numbers that were taken while 1C was down are somebody else's to confirm."""
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
                    log.exception("A number taken without 1C could not be confirmed")
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
