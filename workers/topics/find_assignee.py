"""Who gets the next task: the person that the deal's shipping direction names for a role."""

from db.domain.errors import ListItemNotFound
from db.domain.ports import Store
from workers.contract import Task, TaskInput, TaskResult, Topic
from workers.services import Outside, Person, Services
from workers.topics.notify import ADMINISTRATORS, tell
from workers.topics.texts import nobody_for

SHIPPING = "shippingDirection"
ATTRIBUTES = {"onecOperators": "operator", "storekeepers": "storekeeper", "drivers": "driver"}
"""Role → attribute of a shipping direction that names its person."""


class FindAssignee(TaskInput):
    role: str
    at: str = "source"


class AssigneeFound(TaskResult):
    assignee: str | None
    """Login; None leaves the task to the whole role."""
    assignee_group: str
    """To whom the task is offered: the engine lets a candidate work on it even when it is
    assigned, so the role is named only when nobody is."""


Candidates = tuple[str | None, tuple[Person, ...]]
"""The active person's login, and the administrators to tell if there is none."""


def candidates(task: Task[FindAssignee, None], outside: Outside) -> Candidates:
    """Named by the list and still active in the role."""
    with outside.reading() as store:
        named = _named(store, task.deal_id, task.input.role)
    active = {person.login for person in outside.people.members(task.input.role)}
    if named in active:
        return named, ()
    return None, tuple(outside.people.members(ADMINISTRATORS))


def find_assignee(task: Task[FindAssignee, Candidates], services: Services) -> AssigneeFound:
    """Safe to repeat: it only reads; the alert is once per deal, role and stage move."""
    login, administrators = task.seen
    if login is None:
        deal = services.store.deals.get(task.deal_id)
        role = services.store.catalog.roles[task.input.role]
        key = f"move-{deal.moves}:nobody:{role.code}"
        tell(services.store, administrators, key, nobody_for(role.name, deal.title), deal.id)
    group = ADMINISTRATORS if login else task.input.role
    return AssigneeFound(assignee=login, assignee_group=group)


def _named(store: Store, deal_id: str, role: str) -> str | None:
    item = store.deals.get(deal_id).values.get(SHIPPING)
    known = store.catalog.fields.get(SHIPPING)
    if item is None or known is None or known.list is None or role not in ATTRIBUTES:
        return None
    try:
        return store.lists.item(known.list, item).attributes.get(ATTRIBUTES[role])
    except ListItemNotFound:
        return None


TOPIC = Topic("find-assignee", FindAssignee, AssigneeFound, find_assignee, look=candidates)
