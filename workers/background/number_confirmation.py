"""Late confirmation of numbers that were accepted while 1C did not respond."""

from dataclasses import replace
from datetime import UTC, datetime

from db.domain.deals.history import Actor, Cause
from db.domain.errors import NumberRefused
from db.domain.onec.bindings import Binding, BindingState
from db.ports.store import OpenStore
from workers.ports.services import ExternalServices
from workers.services.onec.discrepancies import open_discrepancy
from workers.services.onec.number_binding import bind_late
from workers.services.onec.number_lookup import ConfirmedNumber, find_bound_number
from workers.services.process_variables import WORKER_ACTOR


class NumberConfirmation:
    """Confirms one unverified binding, for the nightly reconciliation."""

    def __init__(self, open_store: OpenStore, external: ExternalServices) -> None:
        self._open, self._external = open_store, external

    def confirm(self, binding: Binding) -> None:
        """Search the number in 1C; bind its record, or open a discrepancy if 1C refuses it.

        Safe to repeat because a binding that has changed since is left alone.

        Raises: OnecUnavailable, OnecMisconfigured, OnecRejected.
        """
        if not self._external.onec.verifies:
            return
        result: ConfirmedNumber | NumberRefused
        try:
            result = find_bound_number(binding, self._external)
        except NumberRefused as refusal:
            result = refusal
        with self._open() as store:
            deal = store.deals.get(binding.deal_id, for_update=True)
            if store.bindings.active(deal.id, binding.kind, binding.run) != binding:
                return
            now = datetime.now(UTC)
            if isinstance(result, ConfirmedNumber):
                try:
                    bind_late(store, deal, binding, result, now)
                except NumberRefused as bound_elsewhere:
                    result = bound_elsewhere
            if isinstance(result, NumberRefused):
                store.bindings.put(replace(binding, state=BindingState.NOT_CONFIRMED))
                open_discrepancy(store, binding, str(result), now, result.details)
            store.deals.save(deal, Actor(WORKER_ACTOR, Cause.WORKER))
