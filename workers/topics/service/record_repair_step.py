"""Records a person's answer in a repair: fields, explanation and the stage that follows."""

from db.domain.deals.deal import Deal
from db.domain.deals.entities import NoteKind, OutboxKind
from db.domain.deals.field_updates import write
from db.domain.deals.history import Actor
from db.domain.errors import (
    AnswerMissing,
    CommentMissing,
    DealClosed,
    DocumentMissing,
    FieldsInvalid,
    FieldsMissing,
    StageNotAllowed,
)
from db.domain.steps.repairs import (
    FIRST_REPAIR,
    STEPS,
    answer_step,
    continue_paid,
    is_guaranteed,
    serial_key,
)
from workers.ports.services import Services
from workers.runtime.contract import Task, Topic
from workers.services.client_mail import tell_of_paid_repair
from workers.services.notification_texts import continued_note, continues_note, step_note
from workers.services.process_variables import DealVariables, deal_variables, person_actor
from workers.services.step_input import StepInput

EARLIER = 20
"""Deals of a machine among which its last repair is looked for."""


class RecordRepairStep(StepInput):
    """Input of ``record-repair-step``."""

    repair_step: str
    """Code of the step in `db.domain.steps.repairs`, set by the diagram."""


class RepairStepRecorded(DealVariables):
    """Result of ``record-repair-step``."""

    repair_answer: str
    """Answer, read by the gateway that follows."""
    repair_reason: str | None
    """Explanation, shown in the next form."""


def record_repair_step(
    task: Task[RecordRepairStep, None], services: Services
) -> RepairStepRecorded:
    """Write the fields and the explanation; move or close the deal, or continue it as paid.

    Safe to repeat because the result, its note, its history and the paid repair are stored once
    per task; the request that it continues is closed, so that no other task continues it again.
    """
    store, given = services.store, task.input
    deal = services.open_deal(task.deal_id)
    step = STEPS[given.repair_step]
    words = answer_step(
        store.catalog,
        deal,
        step,
        given.answer,
        given.values,
        given.reason,
        store.lists,
        at=task.at,
    )
    actor = person_actor(task, given.decided_by)
    if deal.is_open:
        _link_to_first_repair(deal, services, task)
    if words:
        store.notes.add(deal.id, NoteKind.NOTE, step_note(step.name, words), actor)
    store.deals.save(deal, actor)
    if step.answers[str(given.answer)].paid:
        _continue_as_paid(deal, services, task, actor)
    return RepairStepRecorded(
        repair_answer=str(given.answer),
        repair_reason=words,
        **deal_variables(services, deal),
    )


def _continue_as_paid(
    request: Deal, services: Services, task: Task[RecordRepairStep, None], actor: Actor
) -> None:
    """Store the paid repair and the start of its process; tell the client."""
    store = services.store
    paid = store.deals.add(continue_paid(store.catalog, request, store.lists, at=task.at), actor)
    payload = {"process": store.catalog.direction_of(paid).process, "variables": {}}
    store.outbox.add(paid.id, OutboxKind.START, payload)
    store.notes.add(request.id, NoteKind.NOTE, continued_note(paid.id), actor)
    store.notes.add(paid.id, NoteKind.NOTE, continues_note(request.id), actor)
    tell_of_paid_repair(store, request, paid)


def _link_to_first_repair(
    deal: Deal, services: Services, task: Task[RecordRepairStep, None]
) -> None:
    """Name the earlier repair of the same machine whose guarantee covers this request."""
    store, serial = services.store, serial_key(deal)
    if serial is None or deal.values.get(FIRST_REPAIR):
        return
    for earlier in store.deals.of_serial(serial, limit=EARLIER):
        direction = store.catalog.direction_of(earlier)
        won = direction.closing_stage("won").code
        same = direction.process == store.catalog.direction_of(deal).process
        if same and earlier.id != deal.id and is_guaranteed(earlier, won, deal.created_at):
            link = {FIRST_REPAIR: earlier.values.get(FIRST_REPAIR) or earlier.id}
            write(store.catalog, deal, link, store.lists, by_worker=True)
            return


TOPIC = Topic(
    "record-repair-step",
    RecordRepairStep,
    RepairStepRecorded,
    record_repair_step,
    refusals=(
        AnswerMissing,
        CommentMissing,
        DocumentMissing,
        FieldsInvalid,
        FieldsMissing,
        StageNotAllowed,
        DealClosed,
    ),
)
