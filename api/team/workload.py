"""Load per person: open deals and tasks of the directions that the caller heads."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from api.auth import Principal
from api.dependencies import Resources
from api.engine.users import PersonNames
from api.http.schema import Named
from api.tasks.views import named
from api.team.responses import OverdueTask, PersonLoad, RoleLoad, Workload
from bpmn.camunda.client.rest import UserTask
from db.domain.catalog import Direction
from db.domain.clock import today
from db.domain.deals.deal import Deal
from db.domain.fields.values import money
from db.domain.people.roles import ADMINISTRATORS
from db.ports.board import ColumnTotal

MAX_OVERDUE = 200
"""Overdue tasks that are listed; the counts tell of all."""
NOTHING = ColumnTotal(0, Decimal())


def headed(resources: Resources, caller: Principal) -> dict[str, Direction]:
    """Directions that the caller heads; all for administrators."""
    known = resources.database.catalog.directions
    if ADMINISTRATORS in caller.roles:
        return dict(known)
    return {code: one for code, one in known.items() if one.heads in caller.roles}


def workload(resources: Resources, caller: Principal, at: datetime) -> Workload:
    """The load of everybody who has a deal or a task in the caller's directions.

    Also of the members of the roles that lead these directions. The number of statements and of
    requests to the engine depends on pages of tasks and on roles only.
    Raises: Unavailable.
    """
    directions = headed(resources, caller)
    open_ = resources.gateway.open_tasks()
    with resources.database.reading() as store:
        places = store.deals.stages({task.deal_id for task in open_ if task.deal_id})
        leads = store.board.managers(list(directions))
        away = {absence.person: absence.last_day for absence in store.absences.on(today())}
        tasks = [task for task in open_ if places.get(task.deal_id or "", ("",))[0] in directions]
        late = [task for task in tasks if _is_late(task, at)]
        shown = sorted(late, key=lambda task: (task.due or at, task.id))[:MAX_OVERDUE]
        deals = {deal.id: deal for deal in store.deals.some({t.deal_id or "" for t in shown})}
    names = resources.employees.names()
    in_direction = [(task, directions[places[task.deal_id or ""][0]]) for task in tasks]
    return Workload(
        people=_people(resources, names, _Counts.of(tasks, at, leads), directions.values(), away),
        groups=_groups(resources, in_direction, at),
        overdue=[
            _overdue(resources, names, task, deal, at)
            for task in shown
            if (deal := deals.get(task.deal_id or "")) is not None
        ],
        overdue_count=len(late),
    )


def _people(
    resources: Resources,
    names: PersonNames,
    counts: "_Counts",
    directions: Collection[Direction],
    away: Mapping[str, date],
) -> list[PersonLoad]:
    """Everybody with a deal or a task, and the members of the leading roles; most urgent first."""
    catalog, roles = resources.database.catalog, _members(resources)
    leading = {one.managers for one in directions}
    everybody = counts.people | {login for login, own in roles.items() if own & leading}
    return [
        PersonLoad(
            person=names.person(login),
            roles=named(catalog.roles, roles.get(login, ())),
            deals=counts.deals.get(login, NOTHING).count,
            amount_text=money(counts.deals.get(login, NOTHING).amount),
            tasks=counts.tasks[login],
            overdue=counts.overdue[login],
            away_until=away.get(login),
        )
        for login in sorted(everybody, key=lambda one: (*counts.urgency(one), names.of(one)))
    ]


def _groups(
    resources: Resources, tasks: Collection[tuple[UserTask, Direction]], at: datetime
) -> list[RoleLoad]:
    """Tasks that nobody has taken, for each role that may take them."""
    free = [
        (role, task)
        for task, direction in tasks
        if task.assignee is None
        for role in resources.task_groups.of(task.process_key, task.key, direction)
    ]
    total = Counter(role for role, _ in free)
    late = Counter(role for role, task in free if _is_late(task, at))
    return [
        RoleLoad(role=Named.of(role), tasks=total[code], overdue=late[code])
        for code, role in resources.database.catalog.roles.items()
        if total[code]
    ]


def _overdue(
    resources: Resources, names: PersonNames, task: UserTask, deal: Deal, at: datetime
) -> OverdueTask:
    catalog = resources.database.catalog
    direction = catalog.direction_of(deal)
    groups = resources.task_groups.of(task.process_key, task.key, direction)
    return OverdueTask(
        id=task.id,
        name=task.name,
        due=task.due or at,
        person=names.person(task.assignee) if task.assignee else None,
        groups=named(catalog.roles, groups),
        deal=Named(code=deal.id, name=deal.title.removeprefix(deal.id).strip()),
        stage=Named.of(direction.stage(deal.stage)),
    )


@dataclass(frozen=True)
class _Counts:
    """Numbers per login."""

    tasks: Counter[str]
    overdue: Counter[str]
    deals: Mapping[str, ColumnTotal]

    @classmethod
    def of(
        cls, tasks: Collection[UserTask], at: datetime, deals: Mapping[str, ColumnTotal]
    ) -> "_Counts":
        taken = [task for task in tasks if task.assignee]
        return cls(
            Counter(str(task.assignee) for task in taken),
            Counter(str(task.assignee) for task in taken if _is_late(task, at)),
            deals,
        )

    @property
    def people(self) -> set[str]:
        return self.tasks.keys() | self.deals.keys()

    def urgency(self, login: str) -> tuple[int, int]:
        return -self.overdue[login], -self.tasks[login]


def _is_late(task: UserTask, at: datetime) -> bool:
    return task.due is not None and task.due < at


def _members(resources: Resources) -> dict[str, set[str]]:
    """Login → roles, of everybody who has one."""
    found: dict[str, set[str]] = {}
    for role in resources.database.catalog.roles:
        for login in resources.employees.members(role):
            found.setdefault(login, set()).add(role)
    return found
