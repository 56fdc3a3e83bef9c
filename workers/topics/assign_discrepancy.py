"""Who settles a difference found in 1C: a contract's the lawyers, a shipment's its operator."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from db.domain.assignment import At, assign_in_deal
from db.domain.deal import Deal
from db.domain.onec import Binding, BindingKind
from db.domain.onec_differences import NAMES
from db.domain.ports import Store
from workers.contract import Task, TaskInput, TaskResult, Topic
from workers.services import Outside, Services
from workers.topics.notify import ADMINISTRATORS
from workers.topics.onec_changes import binding_of
from workers.topics.unverified import UNCONFIRMED
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
    number_unconfirmed: bool = False
    """1C has shown no row for it yet, so the person may enter another number."""


class NoSuchBinding(Exception):
    """The process settles a difference of a number that the deal never had."""


def operators(task: Task[AssignDiscrepancy, None], outside: Outside) -> tuple[str, ...]:
    """Logins of the active operators."""
    return tuple(person.login for person in outside.people.members(OPERATORS))


def assign_discrepancy(
    task: Task[AssignDiscrepancy, tuple[str, ...]], services: Services
) -> DiscrepancyAssigned:
    """Safe to repeat: it only reads."""
    store = services.store
    deal = store.deals.get(task.deal_id)
    binding = the_binding(binding_of(store, deal.id, task.input.side_key))
    direction = store.catalog.directions[deal.direction]
    day = services.deadlines.day_at(store, deal, task.at)
    person, role = settles(store, deal, binding, task.seen, day)
    return DiscrepancyAssigned(
        assignee=person,
        assignee_group=ADMINISTRATORS if person else role,
        kind=binding.kind,
        kind_name=NAMES[binding.kind][0],
        onec_number=binding.number,
        deal_title=deal.title,
        client_name=client_name(deal),
        direction_name=direction.name,
        stage_name=direction.stage(deal.stage).name,
        settle_due_at=services.deadlines.after(store, deal, task.at, SETTLE_WITHIN),
        number_unconfirmed=binding.state in UNCONFIRMED,
    )


def settles(
    store: Store, deal: Deal, binding: Binding, operators: Collection[str], day: date
) -> tuple[str | None, str]:
    """Login of the person, if one is found, and the role to which the task is offered else."""
    if binding.kind is BindingKind.CONTRACT:
        return None, LAWYERS
    found = assign_in_deal(store, deal, OPERATORS, At.SOURCE, operators, day)
    return found.person, found.group


def the_binding(binding: Binding | None) -> Binding:
    if binding is None:
        raise NoSuchBinding("The key of this process names no binding of its deal.")
    return binding


TOPIC = Topic(
    "assign-discrepancy",
    AssignDiscrepancy,
    DiscrepancyAssigned,
    assign_discrepancy,
    look=operators,
)
