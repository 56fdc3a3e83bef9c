"""Records the manager's decision on a failed delivery: deliver again, or cancel."""

from enum import StrEnum
from typing import Any, ClassVar

from db.domain.deals.history import Change, Kind
from db.domain.errors import AnswerMissing, CommentMissing, DealClosed, FieldsInvalid
from db.domain.fields.values import is_empty
from db.domain.shipping.delivery import has_words
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.process_variables import DealVariables, deal_variables, person_actor
from workers.services.shipping_directions import redirect


class RedeliveryDecision(StrEnum):
    """Answers of the manager's form."""

    AGAIN = "again"
    CANCEL = "cancel"


class PlanRedelivery(TaskInput):
    """Input of ``plan-redelivery``."""

    user_inputs: ClassVar[tuple[str, ...]] = ("answer", "shipping_direction", "reason")

    answer: Any = None
    """again or cancel."""
    shipping_direction: Any = None
    """Code of another shipping direction; None keeps the current one."""
    reason: Any = None
    """Required for a cancellation."""
    decided_by: str | None = None


class RedeliveryPlanned(DealVariables):
    """Result of ``plan-redelivery``."""

    deliver_again: bool


def plan_redelivery(task: Task[PlanRedelivery, None], services: Services) -> RedeliveryPlanned:
    """Record the decision in the history; optionally change the shipping direction.

    Safe to repeat because the result and its history row are stored once per task.
    """
    store, given = services.store, task.input
    deal, run = services.open_run(task.deal_id)
    if not isinstance(given.answer, str) or given.answer not in set(RedeliveryDecision):
        raise AnswerMissing
    again = given.answer == RedeliveryDecision.AGAIN
    if not again and not has_words(given.reason):
        raise CommentMissing("Напишите, почему отгрузка отменяется: причина останется в истории.")
    if again and not is_empty(given.shipping_direction):
        redirect(store, deal, given.shipping_direction)
    reason = str(given.reason).strip()[:4000] if has_words(given.reason) else None
    decision = {"outcome": given.answer, "reason": reason}
    deal.record(Change(Kind.DELIVERY, str(run.number), None, decision))
    store.deals.save(deal, person_actor(task, given.decided_by))
    return RedeliveryPlanned(deliver_again=again, **deal_variables(services, deal))


TOPIC = Topic(
    "plan-redelivery",
    PlanRedelivery,
    RedeliveryPlanned,
    plan_redelivery,
    refusals=(AnswerMissing, CommentMissing, FieldsInvalid, DealClosed),
)
