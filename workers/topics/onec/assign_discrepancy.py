"""Assigns the user task that settles a discrepancy with 1C."""

from datetime import datetime, timedelta

from db.domain.onec.differences import NAMES
from db.domain.people.roles import ADMINISTRATORS, ONEC_OPERATORS
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.onec.discrepancies import assignee_of_discrepancy, binding_of
from workers.services.process_variables import client_name
from workers.topics.onec.show_discrepancy import DiscrepancyShown, discrepancy_variables

SETTLE_WITHIN = timedelta(hours=8)
"""Due time of the task, in working hours."""


class AssignDiscrepancy(TaskInput):
    """Input of ``assign-discrepancy``."""

    side_key: str


class DiscrepancyAssigned(DiscrepancyShown):
    """Result of ``assign-discrepancy``: assignment and variables of the user task."""

    assignee: str | None
    """Login; None if nobody was found."""
    assignee_group: str
    """Candidate group; the administrators for an assigned task."""
    kind: str
    """Kind of the number: ``contract`` or ``shipment``."""
    kind_name: str
    """The kind in Russian."""
    deal_title: str
    client_name: str
    direction_name: str
    stage_name: str
    settle_due_at: datetime
    """Due date of the task."""


def operators(task: Task[AssignDiscrepancy, None], external: ExternalServices) -> tuple[str, ...]:
    """Return the logins of the active operators."""
    return tuple(person.login for person in external.people.members(ONEC_OPERATORS))


def assign_discrepancy(
    task: Task[AssignDiscrepancy, tuple[str, ...]], services: Services
) -> DiscrepancyAssigned:
    """Choose the assignee and return the variables of the task.

    Safe to repeat because a repetition causes one more message at most.

    The deal is locked so that text and version of the side process fit together. A newer version
    makes the watch of side processes send its message if the discrepancy has ended meanwhile.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    binding = binding_of(store, deal.id, task.input.side_key)
    direction = store.catalog.directions[deal.direction]
    day = services.deadlines.day_at(store, deal, task.at)
    person, role = assignee_of_discrepancy(store, deal, binding, task.fetched, day)
    shown = discrepancy_variables(binding, store.side_processes.find(task.input.side_key))
    if shown["difference_gone"]:
        store.side_processes.changed(task.input.side_key)
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
