"""Records the category manager's answer about a new product, and the stage that follows."""

from db.domain.deals.entities import NoteKind
from db.domain.errors import (
    AnswerMissing,
    CommentMissing,
    DealClosed,
    FieldsInvalid,
    FieldsMissing,
    StageNotAllowed,
)
from db.domain.steps.products import NEEDS_FUTURE, STEPS, answer_step, trial_due_on
from workers.ports.services import Services
from workers.runtime.contract import Task, Topic
from workers.services.notification_texts import step_note
from workers.services.process_variables import DealVariables, deal_variables, person_actor
from workers.services.step_input import StepInput


class RecordProductStep(StepInput):
    """Input of ``record-product-step``."""

    product_step: str
    """Code of the step in `db.domain.steps.products`, set by the diagram."""


class ProductStepRecorded(DealVariables):
    """Result of ``record-product-step``."""

    product_answer: str
    """Answer, read by the gateway that follows."""


def record_product_step(
    task: Task[RecordProductStep, None], services: Services
) -> ProductStepRecorded:
    """Write the fields and the explanation; move or reject the product.

    While a trial order runs, its last day is the due date of the task that follows.
    Safe to repeat because the result, its note and its history are stored once per task.
    """
    store, given = services.store, task.input
    deal = services.open_deal(task.deal_id)
    step = STEPS[given.product_step]
    words = answer_step(
        store.catalog,
        deal,
        step,
        given.answer,
        given.values,
        given.reason,
        store.lists,
        at=task.at,
        today=services.deadlines.day_at(store, deal, task.at),
    )
    actor = person_actor(task, given.decided_by)
    if words:
        store.notes.add(deal.id, NoteKind.NOTE, step_note(step.name, words), actor)
    store.deals.save(deal, actor)
    seen = deal_variables(services, deal)
    if given.answer in NEEDS_FUTURE and (day := trial_due_on(deal)) is not None:
        end = services.deadlines.end_of(store, deal, day)
        seen |= {"due_at": end, "escalate_at": end}
    return ProductStepRecorded(product_answer=str(given.answer), **seen)


TOPIC = Topic(
    "record-product-step",
    RecordProductStep,
    ProductStepRecorded,
    record_product_step,
    refusals=(
        AnswerMissing,
        CommentMissing,
        FieldsInvalid,
        FieldsMissing,
        StageNotAllowed,
        DealClosed,
    ),
)
