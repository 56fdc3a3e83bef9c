"""E-mails to the client of a deal about what its stage means."""

from db.domain.deals.deal import Deal
from db.domain.deals.entities import CLIENT
from db.domain.fields.values import day
from db.domain.people.notices import NoticeKind
from db.domain.steps.offers import CONTACT_EMAIL, READY_BY
from db.domain.steps.repairs import REPAIR
from db.ports.store import Store
from workers.ports.employees import Employee
from workers.services.notification_texts import client_letter, client_subject, paid_repair
from workers.services.notifications import notify_people

PAID_REPAIR = (
    "По гарантии отремонтировать технику нельзя, предлагаем платный ремонт. Посчитаем стоимость и "
    "сообщим её: без вашего согласия ремонт не начнём."
)


def tell_client(store: Store, deal: Deal) -> None:
    """Queue the e-mail of the deal's stage, if it has a text and the client an address.

    Safe to repeat because an e-mail is unique per deal and stage move.
    """
    text = store.catalog.stage_of(deal).client
    if text is not None:
        _send(store, deal, text)


def tell_of_paid_repair(store: Store, request: Deal, paid: Deal) -> None:
    """Tell client and manager of the deal that continues a request without warranty.

    Safe to repeat because an e-mail is unique per deal and stage move, a notification per deal.
    """
    written = _send(store, paid, PAID_REPAIR)
    text = paid_repair(request.title, paid.title, written=written)
    manager = Employee(paid.manager, paid.manager)
    notify_people(store, [manager], f"paid-{request.id}", text, paid.id, NoticeKind.DEAL)


def _send(store: Store, deal: Deal, text: str) -> bool:
    """Queue an e-mail to the client. Returns: False if no address is known."""
    address = deal.values.get(CONTACT_EMAIL)
    if not isinstance(address, str):
        return False
    about = str(deal.values.get("equipmentModel") or deal.values.get("subject") or deal.id)
    ready = deal.values.get(READY_BY)
    promised = day(ready) if deal.stage == REPAIR and isinstance(ready, str) else None
    body = client_letter(about, text, deal.id, promised)
    message_id = f"<{deal.id}.move-{deal.moves}.client@deals.invalid>"
    store.mails.add(message_id, CLIENT, address, client_subject(about), body, deal.id)
    return True
