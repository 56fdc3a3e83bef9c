"""Sends in-app notifications and e-mails to employees, each once per person and key."""

from collections.abc import Sequence

from db.domain.people.roles import ADMINISTRATORS
from db.ports.store import Store
from workers.ports.employees import Employee


def notify_people(
    store: Store,
    people: Sequence[Employee],
    key: str,
    text: str,
    deal_id: str | None,
    *,
    subject: str = "",
) -> None:
    """Notify each person once per ``key``; with ``subject`` also by e-mail, if an address is known.

    If ``people`` is empty, the notification is stored for the administrators' group as a whole.
    Safe to repeat because the store keeps one notification per person and key.
    """
    for person in people or [Employee(ADMINISTRATORS, ADMINISTRATORS)]:
        new = store.notifications.add(person.login, key, text, deal_id)
        if new and subject and person.email:
            message_id = f"<{deal_id}.{key.replace(':', '.')}.{person.login}@deals.invalid>"
            store.mails.add(message_id, person.login, person.email, subject[:250], text, deal_id)
