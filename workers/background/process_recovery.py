"""Puts a deal whose process is lost, or waits in the wrong place, back where its stage is."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bpmn.camunda.client.rest import (
    EngineConflict,
    EngineRefused,
    ExternalTask,
    ProcessInstance,
    WaitState,
)
from bpmn.camunda.next_steps import misplaced_waits
from bpmn.lint.worker_contracts import (
    AUXILIARY_PROCESSES,
    DEAL_LOST,
    ERROR_VARIABLES,
    MOVE_VERSION,
    STAGE_MOVED,
)
from db.domain.approval import RoundState
from db.domain.catalog import Stage
from db.domain.deal import Deal
from db.domain.entities import OutboxKind
from db.domain.history import Actor, Cause, Change, Kind
from db.ports.store import OpenStore, Store
from workers.ports.services import Services
from workers.services.process_variables import WORKER_ACTOR, DealVariables, deal_variables

STEPPING = (
    "Исполнители ещё делают шаг этой сделки: если за минуту он не закончится, проверьте, работают "
    "ли они, и повторите команду."
)
GONE_ON = "Процесс тем временем пошёл дальше сам: проверьте сделку ещё раз."
LEASE = timedelta(minutes=2)
"""Longer than a start whose answer was lost may take to be seen in the engine."""


class RepairedEngine(Protocol):
    """What a repair needs of `bpmn.camunda.client.rest.Engine`; calls raise `EngineError`."""

    def root_instances(self, business_key: str) -> list[ProcessInstance]: ...

    def running_deals(self) -> set[str]: ...

    def start(
        self,
        process: str,
        business_key: str,
        variables: Mapping[str, Any],
        *,
        at: str,
    ) -> str: ...

    def wait_states(self, instance_id: str) -> list[WaitState]: ...

    def external_tasks(self) -> list[ExternalTask]: ...

    def business_keys(
        self, instance_ids: Iterable[str], *, without: Collection[str] = ()
    ) -> dict[str, str]: ...

    def move(
        self,
        instance_id: str,
        *,
        to: str,
        cancel: Iterable[WaitState],
        variables: Mapping[str, Any] | None = None,
    ) -> None: ...


@dataclass(frozen=True)
class Outcome:
    """What a repair did; ``sentence`` is Russian. ``activity``: where the process goes on now;
    None: it was left alone."""

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
        """Start a process unless the deal has one; move the one it has if it waits elsewhere.

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
            return self._ended(deal.id)
        with self._open() as store:
            waiting = store.outbox.pending(deal.id)
        if any(row.kind is OutboxKind.START for row in waiting):
            return Outcome("Запуск уже в очереди и ждёт движок процессов: восстанавливать нечего.")
        if running := self._engine.root_instances(deal.id):
            return self._moved(deal.id, self._adopted(deal.id, running))
        return self._started(deal.id)

    def _ended(self, deal_id: str) -> Outcome:
        """The process of a closed deal hears once more that it has to end."""
        waits = self._waits_of(deal_id)
        if not waits:
            return Outcome("Сделка закрыта, процесс ей не нужен.")
        if self._is_stepping(deal_id):
            return Outcome(STEPPING)
        if self._waits_of(deal_id) != waits:
            return Outcome(GONE_ON)
        with self._open() as store:
            if not store.outbox.pending(deal_id):
                store.outbox.add(deal_id, OutboxKind.MESSAGE, {"message": DEAL_LOST})
        return Outcome("Сделка закрыта: её процесс сейчас закончится.")

    def _adopted(self, deal_id: str, running: list[ProcessInstance]) -> str:
        """A start whose answer was lost is the deal's process all the same. Returns: its id."""
        with self._open() as store:
            known = store.processes.instance_of(deal_id)
            if known in {one.id for one in running}:
                return known
            store.processes.release(deal_id)
            store.processes.register(deal_id, running[0].id)
        return running[0].id

    def _moved(self, deal_id: str, instance: str) -> Outcome:
        """A wait that is over meanwhile cannot be ended: then the process went on by itself. A move
        whose answer was lost is found done by the next repair.

        The engine is asked first: a stage read before its answer may be that of an earlier wait.
        A process that still does the steps after a change of stage is not interrupted in them.
        """
        waits = self._waits(instance)
        with self._open() as store:
            deal = store.deals.get(deal_id)
            stage = store.catalog.directions[deal.direction].stage(deal.stage)
            variables = self._variables(store, deal)
        wrong = misplaced_waits(stage, waits)
        if not wrong or stage.activity is None:
            return Outcome("Процесс сделки стоит там, где её стадия: восстанавливать нечего.")
        if self._is_stepping(deal_id):
            return Outcome(STEPPING)
        try:
            self._engine.move(instance, to=stage.activity, cancel=wrong, variables=variables)
        except (EngineConflict, EngineRefused) as no:
            if isinstance(no, EngineRefused) and self._waits(instance) == waits:
                return Outcome(
                    f"Процесс идёт по прежней схеме, в ней нет шага для стадии «{stage.name}». "
                    f"Удалите экземпляр {instance} в Cockpit и повторите восстановление."
                )
            return Outcome(GONE_ON)
        self._noted(deal.id, stage, wrong)
        return Outcome(f"Процесс переведён на стадию «{stage.name}».", stage.activity)

    def _waits_of(self, deal_id: str) -> list[WaitState]:
        running = self._engine.root_instances(deal_id)
        return [wait for instance in running for wait in self._waits(instance.id)]

    def _waits(self, instance: str) -> list[WaitState]:
        """None of a process that has ended meanwhile."""
        try:
            return self._engine.wait_states(instance)
        except EngineRefused as gone:
            if gone.status != 404:
                raise
            return []

    def _is_stepping(self, deal_id: str) -> bool:
        """A system step of the deal's own process, or of one that it called, has tries left."""
        steps = [step for step in self._engine.external_tasks() if step.business_key == deal_id]
        alive = {step.instance_id for step in steps if step.retries is None or step.retries > 0}
        return bool(alive and self._engine.business_keys(alive, without=AUXILIARY_PROCESSES))

    def _noted(self, deal_id: str, stage: Stage, wrong: Iterable[WaitState]) -> None:
        """The deal's history tells of the move, and of the round that ended with its approval."""
        left = ", ".join(sorted(wait.activity for wait in wrong))
        changes = [Change(Kind.PROCESS, "", left, stage.activity)]
        with self._open() as store:
            deal = store.deals.get(deal_id, for_update=True)
            last = store.rounds.latest(deal_id)
            if last is not None and not self._engine.business_keys([last.instance_id]):
                state, at = RoundState.WITHDRAWN, datetime.now(UTC)
                if store.rounds.close(deal_id, last.number, state, at):
                    changes.append(Change(Kind.ROUND, str(last.number), RoundState.OPEN, state))
            actor = Actor(WORKER_ACTOR, Cause.WORKER, "repair")
            store.history.append(deal_id, changes, actor, deal.version)

    def _started(self, deal_id: str) -> Outcome:
        with self._open() as store:
            deal = store.deals.get(deal_id)
            direction = store.catalog.directions[deal.direction]
            stage = direction.stage(deal.stage)
            variables = self._variables(store, deal)
        if stage.activity is None:
            return Outcome(f"Стадия «{stage.name}» не указывает, откуда продолжить процесс.")
        instance = self._engine.start(direction.process, deal.id, variables, at=stage.activity)
        with self._open() as store:
            store.processes.release(deal.id)
            store.processes.register(deal.id, instance)
            _wake(store, deal, store.deals.get(deal.id, for_update=True))
        return Outcome(f"Процесс запущен со стадии «{stage.name}».", stage.activity)

    def _variables(self, store: Store, deal: Deal) -> Mapping[str, Any]:
        """What `register-process` would have left in the process."""
        variables = DealVariables(**deal_variables(self._services(store), deal)).variables()
        return {**dict.fromkeys(ERROR_VARIABLES), **variables, "duplicate": False}


def _wake(store: Store, started: Deal, now: Deal) -> None:
    """Somebody moved the deal while its process was being started: it must look once more."""
    if now.moves == started.moves:
        return
    lost = store.catalog.directions[now.direction].stage(now.stage).outcome == "lost"
    moved = {"message": STAGE_MOVED, MOVE_VERSION: started.moves + 1}
    store.outbox.add(now.id, OutboxKind.MESSAGE, {"message": DEAL_LOST} if lost else moved)
