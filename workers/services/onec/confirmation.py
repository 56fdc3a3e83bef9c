"""Numbers taken while 1C was down: how 1C is asked for them after the fact."""

from dataclasses import replace
from datetime import datetime

from db.domain.onec_bindings import Binding, BindingKind, BindingState
from workers.ports.services import ExternalServices
from workers.services.onec.number_lookup import Confirmed, confirm

UNCONFIRMED = frozenset({BindingState.OVERRIDDEN, BindingState.NOT_CONFIRMED})


def ask_again(
    binding: Binding, external: ExternalServices, number: str | None = None, picked: object = None
) -> Confirmed:
    """``number``: instead of the one that was taken; ``picked``: `ref` of a candidate.

    Raises: NumberRefused; OnecUnavailable, OnecMisconfigured, OnecRejected.
    """
    entered = number or binding.number_entered
    return confirm(binding.kind, binding.deal_id, entered, picked, external)


def taken_without_onec(
    deal_id: str, kind: BindingKind, external: ExternalServices
) -> Binding | None:
    """The number of the contract or of the current run, if there is a 1C that has not shown its
    row yet."""
    if not external.contracts.verifies:
        return None
    with external.reading() as store:
        run = store.runs.current(deal_id) if kind is BindingKind.SHIPMENT else None
        binding = store.bindings.active(deal_id, kind, run.number if run else 0)
    return binding if binding is not None and binding.ref_key is None else None


def settled(binding: Binding, found: Confirmed, at: datetime, by: str | None = None) -> Binding:
    """The same binding, now that 1C knows its row; whose word it was stays, unless somebody has
    given another: ``by``."""
    fresh = found.binding(binding.deal_id, binding.run, by or binding.verified_by, at)
    return replace(fresh, id=binding.id, reason=binding.reason)
