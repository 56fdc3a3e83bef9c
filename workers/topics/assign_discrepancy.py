"""Who settles a difference found in 1C: a contract's the lawyers, a shipment's its operator."""

from datetime import datetime, timedelta

from db.domain.errors import ListItemNotFound
from db.domain.onec import Binding, BindingKind
from db.domain.onec_differences import NAMES
from db.domain.ports import Store
from workers.contract import Task, TaskInput, TaskResult, Topic
from workers.services import Outside, Services
from workers.topics.find_assignee import ATTRIBUTES, SHIPPING
from workers.topics.notify import ADMINISTRATORS
from workers.topics.onec_changes import binding_of
from workers.topics.view import client_name

LAWYERS, OPERATORS = "lawyers", "onecOperators"
SETTLE_WITHIN = timedelta(hours=8)
"""Working time."""


class AssignDiscrepancy(TaskInput):
    side_key: str


class DiscrepancyAssigned(TaskResult):
    assignee: str | None
    assignee_group: str
    kind: str
    kind_name: str
    onec_number: str
    deal_title: str
    client_name: str
    direction_name: str
    stage_name: str
    settle_due_at: datetime


class NoSuchBinding(Exception):
    """The process settles a difference of a number that the deal never had."""


def operator(task: Task[AssignDiscrepancy, None], outside: Outside) -> str | None:
    """The operator of the deal's shipping direction, if active and needed."""
    with outside.reading() as store:
        binding = the_binding(binding_of(store, task.deal_id, task.input.side_key))
        named = _named(store, binding)
    if named is None:
        return None
    active = {person.login for person in outside.people.members(OPERATORS)}
    return named if named in active else None


def _named(store: Store, binding: Binding) -> str | None:
    """A shipment's operator: of the direction by which its run is shipped, else of the deal's."""
    if binding.kind is BindingKind.CONTRACT:
        return None
    runs = {run.number: run.direction for run in store.runs.of(binding.deal_id)}
    item = runs.get(binding.run) or store.deals.get(binding.deal_id).values.get(SHIPPING)
    known = store.catalog.fields.get(SHIPPING)
    if item is None or known is None or known.list is None:
        return None
    try:
        return store.lists.item(known.list, item).attributes.get(ATTRIBUTES[OPERATORS])
    except ListItemNotFound:
        return None


def assign_discrepancy(
    task: Task[AssignDiscrepancy, str | None], services: Services
) -> DiscrepancyAssigned:
    """Safe to repeat: it only reads."""
    store = services.store
    deal = store.deals.get(task.deal_id)
    binding = the_binding(binding_of(store, deal.id, task.input.side_key))
    direction = store.catalog.directions[deal.direction]
    role = LAWYERS if binding.kind is BindingKind.CONTRACT else OPERATORS
    return DiscrepancyAssigned(
        assignee=task.seen,
        assignee_group=ADMINISTRATORS if task.seen else role,
        kind=binding.kind,
        kind_name=NAMES[binding.kind][0],
        onec_number=binding.number,
        deal_title=deal.title,
        client_name=client_name(deal),
        direction_name=direction.name,
        stage_name=direction.stage(deal.stage).name,
        settle_due_at=services.deadlines.after(store, deal, task.at, SETTLE_WITHIN),
    )


def the_binding(binding: Binding | None) -> Binding:
    if binding is None:
        raise NoSuchBinding("The key of this process names no binding of its deal.")
    return binding


TOPIC = Topic(
    "assign-discrepancy",
    AssignDiscrepancy,
    DiscrepancyAssigned,
    assign_discrepancy,
    look=operator,
)
