"""Puts a deal that lost its process back to work, at the point that fits its stage."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from bpmn.contracts import ALWAYS_WRITTEN, DEAL_LOST, MOVE_VERSION, STAGE_MOVED
from bpmn.engine.rest import InstanceRef
from db.domain.deal import Deal
from db.domain.ports import OpenStore, Store
from db.domain.records import OutboxKind
from workers.services import Services
from workers.topics.register_process import Registered
from workers.topics.view import view

LEASE = timedelta(minutes=2)
"""Longer than a start whose answer was lost may take to be seen in the engine."""


class RepairedEngine(Protocol):
    """What a repair needs of `bpmn.engine.rest.Engine`; calls raise `EngineError`."""

    def root_instances(self, business_key: str) -> list[InstanceRef]: ...

    def running_deals(self) -> set[str]: ...

    def start_at(
        self, process: str, business_key: str, activity: str, variables: Mapping[str, Any]
    ) -> str: ...


@dataclass(frozen=True)
class Outcome:
    """What a repair did; ``sentence`` is Russian. ``activity``: where it started, None: nowhere."""

    sentence: str
    activity: str | None = None


class Repairs:
    """Safe to repeat, and by several people at once: a deal has one repair at a time."""

    def __init__(
        self, open_store: OpenStore, engine: RepairedEngine, services: Callable[[Store], Services]
    ) -> None:
        self._open, self._engine, self._services = open_store, engine, services

    def lost(self) -> list[str]:
        """Open deals whose process neither runs nor waits to be started, by id."""
        with self._open() as store:
            deals = set(store.deals.open_ids())
            waiting = {
                row.deal_id for row in store.outbox.pending() if row.kind is OutboxKind.START
            }
        return sorted(deals - waiting - self._engine.running_deals())

    def repair(self, deal_id: str) -> Outcome:
        """Start a process unless the deal has one.

        Raises: DealNotFound; EngineError, Unavailable: nobody knows whether the process started,
        and the lease keeps the next repair from asking too early.
        """
        lease = f"repair-{deal_id}"
        with self._open() as store:
            deal = store.deals.get(deal_id)
            if not store.leases.take(lease, LEASE):
                return Outcome("Восстановление уже идёт: повторите команду через две минуты.")
        outcome = self._repaired(deal)
        with self._open() as store:
            store.leases.free(lease)
        return outcome

    def _repaired(self, deal: Deal) -> Outcome:
        if not deal.is_open:
            return Outcome("Сделка закрыта, процесс ей не нужен.")
        with self._open() as store:
            waiting = store.outbox.pending(deal.id)
        if any(row.kind is OutboxKind.START for row in waiting):
            return Outcome("Запуск уже в очереди и ждёт движок процессов: восстанавливать нечего.")
        if running := self._engine.root_instances(deal.id):
            self._adopt(deal.id, running)
            return Outcome("Процесс сделки идёт, восстанавливать нечего.")
        return self._started(deal.id)

    def _adopt(self, deal_id: str, running: list[InstanceRef]) -> None:
        """A start whose answer was lost is the deal's process all the same."""
        with self._open() as store:
            if store.processes.instance_of(deal_id) not in {one.id for one in running}:
                store.processes.release(deal_id)
                store.processes.register(deal_id, running[0].id)

    def _started(self, deal_id: str) -> Outcome:
        with self._open() as store:
            deal = store.deals.get(deal_id)
            direction = store.catalog.directions[deal.direction]
            stage = direction.stage(deal.stage)
            variables = self._variables(store, deal)
        if stage.activity is None:
            return Outcome(f"Стадия «{stage.name}» не указывает, откуда продолжить процесс.")
        instance = self._engine.start_at(direction.process, deal.id, stage.activity, variables)
        with self._open() as store:
            store.processes.release(deal.id)
            store.processes.register(deal.id, instance)
            _wake(store, deal, store.deals.get(deal.id, for_update=True))
        return Outcome(f"Процесс запущен со стадии «{stage.name}».", stage.activity)

    def _variables(self, store: Store, deal: Deal) -> Mapping[str, Any]:
        """What `register-process` would have left in the process."""
        registered = Registered(duplicate=False, **view(self._services(store), deal))
        names = registered.wire_names().items()
        return {
            **dict.fromkeys(ALWAYS_WRITTEN),
            **{name: getattr(registered, key) for key, name in names},
        }


def _wake(store: Store, started: Deal, now: Deal) -> None:
    """Somebody moved the deal while its process was being started: it must look once more."""
    if now.moves == started.moves:
        return
    lost = store.catalog.directions[now.direction].stage(now.stage).outcome == "lost"
    moved = {"message": STAGE_MOVED, MOVE_VERSION: started.moves + 1}
    store.outbox.add(now.id, OutboxKind.MESSAGE, {"message": DEAL_LOST} if lost else moved)
