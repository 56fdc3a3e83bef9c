"""Sends in-app notifications and e-mails to employees, each once per person and key."""

from collections.abc import Sequence

from db.application.notices import tell
from db.domain.people.notices import NoticeKind
from db.domain.people.roles import ADMINISTRATORS
from db.ports.store import Store
from workers.ports.employees import Employee


def notify_people(
    store: Store,
    people: Sequence[Employee],
    key: str,
    text: str,
    deal_id: str | None,
    kind: NoticeKind = NoticeKind.SYSTEM,
    *,
    subject: str = "",
    letter: str = "",
) -> None:
    """Notify each person once per ``key``; with ``subject`` also by e-mail, if an address is known
    and the person wants e-mails of this kind. ``letter``: its text, if it differs.

    If ``people`` is empty, the notification is stored for the administrators' group as a whole.
    Safe to repeat because the store keeps one notification per person and key.
    """
    for person in people or [Employee(ADMINISTRATORS, ADMINISTRATORS)]:
        delivery = tell(store, person.login, key, text, deal_id, kind)
        if delivery and delivery.mail and subject and person.email:
            about = deal_id or "desk"
            message_id = f"<{about}.{key.replace(':', '.')}.{person.login}@deals.invalid>"
            body = letter or text
            store.mails.add(message_id, person.login, person.email, subject[:250], body, deal_id)
