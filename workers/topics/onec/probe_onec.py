"""Checks whether 1C responds again while an administrator decides."""

from db.domain.errors import Unavailable
from db.domain.onec.bindings import BindingKind
from workers.ports.onec_errors import OnecMisconfigured, OnecRejected
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic


class ProbeOnec(TaskInput):
    """Input of ``probe-onec``."""

    kind: BindingKind
    """Kind of the waiting number, ``contract``, ``shipment`` or ``item``, whose entity sets are
    checked."""


class OnecProbed(TaskResult):
    """Result of ``probe-onec``.

    Ends the override process if 1C responds: no number is accepted, the caller looks it up.
    """

    onec_answers: bool
    """All entity sets that the lookup needs can be read."""
    overridden: bool = False
    onec_number: None = None
    order_returned: bool = False


def ask_onec(task: Task[ProbeOnec, None], external: ExternalServices) -> bool:
    """Return whether every entity set that the lookup of the number needs can be read.

    True if 1C is not configured, because waiting would not help. False if 1C refuses the
    requests: the lookup would become an incident, while the administrator can decide.
    """
    try:
        external.onec.of(task.input.kind).check()
    except (Unavailable, OnecMisconfigured, OnecRejected):
        return False
    return True


def probe_onec(task: Task[ProbeOnec, bool], services: Services) -> OnecProbed:
    """Return the result of the probe.

    Safe to repeat because it writes nothing.

    Safe in parallel with the administrator's decision: the first result ends the process and the
    other branch. Every end event except «1С ещё молчит» is terminating, so an accepted number
    discards this result. A positive result cancels «Записать решение без 1С»; if that step has
    already stored the number, the next lookup confirms it in place.
    """
    return OnecProbed(onec_answers=task.fetched)


TOPIC = Topic("probe-onec", ProbeOnec, OnecProbed, probe_onec, fetch=ask_onec, parallel=True)
