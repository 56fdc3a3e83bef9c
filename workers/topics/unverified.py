"""Numbers taken while 1C was down: how 1C is asked for them after the fact."""

from dataclasses import replace
from datetime import datetime

from db.domain.errors import NumberRefused
from db.domain.onec import Binding, BindingKind, BindingState
from workers.services import Outside
from workers.topics.onec_number import Confirmed, confirm

UNCONFIRMED = frozenset({BindingState.OVERRIDDEN, BindingState.NOT_CONFIRMED})


def ask_again(binding: Binding, outside: Outside) -> Confirmed | NumberRefused:
    """Raises: OnecUnavailable, OnecMisconfigured, OnecRejected."""
    with outside.reading() as store:
        deal = store.deals.get(binding.deal_id)
        contract = store.bindings.active(deal.id, BindingKind.CONTRACT)
    try:
        return confirm(binding.kind, deal, contract, binding.number_entered, None, outside)
    except NumberRefused as refusal:
        return refusal


def settled(binding: Binding, found: Confirmed, at: datetime) -> Binding:
    """The same binding, now that 1C knows its row; whose word it was stays."""
    fresh = found.binding(binding.deal_id, binding.run, binding.verified_by, at)
    return replace(fresh, id=binding.id, reason=binding.reason)
