"""Side process in which a person settles a discrepancy with 1C: opening, updating, assignment."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from bpmn.lint.worker_contracts import DIFFERENCE_DETAILS, DIFFERENCE_TEXT, ONEC_DISCREPANCY
from db.application.assignment import assign_in_deal
from db.domain.deals.deal import Deal
from db.domain.deals.side_processes import SideProcess
from db.domain.onec.bindings import Binding, BindingKind
from db.domain.people.assignment import At
from db.domain.people.roles import LAWYERS, ONEC_OPERATORS
from db.ports.store import Store

"""Candidate groups: a contract's discrepancy goes to the lawyers, a shipment's to its operator."""
PREFIX = f"{ONEC_DISCREPANCY}:"


class TaskChange(Enum):
    """Effect on the user task that settles a discrepancy."""

    NONE = "none"
    NEW = "opened"
    UPDATED = "open, shows a changed discrepancy"


class BindingUnknown(Exception):
    """The side process has no row, or names a binding that its deal does not have."""


def side_key(binding_id: str) -> str:
    """Return the key of the side process of a binding."""
    return f"{PREFIX}{binding_id}"


def find_binding(store: Store, deal_id: str, key: str) -> Binding | None:
    """Return the binding of a side process, active or not; None if the deal does not have it."""
    wanted = key.removeprefix(PREFIX)
    return next((one for one in store.bindings.of(deal_id) if one.id == wanted), None)


def binding_of(store: Store, deal_id: str, key: str) -> Binding:
    """Return the binding of a side process, active or not. Raises: BindingUnknown."""
    binding = find_binding(store, deal_id, key)
    if binding is None:
        raise BindingUnknown("The deal has no binding with the key of this side process.")
    return binding


def side_process_of(store: Store, key: str) -> SideProcess:
    """Return the row of a side process. Raises: BindingUnknown."""
    side = store.side_processes.find(key)
    if side is None:
        raise BindingUnknown("There is no side process with this key.")
    return side


def open_discrepancy(
    store: Store,
    binding: Binding,
    text: str,
    at: datetime,
    details: Mapping[str, Any] | None = None,
) -> TaskChange:
    """Start a side process that shows ``text``, or update the one that is open.

    ``details``: candidates of the refusal, if 1C does not know the number.
    """
    variables = {DIFFERENCE_TEXT: text, DIFFERENCE_DETAILS: dict(details) if details else None}
    side = SideProcess(side_key(binding.id), binding.deal_id, ONEC_DISCREPANCY, variables, at)
    if store.side_processes.open(side):
        return TaskChange.NEW
    changed = store.side_processes.changed(side.key, side.variables)
    return TaskChange.UPDATED if changed else TaskChange.NONE


def clear_discrepancy(store: Store, binding: Binding) -> None:
    """Let the open side process of a binding, if any, end because nothing differs any more."""
    cleared = {DIFFERENCE_TEXT: "", DIFFERENCE_DETAILS: None}
    store.side_processes.changed(side_key(binding.id), cleared)


def assignee_of_discrepancy(
    store: Store, deal: Deal, binding: Binding, operators: Collection[str], day: date
) -> tuple[str | None, str]:
    """Return the login of the assignee, None if nobody is found, and the candidate group."""
    if binding.kind is BindingKind.CONTRACT:
        return None, LAWYERS
    found = assign_in_deal(store, deal, ONEC_OPERATORS, At.SOURCE, operators, day)
    return found.person, found.group
