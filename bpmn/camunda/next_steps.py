"""Audit of next steps: finds open deals without one, or with one that does not fit the stage.

A closed deal must not have a running process. The whole company is first sifted by queries with few
or short rows: a deal is suspect unless its process waits at an activity of its stage, everything
under it waits for people, and none of these tasks lacks them. Only suspects are examined in full.
A page examines its deals without sifting.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bpmn.camunda.client.rest import (
    Activity,
    Engine,
    ExternalTask,
    ProcessInstance,
    UserTask,
    WaitState,
)
from bpmn.lint.worker_contracts import AUXILIARY_PROCESSES, SIDE_PROCESSES
from db.domain.catalog import Catalog, Stage
from db.domain.deals.entities import OutboxRow
from db.ports.store import OpenStore

REPAIR = "Запустите восстановление (manage.py repair)."
DELIVERY_GRACE = timedelta(minutes=5)
"""An outbox row younger than this counts as a next step."""
AT_ONCE = 1000
"""Open deals, or running instances, that one page looks at."""
INSTANCES = "i-"
"""Beginning of a cursor into the running instances, behind the one of the last open deal."""


@dataclass(frozen=True)
class StuckDeal:
    """A deal without a valid next step. ``reason`` is a Russian sentence for an administrator;
    ``repairable``: `manage.py repair` can start or move its process."""

    deal_id: str
    reason: str
    repairable: bool = False


@dataclass(frozen=True)
class StuckPage:
    """Deals without a next step on one page of the audit, in the order of the cursor."""

    found: Sequence[tuple[StuckDeal, str]]
    """Stuck deals, each with the cursor that continues behind it."""
    next: str | None
    """Cursor of the next page; None after the last one."""


@dataclass(frozen=True)
class _Steps:
    """External tasks and jobs of some deals."""

    moving: frozenset[str]
    """Deals with a job or external task that has retries left."""
    stepping: frozenset[str]
    """Deals whose main process is between two wait states."""
    stopped: Mapping[str, str]
    """Deals with a job or external task without retries → its activity or topic."""


def deals_without_next_step(
    open_store: OpenStore, engine: Engine, now: datetime
) -> list[StuckDeal]:
    """Return the deals that violate the rule, by id.

    Raises: EngineUnavailable, Unavailable.
    """
    audit = _Audit(open_store, engine, now)
    return audit.stuck(audit.suspects())


def stuck_page(open_store: OpenStore, engine: Engine, now: datetime, after: str) -> StuckPage:
    """Look at the next `AT_ONCE` deals behind the cursor ``after``, "" at the beginning.

    First come the open deals by number, then the closed deals whose process runs. Instances have no
    stable order to continue in, so one that moves to an earlier page meanwhile waits for the next
    audit. Raises: EngineUnavailable, Unavailable.
    """
    audit = _Audit(open_store, engine, now)
    if after.startswith(INSTANCES):
        return audit.closed_page(int(after.removeprefix(INSTANCES)))
    return audit.open_page(after)


class _Audit:
    """Checks of deals with the people who are active at its beginning."""

    def __init__(self, open_store: OpenStore, engine: Engine, now: datetime) -> None:
        self._open, self._engine, self._now = open_store, engine, now
        with open_store() as store:
            self._catalog: Catalog = store.catalog
        members = {role: {p.login for p in engine.members(role)} for role in self._catalog.roles}
        self._staffed = sorted(role for role, people in members.items() if people)
        self._active = frozenset().union(*members.values())
        self._main = {one.process for one in self._catalog.directions.values()}

    def open_page(self, after: str) -> StuckPage:
        with self._open() as store:
            deals = list(store.deals.open_after(after, AT_ONCE))
        found = self.stuck(deals)
        found.sort(key=lambda one: deals.index(one.deal_id))
        return StuckPage(
            [(one, one.deal_id) for one in found],
            deals[-1] if len(deals) == AT_ONCE else f"{INSTANCES}0",
        )

    def closed_page(self, first: int) -> StuckPage:
        roots = self._engine.main_instances(first, AT_ONCE)
        places = {root.business_key or "": first + at for at, root in enumerate(roots)}
        with self._open() as store:
            stages = store.deals.stages(places)
        found = self.stuck([deal for deal, at in stages.items() if self._stage(at).outcome])
        found.sort(key=lambda one: places[one.deal_id])
        return StuckPage(
            [(one, f"{INSTANCES}{places[one.deal_id] + 1}") for one in found],
            f"{INSTANCES}{first + AT_ONCE}" if len(roots) == AT_ONCE else None,
        )

    def suspects(self) -> set[str]:
        """Return ids of all deals that may violate the rule; the others do not."""
        with self._open() as store:
            stages = store.deals.stages()
        activities = self._engine.running_activities()
        waits = {a.id for a in activities if a.waits and a.process_key in self._main}
        places = set(stages.values())
        settled, suspects = set[str](), set[str]()
        for activity in sorted(waits):
            fitting = {at for at in places if self._stage(at).fits(activity)}
            for deal in self._engine.deals_at({activity}, processes=self._main):
                (settled if stages.get(deal) in fitting else suspects).add(deal)
        others = {a.id for a in activities if not a.leads_to_people}
        doubtful = set(self._engine.deals_at(others))
        tasks = self._engine.unmanned_tasks(self._active, self._staffed)
        doubtful |= {task.deal_id for task in tasks if task.deal_id}
        return suspects | (doubtful & stages.keys()) | (stages.keys() - settled)

    def stuck(self, deals: Collection[str]) -> list[StuckDeal]:
        """Return those of the deals that violate the rule, by id.

        A deal may move between two queries, so a violation counts only if a second look confirms
        it.
        """
        found = {one.deal_id: one for one in self._violations(deals)}
        again = self._violations(found) if found else ()
        return sorted(
            (one for one in again if one == found[one.deal_id]), key=lambda one: one.deal_id
        )

    def _violations(self, deals: Collection[str]) -> list[StuckDeal]:
        with self._open() as store:
            stages = {at: self._stage(of) for at, of in store.deals.stages(deals).items()}
        running = self._running(stages)
        runs = {
            one.business_key
            for one in running
            if one.is_root and one.process_key not in AUXILIARY_PROCESSES
        }
        tasks = self._engine.tasks_in({one.id: one.business_key for one in running})
        manned = self._manned(tasks)
        wrong: dict[str, list[str]] = defaultdict(list)
        for deal, activity in self._waits(running, tasks):
            if not stages[deal].fits(activity.id):
                wrong[deal].append(activity.name or activity.id)
        halted = runs - manned
        steps = self._steps([one for one in running if one.business_key in halted | wrong.keys()])
        unmanned = {task.deal_id: task.name for task in tasks if task.deal_id not in manned}

        def violation(deal: str, stage: Stage) -> StuckDeal | None:
            if deal in wrong and deal not in steps.stepping:
                return _misplaced(deal, stage, wrong[deal])
            if stage.outcome is not None:
                return None
            if deal not in runs:
                return StuckDeal(deal, f"Процесс сделки не запущен. {REPAIR}", repairable=True)
            if deal in halted and deal not in steps.moving:
                return _halted(deal, unmanned.get(deal), steps.stopped.get(deal))
            return None

        checked = (violation(deal, stage) for deal, stage in stages.items())
        found = [one for one in checked if one is not None]
        return self._without_young(found) if found else []

    def _stage(self, at: tuple[str, str]) -> Stage:
        direction, code = at
        return self._catalog.directions[direction].stage(code)

    def _running(self, deals: Collection[str]) -> list[ProcessInstance]:
        """Return the running instances of deals.

        Side processes are left out because they do not move a deal on. The process of a technical
        failure counts for its task.
        """
        running = self._engine.running_instances(deals)
        return [one for one in running if one.process_key not in SIDE_PROCESSES]

    def _manned(self, tasks: Collection[UserTask]) -> set[str]:
        """Return the deals with a task that at least one active employee can complete."""
        assigned = [task for task in tasks if task.assignee in self._active]
        free = {task.instance_id: task.deal_id or "" for task in tasks if task.assignee is None}
        offered = self._engine.tasks_in(free, candidate_groups=self._staffed)
        return {task.deal_id for task in (*assigned, *offered) if task.deal_id}

    def _waits(
        self, running: Collection[ProcessInstance], tasks: Collection[UserTask]
    ) -> Iterator[tuple[str, Activity]]:
        """Yield deals with the activities in which their main processes wait."""
        main = {one.id: one for one in running if one.process_key in self._main}
        definitions: dict[str, dict[str, Activity]] = {
            definition: {a.id: a for a in self._engine.activities_of(definition)}
            for definition in {one.definition_id for one in main.values()}
        }
        for task in tasks:
            if task.instance_id in main and task.deal_id:
                yield task.deal_id, definitions[task.definition_id][task.key]
        for definition, activities in definitions.items():
            ids = [one.id for one in main.values() if one.definition_id == definition]
            for activity in activities.values():
                if activity.waits and activity.kind != "userTask":
                    for instance in self._engine.active_in(ids, activity.id):
                        yield main[instance].business_key, activity

    def _steps(self, running: Collection[ProcessInstance]) -> _Steps:
        deals = {one.id: one.business_key for one in running}
        apart = {one.id for one in running if one.process_key in AUXILIARY_PROCESSES}
        steps, jobs = self._engine.external_tasks(deals), self._engine.jobs(deals)
        under_way = [(s.instance_id, s.topic, _has_retries(s), True) for s in steps]
        under_way += [
            (j.instance_id, j.failed_activity or "", j.retries > 0, j.due is None) for j in jobs
        ]
        return _Steps(
            moving=frozenset(deals[at] for at, _, alive, _ in under_way if alive),
            stepping=frozenset(
                deals[at]
                for at, _, alive, at_once in under_way
                if alive and at_once and at not in apart
            ),
            stopped={deals[at]: what for at, what, alive, _ in under_way if not alive},
        )

    def _without_young(self, found: Iterable[StuckDeal]) -> list[StuckDeal]:
        with self._open() as store:
            outbox = store.outbox.pending()
        young = {row.deal_id for row in outbox if _is_young(row, self._now)}
        return [one for one in found if one.deal_id not in young]


def misplaced_waits(stage: Stage, waits: Collection[WaitState]) -> list[WaitState]:
    """Return the wait states that do not fit the stage of an open deal."""
    return [wait for wait in waits if not stage.fits(wait.activity)]


def _is_young(row: OutboxRow, now: datetime) -> bool:
    return now - row.created_at < DELIVERY_GRACE


def _has_retries(step: ExternalTask) -> bool:
    return step.retries is None or step.retries > 0


def _misplaced(deal: str, stage: Stage, waits: Collection[str]) -> StuckDeal:
    names = ", ".join(sorted(f"«{name}»" for name in waits))
    if stage.outcome is not None:
        text = f"Сделка закрыта, а её процесс ещё ждёт: {names}. {REPAIR}"
    else:
        text = f"Сделка на стадии «{stage.name}», а её процесс ждёт не там: {names}. {REPAIR}"
    return StuckDeal(deal, text, repairable=True)


def _halted(deal: str, task: str | None, step: str | None) -> StuckDeal:
    if task is not None:
        text = f"Задачу «{task}» некому выполнить: назначьте действующего сотрудника."
    elif step is not None:
        text = (
            f"Системный шаг остановлен ({step}), а задачи «Разобрать сбой» нет: "
            "проверьте исполнителей и откройте инцидент в Cockpit."
        )
    else:
        text = "Процесс стоит без задачи: проверьте его в Cockpit."
    return StuckDeal(deal, text)
