"""Who settles a difference found in 1C: a contract's the lawyers, a shipment's its operator."""

from datetime import datetime, timedelta

from db.domain.onec_differences import NAMES
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.notifications import ADMINISTRATORS
from workers.services.onec.binding_changes import binding_of
from workers.services.onec.discrepancies import OPERATORS, assignee_of_discrepancy
from workers.services.process_variables import client_name
from workers.topics.onec.show_discrepancy import DiscrepancyShown, as_shown, the_binding

SETTLE_WITHIN = timedelta(hours=8)
"""Working time."""


class AssignDiscrepancy(TaskInput):
    side_key: str


class DiscrepancyAssigned(DiscrepancyShown):
    assignee: str | None
    assignee_group: str
    kind: str
    kind_name: str
    deal_title: str
    client_name: str
    direction_name: str
    stage_name: str
    settle_due_at: datetime


def operators(task: Task[AssignDiscrepancy, None], external: ExternalServices) -> tuple[str, ...]:
    """Logins of the active operators."""
    return tuple(person.login for person in external.people.members(OPERATORS))


def assign_discrepancy(
    task: Task[AssignDiscrepancy, tuple[str, ...]], services: Services
) -> DiscrepancyAssigned:
    """Safe to repeat: it only reads. The deal is locked, so that the text and the version of the
    row belong together; a difference that is gone by now is told to the process once more.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    binding = the_binding(binding_of(store, deal.id, task.input.side_key))
    direction = store.catalog.directions[deal.direction]
    day = services.deadlines.day_at(store, deal, task.at)
    person, role = assignee_of_discrepancy(store, deal, binding, task.fetched, day)
    shown = as_shown(binding, store.side_processes.find(task.input.side_key))
    if shown["difference_gone"]:
        shown["side_version"] = 0
    return DiscrepancyAssigned(
        assignee=person,
        assignee_group=ADMINISTRATORS if person else role,
        kind=binding.kind,
        kind_name=NAMES[binding.kind][0],
        deal_title=deal.title,
        client_name=client_name(deal),
        direction_name=direction.name,
        stage_name=direction.stage(deal.stage).name,
        settle_due_at=services.deadlines.after(store, deal, task.at, SETTLE_WITHIN),
        **shown,
    )


TOPIC = Topic(
    "assign-discrepancy",
    AssignDiscrepancy,
    DiscrepancyAssigned,
    assign_discrepancy,
    fetch=operators,
)
