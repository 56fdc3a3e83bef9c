"""Topic find-assignee: assigns a task by the rule of `db.domain.people.assignment`."""

from dataclasses import dataclass

from db.application.assignment import assign_in_deal, naming_list
from db.domain.deal import Deal
from db.domain.people.assignment import Assignment, At
from db.domain.people.roles import ADMINISTRATORS
from db.ports.store import Store
from workers.ports.employees import Employee
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.notification_texts import no_assignee
from workers.services.notifications import notify_people


class FindAssignee(TaskInput):
    """Input of ``find-assignee``."""

    role: str
    """Code of the role, e.g. ``onecOperators``."""
    at: At = At.SOURCE
    """Branch whose employees are meant: the shipping or the receiving one. The default serves
    instances of diagrams that did not set it yet."""


class AssigneeFound(TaskResult):
    """Result of ``find-assignee``."""

    assignee: str | None
    """Login; None leaves the task to the candidate group."""
    assignee_group: str
    """Candidate group. The administrators when there is an assignee, because the engine lets
    candidates work on an assigned task; else the role."""


@dataclass(frozen=True)
class RoleMembers:
    """Active employees of the role, and the administrators who are alerted without an assignee."""

    members: tuple[Employee, ...]
    administrators: tuple[Employee, ...]


def fetch_members(task: Task[FindAssignee, None], external: ExternalServices) -> RoleMembers:
    """Read both groups from the identity service. Raises: Unavailable."""
    return RoleMembers(
        tuple(external.people.members(task.input.role)),
        tuple(external.people.members(ADMINISTRATORS)),
    )


def find_assignee(task: Task[FindAssignee, RoleMembers], services: Services) -> AssigneeFound:
    """Return the assignee; alert the administrators when the rule finds none.

    Safe to repeat because it only reads, and the alert is unique per deal, role and stage move.
    """
    store = services.store
    deal = store.deals.get(task.deal_id)
    day = services.deadlines.day_at(store, deal, task.at)
    members = [person.login for person in task.fetched.members]
    found = assign_in_deal(store, deal, task.input.role, task.input.at, members, day)
    if found.alerts:
        _alert(store, task.fetched.administrators, deal, found, task.input.at)
    group = ADMINISTRATORS if found.person else found.group
    return AssigneeFound(assignee=found.person, assignee_group=group)


def _alert(
    store: Store, administrators: tuple[Employee, ...], deal: Deal, found: Assignment, at: At
) -> None:
    """Notify the administrators that a task stays with its candidate group."""
    role, group = store.catalog.roles[found.role], store.catalog.roles[found.group]
    place = "" if at is At.SOURCE else f":{at}"
    key = f"move-{deal.moves}:nobody:{role.code}{place}"
    why = found.words(lambda login: login)
    text = no_assignee(role.name, group.name, why, deal.title, naming_list(store, role.code))
    notify_people(store, administrators, key, text, deal.id)


TOPIC = Topic("find-assignee", FindAssignee, AssigneeFound, find_assignee, fetch=fetch_members)
