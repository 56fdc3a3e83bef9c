"""Records in the history that a storekeeper picked the order."""

from typing import Any, ClassVar

from db.domain.deals.entities import NoteKind
from db.domain.deals.history import Change, Kind
from db.domain.shipping.delivery import has_words
from workers.ports.services import Services
from workers.runtime.contract import NoResult, Task, TaskInput, Topic
from workers.services.process_variables import person_actor

PICKED = "picked"


class RecordPicking(TaskInput):
    """Input of ``record-picking``."""

    user_inputs: ClassVar[tuple[str, ...]] = ("comment",)

    comment: Any = None
    decided_by: str | None = None


def record_picking(task: Task[RecordPicking, None], services: Services) -> NoResult:
    """Record the picking and the comment; a deal closed by now is left unchanged.

    Safe to repeat because the result and its history row are stored once per task.
    """
    store, given = services.store, task.input
    deal = store.deals.get(task.deal_id, for_update=True)
    run = store.runs.current(deal.id)
    if not deal.is_open or run is None:
        return NoResult()
    actor = person_actor(task, given.decided_by)
    if has_words(given.comment):
        text = f"Сборка заказа: {str(given.comment).strip()[:4000]}"
        store.notes.add(deal.id, NoteKind.NOTE, text, actor)
    deal.record(Change(Kind.DELIVERY, str(run.number), None, {"outcome": PICKED}))
    store.deals.save(deal, actor)
    return NoResult()


TOPIC = Topic("record-picking", RecordPicking, NoResult, record_picking)
