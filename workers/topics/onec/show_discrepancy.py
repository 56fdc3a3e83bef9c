"""Updates the variables that the open task of a discrepancy shows."""

from typing import Any

from bpmn.lint.worker_contracts import DIFFERENCE_DETAILS, DIFFERENCE_TEXT
from db.domain.deals.side_processes import SideProcess
from db.domain.onec.bindings import Binding
from db.domain.onec.differences import mark_of
from workers.ports.services import Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.onec.discrepancies import binding_of
from workers.services.onec.number_lookup import UNCONFIRMED


class ShowDiscrepancy(TaskInput):
    """Input of ``show-discrepancy``."""

    side_key: str


class DiscrepancyShown(TaskResult):
    """Variables of the task form."""

    difference_gone: bool
    """There is nothing to settle any more."""
    difference_text: str
    """What differs, in Russian."""
    difference_details: dict[str, Any] | None = None
    """Candidates for a number that 1C does not know."""
    difference_mark: str = ""
    """Fingerprint of the text. The form sends it back with the answer."""
    onec_number: str
    """Number of the binding."""
    number_unconfirmed: bool = False
    """1C has not confirmed the number yet, so the person may enter another one."""
    side_version: int = 1
    """Version of the side process that the variables show; a later one causes a message."""


def show_discrepancy(task: Task[ShowDiscrepancy, None], services: Services) -> DiscrepancyShown:
    """Return the current discrepancy and close a side process without one.

    Safe to repeat because a closed side process stays closed.

    The deal is locked so that text and version of the side process fit together.
    """
    store, key = services.store, task.input.side_key
    deal = store.deals.get(task.deal_id, for_update=True)
    binding = binding_of(store, deal.id, key)
    shown = DiscrepancyShown(**discrepancy_variables(binding, store.side_processes.find(key)))
    if shown.difference_gone:
        store.side_processes.close(key, task.at)
    return shown


def discrepancy_variables(binding: Binding, side: SideProcess | None) -> dict[str, Any]:
    """Return the values for a `DiscrepancyShown`; without text for an ended discrepancy."""
    known = side.variables if side and side.closed_at is None and binding.active else {}
    text = str(known.get(DIFFERENCE_TEXT) or "")
    return {
        "difference_gone": not text,
        "difference_text": text,
        "difference_details": known.get(DIFFERENCE_DETAILS),
        "difference_mark": mark_of(text),
        "onec_number": binding.number,
        "number_unconfirmed": binding.state in UNCONFIRMED,
        "side_version": side.version if side else 1,
    }


TOPIC = Topic(
    "show-discrepancy", ShowDiscrepancy, DiscrepancyShown, show_discrepancy, parallel=True
)
