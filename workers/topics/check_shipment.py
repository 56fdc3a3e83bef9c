"""Looks at the реализация in 1C once more before its papers leave the house."""

from typing import Any, ClassVar

from db.domain.errors import DealClosed, NumberRefused
from db.domain.onec import BindingKind
from db.domain.onec_differences import STATES, compare
from workers.contract import Done, Task, TaskInput, Topic
from workers.services import Outside, Services
from workers.topics.onec_number import Confirmed, confirm, number_if_typed
from workers.topics.second_look import SecondLook, look_again, take_note
from workers.topics.sync_onec_number import take_entered
from workers.topics.view import by_person

WAYS_OUT = (
    "Исправьте это в 1С и нажмите «УПД готов» ещё раз. Если вместо неё в 1С сделана другая "
    "реализация, введите её номер."
)

Looked = Confirmed | SecondLook | None
"""The row of a new number, or the one behind the run's number."""


class CheckShipment(TaskInput):
    said: ClassVar[tuple[str, ...]] = ("number", "picked")

    decided_by: str | None = None
    number: Any = None
    """Of the реализация that replaces the one known; empty in all common cases."""
    picked: Any = None
    """`ref` of the candidate that the operator chose."""


def ask_onec(task: Task[CheckShipment, None], outside: Outside) -> Looked:
    """A new number is confirmed as on entry; the known one is asked for by its key."""
    number = number_if_typed(BindingKind.SHIPMENT, task.input.number)
    if number is None:
        return look_again(task.deal_id, BindingKind.SHIPMENT, outside)
    return confirm(BindingKind.SHIPMENT, task.deal_id, number, task.input.picked, outside)


def check_shipment(task: Task[CheckShipment, Looked], services: Services) -> Done:
    """Safe to repeat: a number that 1C has changed is taken over once, and one that was entered
    takes the place of itself.

    Raises: NumberRefused, what 1C has now is no реализация to ship by; DealClosed.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open:
        raise DealClosed(deal.id)
    actor = by_person(task, task.input.decided_by)
    if isinstance(task.seen, Confirmed):
        take_entered(store, deal, task.seen, actor, task.at)
        store.deals.save(deal, actor)
    elif task.seen is not None:
        found = compare(task.seen.binding, task.seen.row, task.at)
        wrong = [one for one in found.standing if one in STATES]
        # A difference that somebody has answered for in writing stops no paper.
        if wrong and found.needs_a_person:
            raise NumberRefused(STATES[wrong[0]].name, f"{found.text} {WAYS_OUT}")
        take_note(store, deal, task.seen, actor, task.at)
        store.deals.save(deal, actor)
    return Done()


TOPIC = Topic(
    "check-shipment",
    CheckShipment,
    Done,
    check_shipment,
    look=ask_onec,
    refusals=(NumberRefused, DealClosed),
)
