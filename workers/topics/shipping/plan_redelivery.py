"""What the manager decides about an order that did not arrive: once more, or called off."""

from enum import StrEnum
from typing import Any, ClassVar

from db.domain.delivery import has_words
from db.domain.errors import AnswerMissing, CommentMissing, DealClosed, FieldsInvalid
from db.domain.history import Change, Kind
from db.domain.values import is_empty
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.process_variables import DealVariables, deal_variables, person_actor
from workers.services.shipping_directions import redirect


class Decision(StrEnum):
    AGAIN = "again"
    CANCEL = "cancel"


class PlanRedelivery(TaskInput):
    user_inputs: ClassVar[tuple[str, ...]] = ("answer", "shipping_direction", "reason")

    answer: Any = None
    shipping_direction: Any = None
    """Another direction to try; None: as before."""
    reason: Any = None
    decided_by: str | None = None


class RedeliveryPlanned(DealVariables):
    deliver_again: bool


def plan_redelivery(task: Task[PlanRedelivery, None], services: Services) -> RedeliveryPlanned:
    """Safe to repeat: the answer is kept by task, and with it the one row of history."""
    store, given = services.store, task.input
    deal = store.deals.get(task.deal_id, for_update=True)
    run = store.runs.current(deal.id)
    if not deal.is_open or run is None:
        raise DealClosed(deal.id)
    if not isinstance(given.answer, str) or given.answer not in set(Decision):
        raise AnswerMissing
    again = given.answer == Decision.AGAIN
    if not again and not has_words(given.reason):
        raise CommentMissing("Напишите, почему отгрузка отменяется: причина останется в истории.")
    if again and not is_empty(given.shipping_direction):
        redirect(store, deal, given.shipping_direction)
    reason = str(given.reason).strip()[:4000] if has_words(given.reason) else None
    said = {"outcome": given.answer, "reason": reason}
    deal.record(Change(Kind.DELIVERY, str(run.number), None, said))
    store.deals.save(deal, person_actor(task, given.decided_by))
    return RedeliveryPlanned(deliver_again=again, **deal_variables(services, deal))


TOPIC = Topic(
    "plan-redelivery",
    PlanRedelivery,
    RedeliveryPlanned,
    plan_redelivery,
    refusals=(AnswerMissing, CommentMissing, FieldsInvalid, DealClosed),
)
