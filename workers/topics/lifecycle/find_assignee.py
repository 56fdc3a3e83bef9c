"""Who gets the next task of a role: see `db.domain.assignment` for the rule."""

from dataclasses import dataclass

from db.domain.assignment import Assignment, At, assign_in_deal
from db.domain.deal import Deal
from db.ports.store import Store
from workers.ports.employees import Employee
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.notification_texts import nobody_for
from workers.services.notifications import ADMINISTRATORS, notify_people


class FindAssignee(TaskInput):
    role: str
    at: At = At.SOURCE
    """Whose people: of the branch that ships, or of the one that receives. Diagrams always say;
    instances begun before the question was asked mean the first."""


class AssigneeFound(TaskResult):
    assignee: str | None
    """Login; None leaves the task to the whole group."""
    assignee_group: str
    """To whom the task is offered: the engine lets a candidate work on it even when it is
    assigned, so the role is named only when nobody is."""


@dataclass(frozen=True)
class Roster:
    """Who works in the role now, and who is told when it is nobody's task."""

    members: tuple[Employee, ...]
    administrators: tuple[Employee, ...]


def roster(task: Task[FindAssignee, None], external: ExternalServices) -> Roster:
    return Roster(
        tuple(external.people.members(task.input.role)),
        tuple(external.people.members(ADMINISTRATORS)),
    )


def find_assignee(task: Task[FindAssignee, Roster], services: Services) -> AssigneeFound:
    """Safe to repeat: it only reads; the alert is once per deal, role and stage move."""
    store = services.store
    deal = store.deals.get(task.deal_id)
    day = services.deadlines.day_at(store, deal, task.at)
    members = [person.login for person in task.fetched.members]
    found = assign_in_deal(store, deal, task.input.role, task.input.at, members, day)
    if found.alerts:
        alert(store, task.fetched.administrators, deal, found, task.input.at)
    group = ADMINISTRATORS if found.person else found.group
    return AssigneeFound(assignee=found.person, assignee_group=group)


def alert(
    store: Store, administrators: tuple[Employee, ...], deal: Deal, found: Assignment, at: At
) -> None:
    """Tell the administrators that a group has a task which should be somebody's."""
    role, group = store.catalog.roles[found.role], store.catalog.roles[found.group]
    place = "" if at is At.SOURCE else f":{at}"
    key = f"move-{deal.moves}:nobody:{role.code}{place}"
    why = found.words(lambda login: login)
    notify_people(
        store, administrators, key, nobody_for(role.name, group.name, why, deal.title), deal.id
    )


TOPIC = Topic("find-assignee", FindAssignee, AssigneeFound, find_assignee, fetch=roster)
