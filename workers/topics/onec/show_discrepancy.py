"""Puts a difference found in 1C into its process as it stands now, beside the open task."""

from typing import Any

from bpmn.lint.worker_contracts import DIFFERENCE_DETAILS, DIFFERENCE_TEXT
from db.domain.onec_bindings import Binding
from db.domain.onec_differences import mark_of
from db.domain.side_processes import SideProcess
from db.ports.store import Store
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.onec.binding_changes import binding_of
from workers.services.onec.confirmation import UNCONFIRMED


class ShowDiscrepancy(TaskInput):
    side_key: str


class DiscrepancyShown(TaskResult):
    """What the form of the task reads."""

    difference_gone: bool
    """Nobody has to settle anything any more."""
    difference_text: str
    difference_details: dict[str, Any] | None = None
    difference_mark: str = ""
    """Fingerprint of the text: an answer brings it back."""
    onec_number: str
    number_unconfirmed: bool = False
    """1C has shown no row for it yet, so the person may enter another number."""
    side_version: int = 1
    """What the process knows of; a later change is told to it."""


def show_discrepancy(task: Task[ShowDiscrepancy, None], services: Services) -> DiscrepancyShown:
    """Safe to repeat: it reads, and a row that is closed stays closed.

    The deal is locked, so that the text and the version of the row belong together.
    """
    store, key = services.store, task.input.side_key
    deal = store.deals.get(task.deal_id, for_update=True)
    binding = the_binding(binding_of(store, deal.id, key))
    shown = DiscrepancyShown(**as_shown(binding, store.side_processes.find(key)))
    if shown.difference_gone:
        store.side_processes.close(key, task.at)
    return shown


def as_shown(binding: Binding, side: SideProcess | None) -> dict[str, Any]:
    """Values for a `DiscrepancyShown`."""
    told = side.variables if side and side.closed_at is None and binding.active else {}
    text = str(told.get(DIFFERENCE_TEXT) or "")
    return {
        "difference_gone": not text,
        "difference_text": text,
        "difference_details": told.get(DIFFERENCE_DETAILS),
        "difference_mark": mark_of(text),
        "onec_number": binding.number,
        "number_unconfirmed": binding.state in UNCONFIRMED,
        "side_version": side.version if side else 1,
    }


class NoSuchBinding(Exception):
    """The process settles a difference of a number that the deal never had."""


def the_binding(binding: Binding | None) -> Binding:
    if binding is None:
        raise NoSuchBinding("The key of this process names no binding of its deal.")
    return binding


def the_row(store: Store, key: str) -> SideProcess:
    side = store.side_processes.find(key)
    if side is None:
        raise NoSuchBinding("No row wants this process.")
    return side


TOPIC = Topic(
    "show-discrepancy", ShowDiscrepancy, DiscrepancyShown, show_discrepancy, parallel=True
)
