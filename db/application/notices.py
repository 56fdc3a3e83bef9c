"""Stores notifications as their recipients prefer them."""

from db.domain.people.notices import Delivery, NoticeKind
from db.ports.store import Store


def tell(
    store: Store, recipient: str, key: str, text: str, deal_id: str | None, kind: NoticeKind
) -> Delivery | None:
    """Store a notification once per deal, key and recipient, also for the recipient's browsers.

    Returns: how the recipient gets this kind; None if the notification is not new. Safe to repeat.
    """
    switchable = kind is not NoticeKind.SYSTEM
    delivery = store.notifications.delivery(recipient, kind) if switchable else Delivery()
    new = store.notifications.add(recipient, key, text, deal_id, silent=not delivery.bell)
    if new and delivery.push:
        store.pushes.add(recipient, kind, deal_id)
    return delivery if new else None
