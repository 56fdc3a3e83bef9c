"""Checks the shipment in 1C before the УПД is issued, then moves the deal to its next stage.

A shipment that is missing, marked for deletion or not posted is refused, even if a person accepted
that discrepancy: the acceptance only ends the reminder. A number that was accepted without 1C is
confirmed now. It passes unconfirmed only if 1C does not respond, or if a person accepted that 1C
does not know it.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from db.domain.deals.stages import advance
from db.domain.errors import DealClosed, NumberRefused, Unavailable
from db.domain.onec.bindings import Binding, BindingKind, BindingState
from db.domain.onec.differences import NO_PAPERS, compare
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, Topic
from workers.services.onec.number_binding import bind_entered, bind_late
from workers.services.onec.number_lookup import (
    ConfirmedNumber,
    binding_without_row,
    find_bound_number,
    find_number,
    parse_optional_number,
)
from workers.services.onec.recheck import CurrentRow, apply_current_row, fetch_current_row
from workers.services.process_variables import (
    DealVariables,
    deal_variables,
    person_actor,
    worker_actor,
)

NEXT_STEPS = (
    "Исправьте это в 1С и нажмите «УПД готов» ещё раз. Если вместо неё в 1С сделана другая "
    "реализация, введите её номер."
)
UNKNOWN = "NOT_FOUND"
"""The only kind of refusal that a person can accept for a number without a row."""


@dataclass(frozen=True)
class LateConfirmation:
    """Result of the search for a number that was accepted without 1C."""

    binding: Binding
    result: ConfirmedNumber | NumberRefused


ShipmentLookup = ConfirmedNumber | CurrentRow | LateConfirmation | None
"""A replacing number, the row of the bound number, or a late confirmation of that number."""


class CheckShipment(TaskInput):
    """Input of ``check-shipment``."""

    user_inputs: ClassVar[tuple[str, ...]] = ("number", "picked")

    decided_by: str | None = None
    number: Any = None
    """Number of the shipment that replaces the bound one; usually empty."""
    picked: Any = None
    """`ref` of the candidate that the operator chose."""
    to_stage: str | None = None
    """Stage of a deal whose shipment is in order, set by the diagram; None for instances of earlier
    diagrams, which move the deal in a step of their own."""


def find_shipment(task: Task[CheckShipment, None], external: ExternalServices) -> ShipmentLookup:
    """Look up a replacing number, else the row of the bound one, by key or, without one, by number.

    Raises: NumberRefused; OnecUnavailable, OnecMisconfigured, OnecRejected.
    """
    number = parse_optional_number(BindingKind.SHIPMENT, task.input.number)
    if number is not None:
        return find_number(BindingKind.SHIPMENT, task.deal_id, number, task.input.picked, external)
    binding = binding_without_row(task.deal_id, BindingKind.SHIPMENT, external)
    if binding is None:
        return fetch_current_row(task.deal_id, BindingKind.SHIPMENT, external)
    try:
        return LateConfirmation(binding, find_bound_number(binding, external))
    except NumberRefused as refusal:
        return LateConfirmation(binding, refusal)
    except Unavailable:
        return None


def check_shipment(task: Task[CheckShipment, ShipmentLookup], services: Services) -> DealVariables:
    """Store what the lookup found and move the deal forward, or refuse to issue the УПД.

    Safe to repeat because storing the same number or row again changes nothing, and a deal at the
    stage or past it is not moved.

    Raises: NumberRefused, 1C has no posted shipment for the number; DealClosed.
    """
    store = services.store
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open:
        raise DealClosed(deal.id)
    actor = person_actor(task, task.input.decided_by)
    match task.fetched:
        case ConfirmedNumber() as found:
            bind_entered(store, deal, found, actor, task.at)
        case LateConfirmation(binding, result):
            if store.bindings.active(deal.id, binding.kind, binding.run) != binding:
                raise Unavailable("The number changed while it was searched in 1C.")
            if isinstance(result, ConfirmedNumber):
                bind_late(store, deal, binding, result, task.at)
            elif not _is_accepted(binding, result):
                raise _with_next_steps(result)
        case CurrentRow(binding, row):
            now = compare(binding, row, task.at)
            if now.binding.state in NO_PAPERS:
                raise NumberRefused(now.binding.state.name, f"{now.text} {NEXT_STEPS}")
            apply_current_row(store, deal, task.fetched, actor, task.at)
    store.deals.save(deal, actor)
    if task.input.to_stage and advance(store.catalog, deal, task.input.to_stage, at=task.at):
        store.deals.save(deal, worker_actor(task))
    return DealVariables(**deal_variables(services, deal))


def _is_accepted(binding: Binding, refusal: NumberRefused) -> bool:
    """Return whether a person accepted, with a reason, that 1C does not know this number.

    Bindings of earlier releases have the reason but no `settled_version`.
    """
    accepted = binding.state is BindingState.UNVERIFIED and bool(binding.reason)
    return refusal.kind == UNKNOWN and accepted and binding.settled_version in (UNKNOWN, None)


def _with_next_steps(refusal: NumberRefused) -> NumberRefused:
    sentence = f"{refusal} {NEXT_STEPS}"
    return NumberRefused(refusal.kind, sentence, refusal.candidates, refusal.searched)


TOPIC = Topic(
    "check-shipment",
    CheckShipment,
    DealVariables,
    check_shipment,
    fetch=find_shipment,
    refusals=(NumberRefused, DealClosed),
)
