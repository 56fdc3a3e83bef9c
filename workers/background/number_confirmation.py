"""Numbers taken while 1C was down: asked for again, until 1C knows them or a person must look."""

from dataclasses import replace
from datetime import UTC, datetime

from db.domain.errors import NumberRefused
from db.domain.history import Actor, Cause
from db.domain.onec_bindings import Binding, BindingState
from db.ports.store import OpenStore
from workers.ports.services import ExternalServices
from workers.services.onec.binding_changes import ask_a_person
from workers.services.onec.confirmation import ask_again
from workers.services.onec.number_binding import confirm_late
from workers.services.onec.number_lookup import Confirmed
from workers.services.process_variables import WORKER_ACTOR


class Unverified:
    """The reconciler's `Confirm`: safe to repeat, a number that is confirmed is not asked again."""

    def __init__(self, open_store: OpenStore, external: ExternalServices) -> None:
        self._open, self._external = open_store, external

    def confirm(self, binding: Binding) -> None:
        """Raises: OnecUnavailable, OnecMisconfigured, OnecRejected."""
        if not self._external.contracts.verifies:
            return
        answer: Confirmed | NumberRefused
        try:
            answer = ask_again(binding, self._external)
        except NumberRefused as refusal:
            answer = refusal
        with self._open() as store:
            deal = store.deals.get(binding.deal_id, for_update=True)
            current = store.bindings.active(deal.id, binding.kind, binding.run)
            if current != binding:
                return
            now = datetime.now(UTC)
            if isinstance(answer, Confirmed):
                try:
                    confirm_late(store, deal, binding, answer, now)
                except NumberRefused as foreign:
                    answer = foreign
            if isinstance(answer, NumberRefused):
                store.bindings.put(replace(binding, state=BindingState.NOT_CONFIRMED))
                ask_a_person(store, binding, str(answer), now, answer.details)
            store.deals.save(deal, Actor(WORKER_ACTOR, Cause.WORKER))
