"""Records a person's answer in a repair: fields, explanation and the stage that follows."""

from typing import Any, ClassVar

from db.domain.deal import Deal
from db.domain.entities import NoteKind
from db.domain.errors import (
    AnswerMissing,
    CommentMissing,
    DealClosed,
    DocumentMissing,
    FieldsInvalid,
    FieldsMissing,
    StageNotAllowed,
)
from db.domain.field_updates import write
from db.domain.repairs import FIRST_REPAIR, STEPS, answer_step, is_guaranteed, serial_key
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.notification_texts import repair_note
from workers.services.process_variables import DealVariables, deal_variables, person_actor

EARLIER = 20
"""Deals of a machine among which its last repair is looked for."""


class RecordRepairStep(TaskInput):
    """Input of ``record-repair-step``."""

    user_inputs: ClassVar[tuple[str, ...]] = ("answer", "values", "reason")

    repair_step: str
    """Code of the step in `db.domain.repairs`, set by the diagram."""
    answer: Any = None
    values: Any = None
    """JSON object as text: field code → value, only fields of the step."""
    reason: Any = None
    decided_by: str | None = None


class RepairStepRecorded(DealVariables):
    """Result of ``record-repair-step``."""

    repair_answer: str
    """Answer, read by the gateway that follows."""
    repair_reason: str | None
    """Explanation, shown in the next form."""


def record_repair_step(
    task: Task[RecordRepairStep, None], services: Services
) -> RepairStepRecorded:
    """Write the fields and the explanation; move or close the deal.

    Safe to repeat because the result, its note and its history are stored once per task.
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
        store.notes.add(deal.id, NoteKind.NOTE, repair_note(given.repair_step, words), actor)
    store.deals.save(deal, actor)
    return RepairStepRecorded(
        repair_answer=str(given.answer),
        repair_reason=words,
        **deal_variables(services, deal),
    )


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
