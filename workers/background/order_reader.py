"""Answers the requests of people for the goods of an order in 1C."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from db.domain.errors import Unavailable
from db.domain.onec.orders import SILENT, OrderAnswer, OrderRequest, RefusedOrder
from db.ports.store import OpenStore
from workers.ports.onec_errors import OnecMisconfigured, OnecRejected, OnecUnavailable
from workers.ports.services import ExternalServices
from workers.runtime.polling import BackOff, poll
from workers.services.onec.orders import find_order

log = logging.getLogger(__name__)

IDLE = timedelta(seconds=1)
ADVICE = "Сообщите администратору портала; товары можно ввести вручную."
BUG = RefusedOrder("ONEC_BUG", f"Ошибка программы при чтении заказа. {ADVICE}")


class OrderReader:
    """Reads the order of each request and stores the answer; a request is answered once.

    Safe to run in several processes: they may read the same order, the first answer is kept.
    """

    def __init__(self, open_store: OpenStore, external: ExternalServices) -> None:
        self._open, self._external = open_store, external

    def run(self, stopping: threading.Event, when: Callable[[], bool] = lambda: True) -> None:
        """Answer requests until ``stopping`` is set, while ``when`` returns True."""
        back_off = BackOff(IDLE, timedelta(minutes=1))
        poll(self.round, "Orders of 1C", stopping, idle=IDLE, back_off=back_off, when=when)

    def round(self) -> bool:
        """Answer the oldest request. Returns: whether there was one. Raises: Unavailable."""
        with self._external.reading() as store:
            request = store.order_requests.oldest()
        if request is None:
            return False
        answer = SILENT if request.is_overdue(datetime.now(UTC)) else self._answer(request)
        with self._open() as store:
            store.order_requests.answer(request.id, answer, datetime.now(UTC))
        return True

    def _answer(self, request: OrderRequest) -> OrderAnswer:
        try:
            return find_order(request, self._external)
        except OnecUnavailable as silent:
            log.info("A request for an order is answered without it: %s", silent)
            return SILENT
        except (OnecMisconfigured, OnecRejected) as trouble:
            log.warning("A request for an order is refused: %s", trouble)
            return RefusedOrder("ONEC_REFUSED", f"{trouble} {ADVICE}")
        except Unavailable:
            raise  # the database
        except Exception:
            log.exception("A request for an order is refused because of a bug")
            return BUG
