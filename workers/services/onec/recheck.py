"""Compares a bound number with its row in 1C before a document that depends on it."""

import logging
from dataclasses import dataclass
from datetime import datetime

from db.domain.deals.deal import Deal
from db.domain.deals.history import Actor
from db.domain.errors import Unavailable
from db.domain.onec.bindings import Binding, BindingKind
from db.domain.onec.differences import OnecRow, compare
from db.ports.store import Store
from workers.ports.employees import Employee
from workers.ports.onec_errors import OnecMisconfigured, OnecRejected
from workers.ports.services import ExternalServices
from workers.services.onec.binding_changes import announce_comparison, store_comparison
from workers.services.onec.number_lookup import active_binding

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CurrentRow:
    """An active binding and its row as 1C has it now; None: 1C has no such row."""

    binding: Binding
    row: OnecRow | None


def fetch_current_row(
    deal_id: str, kind: BindingKind, external: ExternalServices
) -> CurrentRow | None:
    """Read the row of the active binding; None without a bound row or a connection to 1C.

    Raises: OnecUnavailable, OnecMisconfigured, OnecRejected.
    """
    with external.reading() as store:
        binding = active_binding(store, deal_id, kind)
    if binding is None or binding.ref_key is None or not external.onec.verifies:
        return None
    return CurrentRow(binding, external.onec.fetch_rows([binding])[binding.id])


def fetch_current_row_if_available(
    deal_id: str, kind: BindingKind, external: ExternalServices
) -> CurrentRow | None:
    """Read the row, but return None if 1C does not answer: the nightly comparison will follow."""
    try:
        return fetch_current_row(deal_id, kind, external)
    except (Unavailable, OnecMisconfigured, OnecRejected) as failure:
        log.warning("A row of 1C was not compared before a document: %s", type(failure).__name__)
        return None


def apply_current_row(
    store: Store, deal: Deal, current: CurrentRow | None, actor: Actor, at: datetime
) -> None:
    """Store and announce changes of the row, as the nightly comparison does.

    Does nothing if the binding has changed since the row was read.
    """
    if current is None:
        return
    binding = current.binding
    if store.bindings.active(deal.id, binding.kind, binding.run) != binding:
        return
    compared = compare(binding, current.row, at)
    store_comparison(store, deal, compared, actor)
    announce_comparison(store, deal, compared, Employee(deal.manager, deal.manager), at)
