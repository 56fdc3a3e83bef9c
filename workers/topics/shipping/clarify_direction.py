"""Records the shipping direction that an operator chose for an order without a route."""

from typing import Any, ClassVar

from db.domain.errors import DealClosed, FieldsInvalid
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.process_variables import DealVariables, deal_variables, person_actor
from workers.services.shipping_directions import redirect


class ClarifyDirection(TaskInput):
    """Input of ``clarify-direction``."""

    user_inputs: ClassVar[tuple[str, ...]] = ("shipping_direction",)

    shipping_direction: Any = None
    """Code of a list item."""
    decided_by: str | None = None


def clarify_direction(task: Task[ClarifyDirection, None], services: Services) -> DealVariables:
    """Write the shipping direction into the deal and its current fulfillment run.

    Safe to repeat because writing the same direction again changes nothing.
    """
    store, given = services.store, task.input
    deal = services.open_deal(task.deal_id)
    redirect(store, deal, given.shipping_direction)
    store.deals.save(deal, person_actor(task, given.decided_by))
    return DealVariables(**deal_variables(services, deal))


TOPIC = Topic(
    "clarify-direction",
    ClarifyDirection,
    DealVariables,
    clarify_direction,
    refusals=(FieldsInvalid, DealClosed),
)
