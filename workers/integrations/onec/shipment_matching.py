"""The judgement over a shipment's number: which one is meant, and is it this deal's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import UUID

from workers.integrations.onec.numbers import agreement, likeness
from workers.ports.onec_contracts import Counterparty, Difference, Match, too_late
from workers.ports.onec_shipments import (
    NotPosted,
    SearchedShipments,
    Shipment,
    ShipmentAmbiguous,
    ShipmentAnswer,
    ShipmentFound,
    ShipmentMarkedDeleted,
    ShipmentMismatch,
    ShipmentNotFound,
)

NEAR = 5
CANDIDATES = 20


@dataclass(frozen=True)
class Question:
    searched: SearchedShipments
    """With all counterparties that have the client's ИНН."""
    picked: UUID | None
    counterparty_ref: UUID | None
    contract_ref: UUID | None
    organisations: tuple[str, ...]
    """Names of our own company, which must be the one that ships; none means any."""
    today: date

    @cached_property
    def owners(self) -> dict[UUID, Counterparty]:
        return {owner.ref_key: owner for owner in self.searched.counterparties}

    def owner(self, ref: UUID | None) -> Counterparty | None:
        return self.owners.get(ref) if ref else None


def judge(question: Question, shipments: Sequence[Shipment]) -> ShipmentAnswer:
    """``shipments``: all to the client since the day in question."""
    matched, fitting = _strongest(question, shipments)
    if matched is None:
        return _nothing(question, shipments)
    alive = [shipment for shipment in fitting if _alive(question, shipment)]
    if not alive:
        return _deleted(question, fitting[0], shipments)
    candidates = _narrowed(question, alive)
    if len(candidates) > 1:
        return ShipmentAmbiguous(question.searched, tuple(candidates[:CANDIDATES]))
    shipment = candidates[0]
    near = _near(question, shipments, without=shipment)
    if differences := differing(question, shipment):
        return ShipmentMismatch(question.searched, shipment, differences, near)
    if not shipment.posted:
        return NotPosted(question.searched, shipment, near)
    return ShipmentFound(shipment, matched, verified=True)


def differing(question: Question, shipment: Shipment) -> tuple[Difference, ...]:
    """Every requisite without which the shipment cannot be this deal's."""
    inn = question.searched.inn
    found = []
    if shipment.inn != inn:
        found.append(Difference("inn", inn, shipment.inn))
    elif not _bound(question, shipment):
        expected, given = question.counterparty_ref, shipment.counterparty_ref
        found.append(
            Difference("counterparty", _named(question, expected), _named(question, given))
        )
    if not _ours(question, shipment):
        found.append(Difference("organisation", question.organisations[0], shipment.organisation))
    return tuple(found)


def is_of_another_contract(question: Question, shipment: Shipment) -> bool:
    return question.contract_ref is not None and shipment.contract_ref != question.contract_ref


def warnings(
    question: Question, shipment: Shipment, numbers: Mapping[UUID, str]
) -> tuple[Difference, ...]:
    """What a person should look at; ``numbers``: of the contracts, by key, as far as known."""
    found = []
    if question.contract_ref is not None and is_of_another_contract(question, shipment):
        given = numbers.get(shipment.contract_ref, "") if shipment.contract_ref else ""
        found.append(Difference("contract", numbers.get(question.contract_ref, ""), given))
    if shipment.date is not None and shipment.date > question.today:
        found.append(too_late(question.today, shipment.date))
    return tuple(found)


def _strongest(
    question: Question, shipments: Sequence[Shipment]
) -> tuple[Match | None, list[Shipment]]:
    """The shipments that agree with the number in the surest way that any of them does."""
    agreed = [
        (match, shipment)
        for shipment in shipments
        if (match := agreement(question.searched.number, shipment.number)) is not None
        and question.picked in (None, shipment.ref_key)
    ]
    if not agreed:
        return None, []
    surest = min(match for match, _ in agreed)
    return surest, [shipment for match, shipment in agreed if match is surest]


def _narrowed(question: Question, shipments: Collection[Shipment]) -> list[Shipment]:
    """Company and counterparty must fit, so they decide; the contract may differ, so it only sorts.

    A silent wrong choice costs a delivery, a question to the person costs one click.
    """
    ours = [shipment for shipment in shipments if _ours(question, shipment)] or shipments
    fitting = [shipment for shipment in ours if _bound(question, shipment)] or list(ours)
    fitting.sort(key=_day, reverse=True)
    fitting.sort(key=lambda shipment: is_of_another_contract(question, shipment))
    return fitting


def _nothing(question: Question, shipments: Sequence[Shipment]) -> ShipmentAnswer:
    owners = question.searched.counterparties
    near = _near(question, shipments)
    if owners and all(owner.deletion_mark for owner in owners):
        return ShipmentMarkedDeleted(question.searched, "counterparty", owners[0], near)
    return ShipmentNotFound(question.searched, near)


def _deleted(
    question: Question, shipment: Shipment, shipments: Sequence[Shipment]
) -> ShipmentMarkedDeleted:
    near = _near(question, shipments)
    owner = question.owner(shipment.counterparty_ref)
    if owner is not None and owner.deletion_mark:
        return ShipmentMarkedDeleted(question.searched, "counterparty", owner, near)
    return ShipmentMarkedDeleted(question.searched, "shipment", shipment, near)


def _near(
    question: Question, shipments: Sequence[Shipment], *, without: Shipment | None = None
) -> tuple[Shipment, ...]:
    """Of equally similar ones the latest first."""
    others = [one for one in shipments if one != without and _alive(question, one)]
    others.sort(key=_day, reverse=True)
    others.sort(key=lambda one: likeness(question.searched.number, one.number), reverse=True)
    return tuple(others[:NEAR])


def _day(shipment: Shipment) -> date:
    return shipment.date or date.min


def _alive(question: Question, shipment: Shipment) -> bool:
    owner = question.owner(shipment.counterparty_ref)
    return not shipment.deletion_mark and not (owner is not None and owner.deletion_mark)


def _ours(question: Question, shipment: Shipment) -> bool:
    return not question.organisations or shipment.organisation in question.organisations


def _bound(question: Question, shipment: Shipment) -> bool:
    return question.counterparty_ref in (None, shipment.counterparty_ref)


def _named(question: Question, ref: UUID | None) -> str:
    """Branches share name and ИНН, the КПП tells them apart."""
    owner = question.owner(ref)
    if owner is None:
        return ""
    return f"{owner.name}, КПП {owner.kpp}" if owner.kpp else owner.name
