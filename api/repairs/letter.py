"""E-mail to a client with the cost of a repair and the link to answer it."""

from decimal import Decimal
from typing import Any

from db.domain.deals.deal import Deal
from db.domain.fields.values import day, money
from db.domain.steps.offers import PARTS_COST, READY_BY, REPAIR_COST, CostOffer


def letter_of(offer: CostOffer, deal: Deal, link: str) -> tuple[str, str]:
    """Subject and text of the e-mail."""
    machine = machine_of(deal)
    lines = [
        "Здравствуйте!",
        "",
        f"Мы провели диагностику: {machine}.",
        *(f"{label}: {text}" for label, text in sums_of(offer)),
        "",
        "Согласиться или отказаться можно по ссылке, регистрация не нужна:",
        link,
        "",
        f"Ссылка действует до {offer.expires_at:%d.%m.%Y} и принимает один ответ. Не пересылайте "
        "её: ответить сможет любой, у кого она есть.",
        f"Номер обращения: {deal.id}.",
    ]
    return f"Стоимость ремонта: {machine}"[:250], "\n".join(lines)


def machine_of(deal: Deal) -> str:
    """The machine in words; never a client's data."""
    return str(deal.values.get("equipmentModel") or "ваша техника")


def sums_of(offer: CostOffer) -> list[tuple[str, str]]:
    """Labels and texts of what the client agrees to."""
    return [
        ("Работы", _money(offer.terms.get(REPAIR_COST))),
        ("Запчасти", _money(offer.terms.get(PARTS_COST))),
        ("Всего", money(offer.total)),
        ("Готово к", day(str(offer.terms.get(READY_BY)))),
    ]


def _money(stored: Any) -> str:
    return money(Decimal(str(stored or 0)))
