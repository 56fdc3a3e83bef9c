"""Assignment rule for the task that settles a discrepancy with 1C."""

from collections.abc import Collection
from datetime import date

from db.domain.assignment import At, assign_in_deal
from db.domain.deal import Deal
from db.domain.onec_bindings import Binding, BindingKind
from db.ports.store import Store

LAWYERS, OPERATORS = "lawyers", "onecOperators"
"""Candidate groups: a contract's discrepancy goes to the lawyers, a shipment's to its operator."""


def assignee_of_discrepancy(
    store: Store, deal: Deal, binding: Binding, operators: Collection[str], day: date
) -> tuple[str | None, str]:
    """Return the login of the assignee, None if nobody is found, and the candidate group."""
    if binding.kind is BindingKind.CONTRACT:
        return None, LAWYERS
    found = assign_in_deal(store, deal, OPERATORS, At.SOURCE, operators, day)
    return found.person, found.group
