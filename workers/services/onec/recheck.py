"""A number's row in 1C looked at once more, before a paper that rests on it is taken."""

import logging
from dataclasses import dataclass
from datetime import datetime

from db.domain.deal import Deal
from db.domain.errors import Unavailable
from db.domain.history import Actor
from db.domain.onec_bindings import Binding, BindingKind
from db.domain.onec_differences import Compared, OnecRow, compare
from db.ports.store import Store
from workers.integrations.onec.errors import OnecMisconfigured, OnecRejected
from workers.ports.employees import Employee
from workers.ports.onec_rows import read_rows
from workers.ports.services import ExternalServices
from workers.services.onec.binding_changes import announce, keep

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SecondLook:
    """The deal's binding, and its row as it is now; None: the row is gone."""

    binding: Binding
    row: OnecRow | None


def look_again(deal_id: str, kind: BindingKind, external: ExternalServices) -> SecondLook | None:
    """None: nothing is bound, or there is no 1C that could be asked.

    Raises: OnecUnavailable, OnecMisconfigured, OnecRejected.
    """
    with external.reading() as store:
        run = store.runs.current(deal_id) if kind is BindingKind.SHIPMENT else None
        binding = store.bindings.active(deal_id, kind, run.number if run else 0)
    if binding is None or binding.ref_key is None or not external.rows.verifies:
        return None
    return SecondLook(binding, read_rows(external.rows, [binding])[binding.id])


def look_if_possible(
    deal_id: str, kind: BindingKind, external: ExternalServices
) -> SecondLook | None:
    """The same, but people do not wait for a silent 1C: the night will compare."""
    try:
        return look_again(deal_id, kind, external)
    except (Unavailable, OnecMisconfigured, OnecRejected) as trouble:
        log.warning("1C is not asked before this paper: %s", type(trouble).__name__)
        return None


def take_note(
    store: Store, deal: Deal, look: SecondLook | None, actor: Actor, at: datetime
) -> Compared | None:
    """Keep what is new and give it to somebody, as the nightly comparison does."""
    if look is None:
        return None
    current = store.bindings.active(deal.id, look.binding.kind, look.binding.run)
    if current != look.binding:
        return None  # another number meanwhile, or another look
    compared = compare(look.binding, look.row, at)
    keep(store, deal, compared, actor)
    announce(store, deal, compared, Employee(deal.manager, deal.manager), at)
    return compared
