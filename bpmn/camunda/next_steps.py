"""The customer's rule: every open deal has a next step, one that fits its stage; a closed deal
has none. Finds the deals that break it, in bulk."""

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
ON_ITS_WAY = timedelta(minutes=5)
"""An outbox row so young is a next step; an older one is a trouble."""


@dataclass(frozen=True)
class StuckDeal:
    """A deal without the right next step. ``reason`` is a Russian sentence for an administrator;
    ``repairable``: starting or moving its process mends it."""

    deal_id: str
    reason: str
    repairable: bool = False


@dataclass(frozen=True)
class Picture:
    """What waits in the engine at one moment, by deal."""

    manned: frozenset[str]
    """Deals with a task that at least one active person can do."""
    unmanned: Mapping[str, str]
    """Deals with a task nobody can do → name of the task."""
    moving: frozenset[str]
    """Deals with a timer, a job or a system step that has retries left."""
    stepping: frozenset[str]
    """Deals whose own process is on its way from one wait to the next."""
    stopped: Mapping[str, str]
    """Deals with a system step or job out of retries → what stopped."""
    running: frozenset[str]
    """Deals with a process."""
    waits: Mapping[str, Sequence[WaitState]]
    """Deals → where their own process waits."""


@dataclass(frozen=True)
class _Deals:
    """The deals at one moment, as the database has them."""

    open: Mapping[str, Stage]
    closed: frozenset[str]
    """Of the deals that wait in the engine."""
    on_their_way: frozenset[str]
    """The engine is about to hear of them."""


def deals_without_next_step(
    open_store: OpenStore, engine: Engine, now: datetime
) -> list[StuckDeal]:
    """Deals that break the rule, by id. A deal may pass from one step to the next between two
    questions, so a trouble counts when a second look finds the same.

    Raises: EngineUnavailable, Unavailable.
    """
    with open_store() as store:
        catalog = store.catalog
    found: Mapping[str, StuckDeal] = {}
    for attempt in range(2):
        picture = look(engine, catalog)
        troubles = _troubles(_deals(open_store, catalog, picture, now), picture)
        found = {
            one.deal_id: one for one in troubles if attempt == 0 or one == found.get(one.deal_id)
        }
        if not found:
            break
    return [found[deal] for deal in sorted(found)]


def look(engine: Engine, catalog: Catalog) -> Picture:
    """Some twenty questions, however many deals there are. What waits in a process beside the
    deal's own one moves no deal on; a failure's task does, and counts. Raises: EngineUnavailable.
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
    under_way = [(s.instance_id, s.topic, _alive(s), True) for s in steps]
    under_way += [
        (j.instance_id, j.failed_activity or "", j.retries > 0, j.due is None) for j in jobs
    ]
    waiting: dict[str, list[WaitState]] = defaultdict(list)
    for wait in waits:
        if deal := own.get(wait.instance_id):
            waiting[deal].append(wait)
    return Picture(
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
    """Waits that do not fit the stage of an open deal."""
    return [wait for wait in waits if not stage.fits(wait.activity)]


def _deals(open_store: OpenStore, catalog: Catalog, picture: Picture, now: datetime) -> _Deals:
    with open_store() as store:
        found, outbox = store.deals.stages(), store.outbox.pending()
        others = store.deals.stages(picture.waits.keys() - found.keys())
    stages = {
        deal: catalog.directions[direction].stage(code)
        for deal, (direction, code) in {**others, **found}.items()
    }
    return _Deals(
        open={deal: stage for deal, stage in stages.items() if stage.outcome is None},
        closed=frozenset(deal for deal, stage in stages.items() if stage.outcome is not None),
        on_their_way=frozenset(row.deal_id for row in outbox if _is_young(row, now)),
    )


def _is_young(row: OutboxRow, now: datetime) -> bool:
    return now - row.created_at < ON_ITS_WAY


def _alive(step: ExternalTask) -> bool:
    return step.retries is None or step.retries > 0


def _troubles(deals: _Deals, picture: Picture) -> Iterator[StuckDeal]:
    alive = (picture.manned | picture.moving) & picture.running
    for deal, stage in deals.open.items():
        wrong = misplaced_waits(stage, picture.waits.get(deal, ()))
        if deal in deals.on_their_way:
            continue
        if wrong and deal not in picture.stepping:
            told = f"Сделка на стадии «{stage.name}», а её процесс ждёт не там: {_names(wrong)}."
            yield StuckDeal(deal, f"{told} {REPAIR}", repairable=True)
        elif deal not in picture.running:
            yield StuckDeal(deal, f"Процесс сделки не запущен. {REPAIR}", repairable=True)
        elif deal not in alive:
            yield StuckDeal(deal, _reason(deal, picture))
    for deal in deals.closed - picture.stepping - deals.on_their_way:
        told = f"Сделка закрыта, а её процесс ещё ждёт: {_names(picture.waits[deal])}."
        yield StuckDeal(deal, f"{told} {REPAIR}", repairable=True)


def _names(waits: Collection[WaitState]) -> str:
    return ", ".join(sorted(f"«{wait.name or wait.activity}»" for wait in waits))


def _reason(deal: str, picture: Picture) -> str:
    if deal in picture.unmanned:
        task = picture.unmanned[deal]
        return f"Задачу «{task}» некому выполнить: назначьте действующего сотрудника."
    if deal in picture.stopped:
        return (
            f"Системный шаг остановлен ({picture.stopped[deal]}), а задачи «Разобрать сбой» нет: "
            "проверьте исполнителей и откройте инцидент в Cockpit."
        )
    return "Процесс стоит без задачи: проверьте его в Cockpit."
