"""Recovery of a deal's process: starts a lost one, moves a misplaced one to the deal's stage."""

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
from db.domain.catalog import Stage
from db.domain.deals.deal import Deal
from db.domain.deals.entities import OutboxKind
from db.domain.deals.history import Actor, Cause, Change, Kind
from db.ports.store import OpenStore, Store
from workers.ports.services import Services
from workers.services.approval import withdraw_round
from workers.services.process_variables import WORKER_ACTOR, DealVariables, deal_variables

STEP_RUNNING = (
    "Исполнители ещё делают шаг этой сделки: если за минуту он не закончится, проверьте, работают "
    "ли они, и повторите команду."
)
MOVED_ON = "Процесс тем временем пошёл дальше сам: проверьте сделку ещё раз."
AT_ONCE = 1000
"""Running instances that are read at once."""
LEASE = timedelta(minutes=2)
"""Lock on starting one process. A start whose response was lost is visible in the engine sooner."""


class RecoveryEngine(Protocol):
    """Calls to `bpmn.camunda.client.rest.Engine`; each raises `EngineError`."""

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

    def main_instances(self, first: int, count: int) -> list[ProcessInstance]: ...

    def change_process(self, instance: ProcessInstance, process: str) -> None: ...


@dataclass(frozen=True)
class Recovery:
    """Result of one recovery."""

    sentence: str
    """Russian, for the operator."""
    activity: str | None = None
    """Id of the activity, or of the process, in which it continues; None if it was not changed."""


class ProcessRecovery:
    """Recovers processes of deals.

    Safe to repeat and to run concurrently, because a lease allows one recovery per deal.
    """

    def __init__(
        self, open_store: OpenStore, engine: RecoveryEngine, services: Callable[[Store], Services]
    ) -> None:
        self._open, self._engine, self._services = open_store, engine, services

    def lost(self) -> list[str]:
        """Return ids of open deals without a running process and without a queued start."""
        with self._open() as store:
            deals = set(store.deals.open_ids())
            waiting = {
                row.deal_id for row in store.outbox.pending() if row.kind is OutboxKind.START
            }
        return sorted(deals - waiting - self._engine.running_deals())

    def foreign(self) -> list[str]:
        """Return ids of open deals whose process is not the one of their direction any more."""
        found: list[str] = []
        first = 0
        while page := self._engine.main_instances(first, AT_ONCE):
            first += len(page)
            with self._open() as store:
                stages = store.deals.stages([one.business_key for one in page])
                processes = {code: one.process for code, one in store.catalog.directions.items()}
            for one in page:
                direction, _ = stages.get(one.business_key, (None, None))
                if direction is not None and processes.get(direction) != one.process_key:
                    found.append(one.business_key)
            if len(page) < AT_ONCE:
                break
        return sorted(found)

    def repair(self, deal_id: str) -> Recovery:
        """Start the process of a deal that has none, or move one that waits in the wrong activity.
        An instance of another process goes on by the process of the deal's direction.

        Raises: DealNotFound; EngineError, Unavailable: the result is unknown, and the lease delays
        the next recovery until it is visible.
        """
        lease = f"repair-{deal_id}"
        with self._open() as store:
            deal = store.deals.get(deal_id)
            if not store.leases.take(lease, LEASE):
                return Recovery("Восстановление уже идёт: повторите команду через две минуты.")
        outcome = self._repaired(deal)
        with self._open() as store:
            store.leases.free(lease)
        return outcome

    def _repaired(self, deal: Deal) -> Recovery:
        if not deal.is_open:
            return self._ended(deal.id)
        with self._open() as store:
            waiting = store.outbox.pending(deal.id)
        if any(row.kind is OutboxKind.START for row in waiting):
            return Recovery("Запуск уже в очереди и ждёт движок процессов: восстанавливать нечего.")
        if running := self._engine.root_instances(deal.id):
            instance = self._adopted(deal.id, running)
            changed = self._changed(deal, next(one for one in running if one.id == instance))
            if isinstance(changed, Recovery):
                return changed
            moved = self._moved(deal.id, instance)
            if not changed or moved.activity is not None:
                return moved
            return Recovery("Процесс переведён на схему своего направления.", changed)
        return self._started(deal.id)

    def _ended(self, deal_id: str) -> Recovery:
        """Send the end message to the process of a closed deal again."""
        waits = self._waits_of(deal_id)
        if not waits:
            return Recovery("Сделка закрыта, процесс ей не нужен.")
        if self._has_running_step(deal_id):
            return Recovery(STEP_RUNNING)
        if self._waits_of(deal_id) != waits:
            return Recovery(MOVED_ON)
        with self._open() as store:
            if not store.outbox.pending(deal_id):
                store.outbox.add(deal_id, OutboxKind.MESSAGE, {"message": DEAL_LOST})
        return Recovery("Сделка закрыта: её процесс сейчас закончится.")

    def _adopted(self, deal_id: str, running: list[ProcessInstance]) -> str:
        """Register the running instance of a start whose answer was lost. Returns: its id."""
        with self._open() as store:
            known = store.processes.instance_of(deal_id)
            if known in {one.id for one in running}:
                return known
            store.processes.release(deal_id)
            store.processes.register(deal_id, running[0].id)
        return running[0].id

    def _changed(self, deal: Deal, instance: ProcessInstance) -> str | Recovery:
        """Let an instance of another process go on by that of the deal's direction.

        Returns: the id of that process; "" if the instance is right already; else why not.
        """
        with self._open() as store:
            process = store.catalog.direction_of(deal).process
        if instance.process_key == process:
            return ""
        if self._has_running_step(deal.id):
            return Recovery(STEP_RUNNING)
        try:
            self._engine.change_process(instance, process)
        except EngineConflict:
            return Recovery(MOVED_ON)
        except EngineRefused:
            return ""  # no activity in common: it is moved, or named to the administrator
        change = Change(Kind.PROCESS, "", instance.process_key, process)
        actor = Actor(WORKER_ACTOR, Cause.WORKER, "repair")
        with self._open() as store:
            version = store.deals.get(deal.id, for_update=True).version
            store.history.append(deal.id, [change], actor, version)
        return process

    def _moved(self, deal_id: str, instance: str) -> Recovery:
        """Move the token of a misplaced process to the activity of the deal's stage.

        The engine is read before the deal: an earlier read could return an outdated stage. A
        process that still executes steps after a stage move is not interrupted. A wait that ended
        meanwhile means that the process continued; a move whose answer was lost is found by the
        next recovery.
        """
        waits = self._waits(instance)
        with self._open() as store:
            deal = store.deals.get(deal_id)
            stage = store.catalog.stage_of(deal)
            variables = self._variables(store, deal)
        wrong = misplaced_waits(stage, waits)
        if not wrong or stage.activity is None:
            return Recovery("Процесс сделки стоит там, где её стадия: восстанавливать нечего.")
        if self._has_running_step(deal_id):
            return Recovery(STEP_RUNNING)
        try:
            self._engine.move(instance, to=stage.activity, cancel=wrong, variables=variables)
        except (EngineConflict, EngineRefused) as no:
            if isinstance(no, EngineRefused) and self._waits(instance) == waits:
                return Recovery(
                    f"Процесс идёт по прежней схеме, в ней нет шага для стадии «{stage.name}». "
                    f"Удалите экземпляр {instance} в Cockpit и повторите восстановление."
                )
            return Recovery(MOVED_ON)
        self._record(deal.id, stage, wrong)
        return Recovery(f"Процесс переведён на стадию «{stage.name}».", stage.activity)

    def _waits_of(self, deal_id: str) -> list[WaitState]:
        running = self._engine.root_instances(deal_id)
        return [wait for instance in running for wait in self._waits(instance.id)]

    def _waits(self, instance: str) -> list[WaitState]:
        """Return the waits of an instance, none if it has ended meanwhile."""
        try:
            return self._engine.wait_states(instance)
        except EngineRefused as gone:
            if gone.status != 404:
                raise
            return []

    def _has_running_step(self, deal_id: str) -> bool:
        """Return whether an external task of the deal's own or called process has retries left."""
        steps = [step for step in self._engine.external_tasks() if step.business_key == deal_id]
        alive = {step.instance_id for step in steps if step.retries is None or step.retries > 0}
        return bool(alive and self._engine.business_keys(alive, without=AUXILIARY_PROCESSES))

    def _record(self, deal_id: str, stage: Stage, wrong: Iterable[WaitState]) -> None:
        """Record the move, and withdraw a round whose approval instance ended with it."""
        left = ", ".join(sorted(wait.activity for wait in wrong))
        changes = [Change(Kind.PROCESS, "", left, stage.activity)]
        with self._open() as store:
            deal = store.deals.get(deal_id, for_update=True)
            last = store.rounds.latest(deal_id)
            ended = last is not None and not self._engine.business_keys([last.instance_id])
            if ended and (change := withdraw_round(store, deal, datetime.now(UTC))):
                changes.append(change)
            actor = Actor(WORKER_ACTOR, Cause.WORKER, "repair")
            store.history.append(deal_id, changes, actor, deal.version)

    def _started(self, deal_id: str) -> Recovery:
        with self._open() as store:
            deal = store.deals.get(deal_id)
            direction = store.catalog.direction_of(deal)
            stage = store.catalog.stage_of(deal)
            variables = self._variables(store, deal)
        if stage.activity is None:
            return Recovery(f"Стадия «{stage.name}» не указывает, откуда продолжить процесс.")
        instance = self._engine.start(direction.process, deal.id, variables, at=stage.activity)
        with self._open() as store:
            store.processes.release(deal.id)
            store.processes.register(deal.id, instance)
            _wake(store, deal, store.deals.get(deal.id, for_update=True))
        return Recovery(f"Процесс запущен со стадии «{stage.name}».", stage.activity)

    def _variables(self, store: Store, deal: Deal) -> Mapping[str, Any]:
        """Return the variables that `register-process` would have written."""
        variables = DealVariables(**deal_variables(self._services(store), deal)).variables()
        return {**dict.fromkeys(ERROR_VARIABLES), **variables, "duplicate": False}


def _wake(store: Store, started: Deal, now: Deal) -> None:
    """Send the message of a stage move that happened while the process was being started."""
    if now.moves == started.moves:
        return
    lost = store.catalog.stage_of(now).outcome == "lost"
    moved = {"message": STAGE_MOVED, MOVE_VERSION: started.moves + 1}
    store.outbox.add(now.id, OutboxKind.MESSAGE, {"message": DEAL_LOST} if lost else moved)
