"""Looks at the реализация in 1C once more before its papers leave the house.

A реализация that is gone, marked for deletion or not posted ships nothing, also where a person has
accepted that difference: accepting ends a reminder, it makes no document. A number that was taken
without 1C is confirmed now; only a 1C that is still silent is covered by that word, and a number
that a person accepted as unknown to 1C.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from db.domain.errors import DealClosed, NumberRefused, Unavailable
from db.domain.onec_bindings import Binding, BindingKind, BindingState
from db.domain.onec_differences import NO_PAPERS, compare
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import NoResult, Task, TaskInput, Topic
from workers.services.onec.confirmation import ask_again, taken_without_onec
from workers.services.onec.number_binding import confirm_late, take_entered
from workers.services.onec.number_lookup import Confirmed, confirm, number_if_typed
from workers.services.onec.recheck import SecondLook, look_again, take_note
from workers.services.process_variables import person_actor

WAYS_OUT = (
    "Исправьте это в 1С и нажмите «УПД готов» ещё раз. Если вместо неё в 1С сделана другая "
    "реализация, введите её номер."
)
UNKNOWN = "NOT_FOUND"
"""The one refusal of a number without a row that a person's acceptance covers."""


@dataclass(frozen=True)
class LateAnswer:
    """What 1C says of a number that was taken without it."""

    binding: Binding
    answer: Confirmed | NumberRefused


Looked = Confirmed | SecondLook | LateAnswer | None
"""The row of a new number, the one behind the run's number, or what 1C says of that number."""


class CheckShipment(TaskInput):
    user_inputs: ClassVar[tuple[str, ...]] = ("number", "picked")

    decided_by: str | None = None
    number: Any = None
    """Of the реализация that replaces the one known; empty in all common cases."""
    picked: Any = None
    """`ref` of the candidate that the operator chose."""


def ask_onec(task: Task[CheckShipment, None], external: ExternalServices) -> Looked:
    """A new number is confirmed as on entry; the known one is asked for by its key, or by its
    number if it has none so far.
    """
    number = number_if_typed(BindingKind.SHIPMENT, task.input.number)
    if number is not None:
        return confirm(BindingKind.SHIPMENT, task.deal_id, number, task.input.picked, external)
    binding = taken_without_onec(task.deal_id, BindingKind.SHIPMENT, external)
    if binding is None:
        return look_again(task.deal_id, BindingKind.SHIPMENT, external)
    try:
        return LateAnswer(binding, ask_again(binding, external))
    except NumberRefused as refusal:
        return LateAnswer(binding, refusal)
    except Unavailable:
        return None


def check_shipment(task: Task[CheckShipment, Looked], services: Services) -> NoResult:
    """Safe to repeat: a number that 1C has changed is taken over once, and one that was entered
    takes the place of itself.

    Raises: NumberRefused, what 1C has now is no реализация to ship by; DealClosed.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open:
        raise DealClosed(deal.id)
    actor = person_actor(task, task.input.decided_by)
    match task.fetched:
        case Confirmed() as found:
            take_entered(store, deal, found, actor, task.at)
        case LateAnswer(binding, answer):
            known = store.bindings.active(deal.id, binding.kind, binding.run)
            if known != binding:
                raise Unavailable("The number changed while 1C was asked for it.")
            if isinstance(answer, Confirmed):
                confirm_late(store, deal, binding, answer, task.at)
            elif not _is_accepted(binding, answer):
                raise _with_ways_out(answer)
        case SecondLook(binding, row):
            now = compare(binding, row, task.at)
            if now.binding.state in NO_PAPERS:
                raise NumberRefused(now.binding.state.name, f"{now.text} {WAYS_OUT}")
            take_note(store, deal, task.fetched, actor, task.at)
    store.deals.save(deal, actor)
    return NoResult()


def _is_accepted(binding: Binding, refusal: NumberRefused) -> bool:
    """Whether a person has answered in writing for this number being unknown to 1C.

    Earlier releases kept no more of that than its reason.
    """
    by_word = binding.state is BindingState.UNVERIFIED and bool(binding.reason)
    return refusal.kind == UNKNOWN and by_word and binding.settled_version in (UNKNOWN, None)


def _with_ways_out(refusal: NumberRefused) -> NumberRefused:
    sentence = f"{refusal} {WAYS_OUT}"
    return NumberRefused(refusal.kind, sentence, refusal.candidates, refusal.searched)


TOPIC = Topic(
    "check-shipment",
    CheckShipment,
    NoResult,
    check_shipment,
    fetch=ask_onec,
    refusals=(NumberRefused, DealClosed),
)
