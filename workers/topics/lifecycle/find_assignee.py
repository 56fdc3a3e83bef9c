"""Topic find-assignee: assigns a task by the rule of `db.domain.people.assignment`."""

from db.domain.people.assignment import At
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.assignees import RoleMembers, assignee_in, members_of


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


def fetch_members(task: Task[FindAssignee, None], external: ExternalServices) -> RoleMembers:
    """Read both groups from the identity service. Raises: Unavailable."""
    return members_of(task.input.role, external)


def find_assignee(task: Task[FindAssignee, RoleMembers], services: Services) -> AssigneeFound:
    """Return the assignee; alert the administrators when the rule finds none.

    Safe to repeat because it only reads, and the alert is unique per deal, role and stage move.
    """
    deal = services.store.deals.get(task.deal_id)
    found = assignee_in(services, deal, task.fetched, task.input.at, task.at)
    return AssigneeFound(assignee=found.person, assignee_group=found.group)


TOPIC = Topic("find-assignee", FindAssignee, AssigneeFound, find_assignee, fetch=fetch_members)
