"""Delivery routes of an order and the answers about each leg of a delivery."""

from datetime import datetime
from enum import StrEnum

from db.domain.errors import AnswerMissing, CommentMissing

DRIVEN_ROUTES = frozenset({"transportCompany", "ownDelivery"})
"""Routes that need a driver on entry to «Реализация»."""
BRANCH_TRANSFER = "branchTransfer"
RECEIVER = "receiver"
"""Attribute that names the storekeeper of the branch at the other end."""
DIRECTION, ROUTE, ONWARD, BRANCH = "shippingDirection", "route", "onward", "branch"
"""Roles: our drivers, and who cares for a trip without one of them."""
DRIVER, CARRIER_DRIVER = "driver", "carrierDriver"
ORDER_AMOUNT = "orderAmount"
SHIPMENT_NUMBER, TRACKING_NUMBER, IN_PARTS = "shipmentNumber", "trackingNumber", "shipsInParts"


def is_needed(attribute: str, route: str | None) -> bool:
    """Whether a direction of this route must name somebody in an attribute."""
    if route is None or attribute not in (DRIVER, RECEIVER):
        return True
    return route in DRIVEN_ROUTES if attribute == DRIVER else route == BRANCH_TRANSFER


class Answer(StrEnum):
    """Outcome of one leg of a delivery, as its person reports it."""

    DELIVERED = "delivered"
    FAILED = "failed"
    DRIVER_CHANGED = "driverChanged"
    DISCREPANCY = "discrepancy"  # the receiving branch counted something else
    PROCEED = "proceed"  # the manager: hand it out as it is
    CANCEL = "cancel"  # the manager: call the shipment off


EXPLAINED = frozenset({Answer.FAILED, Answer.DRIVER_CHANGED, Answer.DISCREPANCY, Answer.CANCEL})
"""Answers that mean nothing to others without words."""


def answered(said: object, reason: object, allowed: frozenset[str]) -> tuple[Answer, str]:
    """Parse an answer sent by a form or REST client; a missing value is never "delivered".

    Raises: AnswerMissing, CommentMissing.
    """
    if not isinstance(said, str) or said not in allowed:
        raise AnswerMissing
    answer = Answer(said)
    words = reason.strip()[:4000] if isinstance(reason, str) else ""
    if answer in EXPLAINED and not has_words(words):
        raise CommentMissing("Напишите причину: её увидят менеджер и следующий исполнитель.")
    return answer, words


def has_words(text: object) -> bool:
    """Whether a text contains visible characters."""
    return isinstance(text, str) and any(letter.isalnum() for letter in text)


def is_of_run(uploaded_at: datetime, opened_at: datetime) -> bool:
    """Whether a file was uploaded in this run; files of earlier shipments prove nothing."""
    return uploaded_at >= opened_at
