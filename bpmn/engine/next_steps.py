"""The customer's rule: every open deal has a next step. Finds the deals that break it, in bulk."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bpmn.contracts import SIDE
from bpmn.engine.rest import Engine, SystemStep
from db.domain.records import OutboxRow

ON_ITS_WAY = timedelta(minutes=5)
"""An outbox row so young is a next step; an older one is a trouble."""


@dataclass(frozen=True)
class Stuck:
    """An open deal without a next step. ``reason`` is a Russian sentence for an administrator."""

    deal_id: str
    reason: str


@dataclass(frozen=True)
class Picture:
    """What waits in the engine at one moment, by deal."""

    manned: frozenset[str]
    """Deals with a task that at least one active person can do."""
    unmanned: Mapping[str, str]
    """Deals with a task nobody can do → name of the task."""
    moving: frozenset[str]
    """Deals with a timer, a job or a system step that has retries left."""
    stopped: Mapping[str, str]
    """Deals with a system step or job out of retries → what stopped."""
    running: frozenset[str]
    """Deals with a process."""


def without_next_step(
    open_deals: Iterable[str],
    outbox: Iterable[OutboxRow],
    engine: Engine,
    roles: Collection[str],
    now: datetime,
) -> list[Stuck]:
    """Deals that break the rule, by id. A deal may pass from one step to the next between two
    questions to the engine, so whoever looks stuck is looked at a second time.

    ``roles``: the groups whose members are active people. Raises: EngineUnavailable.
    """
    on_its_way = {row.deal_id for row in outbox if now - row.created_at < ON_ITS_WAY}
    suspects = sorted(set(open_deals) - on_its_way)
    for _ in range(2):
        if not suspects:
            return []
        picture = look(engine, roles)
        alive = (picture.manned | picture.moving) & picture.running
        suspects = [deal for deal in suspects if deal not in alive]
    return [Stuck(deal, _reason(deal, picture)) for deal in suspects]


def look(engine: Engine, roles: Collection[str]) -> Picture:
    """Some twenty questions, however many deals there are. What waits in a process beside the
    deal's own one moves no deal on; a failure's task does, and counts. Raises: EngineUnavailable.
    """
    members = {role: {p.login for p in engine.members(role)} for role in sorted(roles)}
    active = frozenset().union(*members.values())
    tasks = [task for task in engine.tasks() if task.process_key not in SIDE]
    manned = {task.id for task in tasks if task.assignee in active}
    for role, people in members.items():
        if people:
            manned |= {task.id for task in engine.tasks(candidate_groups=[role])}
    steps, jobs = engine.system_steps(), engine.jobs()
    instances = [s.instance_id for s in steps] + [j.instance_id for j in jobs]
    deals = engine.business_keys(instances, without=SIDE)
    waiting = [(deals.get(s.instance_id), s.topic, _alive(s)) for s in steps]
    waiting += [(deals.get(j.instance_id), j.failed_activity or "", j.retries > 0) for j in jobs]
    return Picture(
        manned=frozenset(t.deal_id for t in tasks if t.deal_id and t.id in manned),
        unmanned={t.deal_id: t.name for t in tasks if t.deal_id and t.id not in manned},
        moving=frozenset(deal for deal, _, alive in waiting if deal and alive),
        stopped={deal: what for deal, what, alive in waiting if deal and not alive},
        running=frozenset(engine.running_deals()),
    )


def _alive(step: SystemStep) -> bool:
    return step.retries is None or step.retries > 0


def _reason(deal: str, picture: Picture) -> str:
    if deal not in picture.running:
        return "Процесс сделки не запущен: запустите восстановление (manage.py repair)."
    if deal in picture.unmanned:
        task = picture.unmanned[deal]
        return f"Задачу «{task}» некому выполнить: назначьте действующего сотрудника."
    if deal in picture.stopped:
        return (
            f"Системный шаг остановлен ({picture.stopped[deal]}), а задачи «Разобрать сбой» нет: "
            "проверьте исполнителей и откройте инцидент в Cockpit."
        )
    return "Процесс стоит без задачи: проверьте его в Cockpit."
