"""Audit of next steps: finds open deals without one, or with one that does not fit the stage.

A closed deal must not have a running process. Reads engine and database in bulk.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bpmn.camunda.client.rest import Engine, ExternalTask, WaitState
from bpmn.lint.worker_contracts import AUXILIARY_PROCESSES, SIDE_PROCESSES
from db.domain.catalog import Catalog, Stage
from db.domain.entities import OutboxRow
from db.ports.store import OpenStore

REPAIR = "Запустите восстановление (manage.py repair)."
DELIVERY_GRACE = timedelta(minutes=5)
"""An outbox row younger than this counts as a next step."""


@dataclass(frozen=True)
class StuckDeal:
    """A deal without a valid next step. ``reason`` is a Russian sentence for an administrator;
    ``repairable``: `manage.py repair` can start or move its process."""

    deal_id: str
    reason: str
    repairable: bool = False


@dataclass(frozen=True)
class EngineSnapshot:
    """State of the engine at one moment, by deal."""

    manned: frozenset[str]
    """Deals with a user task that at least one active employee can complete."""
    unmanned: Mapping[str, str]
    """Deals with a user task that no active employee can complete → name of the task."""
    moving: frozenset[str]
    """Deals with a job or external task that has retries left."""
    stepping: frozenset[str]
    """Deals whose main process is between two wait states."""
    stopped: Mapping[str, str]
    """Deals with a job or external task without retries → its activity or topic."""
    running: frozenset[str]
    """Deals with a running process instance."""
    waits: Mapping[str, Sequence[WaitState]]
    """Deals → wait states of their main process."""


@dataclass(frozen=True)
class _Deals:
    """State of the database at one moment."""

    open: Mapping[str, Stage]
    closed: frozenset[str]
    """Closed deals with wait states in the engine."""
    in_outbox: frozenset[str]
    """Deals with an outbox row younger than `DELIVERY_GRACE`."""


def deals_without_next_step(
    open_store: OpenStore, engine: Engine, now: datetime
) -> list[StuckDeal]:
    """Return the deals that violate the rule, by id.

    A deal may move between two queries, so a violation counts only if a second snapshot confirms
    it.

    Raises: EngineUnavailable, Unavailable.
    """
    with open_store() as store:
        catalog = store.catalog
    found: Mapping[str, StuckDeal] = {}
    for attempt in range(2):
        snapshot = take_snapshot(engine, catalog)
        violations = _violations(_deals(open_store, catalog, snapshot, now), snapshot)
        found = {
            one.deal_id: one for one in violations if attempt == 0 or one == found.get(one.deal_id)
        }
        if not found:
            break
    return [found[deal] for deal in sorted(found)]


def take_snapshot(engine: Engine, catalog: Catalog) -> EngineSnapshot:
    """Query the engine: some 20 requests, independent of the number of deals.

    Side processes are left out because they do not move a deal on. The task of a technical
    failure counts. Raises: EngineUnavailable.
    """
    members = {role: {p.login for p in engine.members(role)} for role in sorted(catalog.roles)}
    active = frozenset().union(*members.values())
    tasks = [task for task in engine.tasks() if task.process_key not in SIDE_PROCESSES]
    manned = {task.id for task in tasks if task.assignee in active}
    for role, people in members.items():
        if people:
            manned |= {task.id for task in engine.tasks(candidate_groups=[role])}
    steps, jobs = engine.external_tasks(), engine.jobs()
    waits = engine.wait_states_in({one.process for one in catalog.directions.values()})
    instances = {s.instance_id for s in steps} | {j.instance_id for j in jobs}
    instances |= {wait.instance_id for wait in waits}
    deals = engine.business_keys(instances, without=SIDE_PROCESSES)
    own = engine.business_keys(instances, without=AUXILIARY_PROCESSES)
    under_way = [(s.instance_id, s.topic, _has_retries(s), True) for s in steps]
    under_way += [
        (j.instance_id, j.failed_activity or "", j.retries > 0, j.due is None) for j in jobs
    ]
    waiting: dict[str, list[WaitState]] = defaultdict(list)
    for wait in waits:
        if deal := own.get(wait.instance_id):
            waiting[deal].append(wait)
    return EngineSnapshot(
        manned=frozenset(t.deal_id for t in tasks if t.deal_id and t.id in manned),
        unmanned={t.deal_id: t.name for t in tasks if t.deal_id and t.id not in manned},
        moving=frozenset(deals[at] for at, _, alive, _ in under_way if alive and at in deals),
        stepping=frozenset(
            own[at] for at, _, alive, at_once in under_way if alive and at_once and at in own
        ),
        stopped={deals[at]: what for at, what, alive, _ in under_way if not alive and at in deals},
        running=frozenset(engine.running_deals()),
        waits=waiting,
    )


def misplaced_waits(stage: Stage, waits: Collection[WaitState]) -> list[WaitState]:
    """Return the wait states that do not fit the stage of an open deal."""
    return [wait for wait in waits if not stage.fits(wait.activity)]


def _deals(
    open_store: OpenStore, catalog: Catalog, snapshot: EngineSnapshot, now: datetime
) -> _Deals:
    with open_store() as store:
        found, outbox = store.deals.stages(), store.outbox.pending()
        others = store.deals.stages(snapshot.waits.keys() - found.keys())
    stages = {
        deal: catalog.directions[direction].stage(code)
        for deal, (direction, code) in {**others, **found}.items()
    }
    return _Deals(
        open={deal: stage for deal, stage in stages.items() if stage.outcome is None},
        closed=frozenset(deal for deal, stage in stages.items() if stage.outcome is not None),
        in_outbox=frozenset(row.deal_id for row in outbox if _is_young(row, now)),
    )


def _is_young(row: OutboxRow, now: datetime) -> bool:
    return now - row.created_at < DELIVERY_GRACE


def _has_retries(step: ExternalTask) -> bool:
    return step.retries is None or step.retries > 0


def _violations(deals: _Deals, snapshot: EngineSnapshot) -> Iterator[StuckDeal]:
    alive = (snapshot.manned | snapshot.moving) & snapshot.running
    for deal, stage in deals.open.items():
        wrong = misplaced_waits(stage, snapshot.waits.get(deal, ()))
        if deal in deals.in_outbox:
            continue
        if wrong and deal not in snapshot.stepping:
            text = f"Сделка на стадии «{stage.name}», а её процесс ждёт не там: {_names(wrong)}."
            yield StuckDeal(deal, f"{text} {REPAIR}", repairable=True)
        elif deal not in snapshot.running:
            yield StuckDeal(deal, f"Процесс сделки не запущен. {REPAIR}", repairable=True)
        elif deal not in alive:
            yield StuckDeal(deal, _reason(deal, snapshot))
    for deal in deals.closed - snapshot.stepping - deals.in_outbox:
        text = f"Сделка закрыта, а её процесс ещё ждёт: {_names(snapshot.waits[deal])}."
        yield StuckDeal(deal, f"{text} {REPAIR}", repairable=True)


def _names(waits: Collection[WaitState]) -> str:
    return ", ".join(sorted(f"«{wait.name or wait.activity}»" for wait in waits))


def _reason(deal: str, snapshot: EngineSnapshot) -> str:
    if deal in snapshot.unmanned:
        task = snapshot.unmanned[deal]
        return f"Задачу «{task}» некому выполнить: назначьте действующего сотрудника."
    if deal in snapshot.stopped:
        return (
            f"Системный шаг остановлен ({snapshot.stopped[deal]}), а задачи «Разобрать сбой» нет: "
            "проверьте исполнителей и откройте инцидент в Cockpit."
        )
    return "Процесс стоит без задачи: проверьте его в Cockpit."
