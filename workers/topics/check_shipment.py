"""Looks at the реализация in 1C once more before its papers leave the house."""

from db.domain.errors import DealClosed, NumberRefused
from db.domain.onec import BindingKind
from db.domain.onec_differences import STATES, compare
from workers.contract import Done, Task, TaskInput, Topic
from workers.services import Outside, Services
from workers.topics.second_look import SecondLook, look_again, take_note
from workers.topics.view import by_person


class CheckShipment(TaskInput):
    decided_by: str | None = None


def ask_onec(task: Task[CheckShipment, None], outside: Outside) -> SecondLook | None:
    """The row behind the run's number, asked by its key."""
    return look_again(task.deal_id, BindingKind.SHIPMENT, outside)


def check_shipment(task: Task[CheckShipment, SecondLook | None], services: Services) -> Done:
    """Safe to repeat: a number that 1C has changed is taken over once.

    Raises: NumberRefused, what 1C has now is no реализация to ship by; DealClosed.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open:
        raise DealClosed(deal.id)
    if task.seen is not None:
        found = compare(task.seen.binding, task.seen.row, task.at)
        if wrong := [one for one in found.standing if one in STATES]:
            sentence = f"{found.text} Исправьте это в 1С и нажмите «УПД готов» ещё раз."
            raise NumberRefused(STATES[wrong[0]].name, sentence)
        take_note(store, deal, task.seen, by_person(task, task.input.decided_by), task.at)
        store.deals.save(deal, by_person(task, task.input.decided_by))
    return Done()


TOPIC = Topic(
    "check-shipment",
    CheckShipment,
    Done,
    check_shipment,
    look=ask_onec,
    refusals=(NumberRefused, DealClosed),
)
