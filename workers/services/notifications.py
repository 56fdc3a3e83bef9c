"""In-app notifications and mails to people of a deal, each once per key."""

from collections.abc import Sequence

from db.ports.store import Store
from workers.ports import Person

ADMINISTRATORS = "portalAdmins"


def tell(
    store: Store,
    people: Sequence[Person],
    key: str,
    text: str,
    deal_id: str | None,
    *,
    subject: str = "",
) -> None:
    """Notify each person once per key; with ``subject`` also by mail, if they have an address.

    Nobody to tell: the notification is kept for the role of administrators itself.
    """
    for person in people or [Person(ADMINISTRATORS, ADMINISTRATORS)]:
        new = store.notifications.add(person.login, key, text, deal_id)
        if new and subject and person.email:
            message_id = f"<{deal_id}.{key.replace(':', '.')}.{person.login}@deals.invalid>"
            store.mails.add(message_id, person.login, person.email, subject[:250], text, deal_id)
