"""Does 1C answer again? Asked now and then while an administrator decides without it."""

from db.domain.errors import Unavailable
from workers.integrations.onec.errors import OnecMisconfigured, OnecRejected
from workers.ports.services import ExternalServices, Services
from workers.runtime.contract import Task, TaskInput, TaskResult, Topic
from workers.services.onec.number_lookup import Kind


class ProbeOnec(TaskInput):
    kind: Kind
    """Of the number that waits: the same book is asked as by its next check."""


class OnecProbed(TaskResult):
    """If 1C answers, the process ends with this: not taken, so the caller checks the number."""

    onec_answers: bool
    overridden: bool = False
    onec_number: None = None
    order_returned: bool = False


def ask_onec(task: Task[ProbeOnec, None], external: ExternalServices) -> bool:
    """A row of every set that the check of the number reads. True also where no 1C is configured:
    nothing is worth waiting for there.

    False for a 1C that refuses us, too: a check would only stop, the administrator can decide.
    """
    book = external.shipments if task.input.kind == "shipment" else external.contracts
    try:
        book.check()
    except (Unavailable, OnecMisconfigured, OnecRejected):
        return False
    return True


def probe_onec(task: Task[ProbeOnec, bool], services: Services) -> OnecProbed:
    """Safe to repeat: it writes nothing.

    Safe beside the administrator's answer: the first result ends the process and with it the
    other. A number taken first keeps this answer out, for every other end but «1С ещё молчит» is
    terminating. An answer of 1C first cancels «Записать решение без 1С»; if that step had stored
    the number already, the next check finds the same number and confirms it in its place.
    """
    return OnecProbed(onec_answers=task.fetched)


TOPIC = Topic("probe-onec", ProbeOnec, OnecProbed, probe_onec, fetch=ask_onec, parallel=True)
