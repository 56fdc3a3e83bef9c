"""The judgement over a contract's number: given what 1C has, which one is meant and does it fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from workers.integrations.onec.numbers import agreement, likeness
from workers.ports.onec_contracts import (
    Ambiguous,
    Contract,
    ContractAnswer,
    Counterparty,
    Difference,
    Found,
    MarkedDeleted,
    Match,
    Mismatch,
    NotFound,
    Searched,
    too_late,
)

NEAR = 5
CANDIDATES = 20


@dataclass(frozen=True)
class Question:
    inn: str
    kpp: str | None
    number: str
    picked: UUID | None
    organisations: tuple[str, ...]
    """Names of our own company, which must be the other party; none means any."""
    today: date


def judge(
    question: Question, counterparties: Sequence[Counterparty], contracts: Sequence[Contract]
) -> ContractAnswer:
    """``counterparties``: all with the client's ИНН; ``contracts``: all of theirs."""
    owners = {owner.ref_key: owner for owner in counterparties}
    matched, fitting = _strongest(question, contracts)
    if matched is None:
        return _nothing(question, counterparties, contracts)
    alive = [contract for contract in fitting if _alive(contract, owners)]
    if not alive:
        return _deleted(question, fitting[0], owners, contracts)
    candidates = _narrowed(question, alive)
    if len(candidates) > 1:
        return Ambiguous(tuple(candidates[:CANDIDATES]))
    contract = candidates[0]
    if differences := differing(question, contract):
        return Mismatch(contract, differences)
    return Found(contract, matched, verified=True)


def differing(question: Question, contract: Contract) -> tuple[Difference, ...]:
    """Every requisite in which the contract is not what the deal says."""
    latest = question.today + timedelta(days=1)
    found = []
    if contract.inn != question.inn:
        found.append(Difference("inn", question.inn, contract.inn))
    if question.kpp and contract.kpp and contract.kpp != question.kpp:
        found.append(Difference("kpp", question.kpp, contract.kpp))
    if not _ours(question, contract):
        found.append(Difference("organisation", question.organisations[0], contract.organisation))
    if contract.date is not None and contract.date > latest:
        found.append(too_late(latest, contract.date))
    return tuple(found)


def _strongest(
    question: Question, contracts: Sequence[Contract]
) -> tuple[Match | None, list[Contract]]:
    """The contracts that agree with the number in the surest way that any of them does."""
    agreed = [
        (match, contract)
        for contract in contracts
        if (match := agreement(question.number, contract.number, contract.code)) is not None
        and question.picked in (None, contract.ref_key)
    ]
    if not agreed:
        return None, []
    surest = min(match for match, _ in agreed)
    return surest, [contract for match, contract in agreed if match is surest]


def _narrowed(question: Question, contracts: list[Contract]) -> list[Contract]:
    """Company and branch tell namesakes apart, if they tell anything."""
    ours = [contract for contract in contracts if _ours(question, contract)] or contracts
    return [contract for contract in ours if contract.kpp == question.kpp] or ours


def _ours(question: Question, contract: Contract) -> bool:
    return not question.organisations or contract.organisation in question.organisations


def _nothing(
    question: Question, counterparties: Sequence[Counterparty], contracts: Sequence[Contract]
) -> ContractAnswer:
    if counterparties and all(owner.deletion_mark for owner in counterparties):
        return MarkedDeleted("counterparty", counterparties[0], None)
    owners = {owner.ref_key: owner for owner in counterparties}
    alive = [contract for contract in contracts if _alive(contract, owners)]
    alive.sort(key=lambda contract: likeness(question.number, contract.label), reverse=True)
    searched = Searched(question.inn, question.kpp, question.number, tuple(counterparties))
    return NotFound(searched, tuple(alive[:NEAR]))


def _deleted(
    question: Question,
    contract: Contract,
    owners: Mapping[UUID, Counterparty],
    contracts: Sequence[Contract],
) -> MarkedDeleted:
    """What the person probably meant: a surviving namesake, or the only one that is left."""
    alive = [other for other in contracts if _alive(other, owners)]
    namesakes = [
        other for other in alive if agreement(question.number, other.number, other.code) is not None
    ]
    owner = owners.get(contract.counterparty_ref) if contract.counterparty_ref else None
    if owner is not None and owner.deletion_mark:
        survivors = [other for other in owners.values() if not other.deletion_mark]
        return MarkedDeleted("counterparty", owner, _only(namesakes) or _only(survivors))
    return MarkedDeleted("contract", contract, _only(namesakes) or _only(alive))


def _only(rows: Sequence[Contract] | Sequence[Counterparty]) -> Contract | Counterparty | None:
    return rows[0] if len(rows) == 1 else None


def _alive(contract: Contract, owners: Mapping[UUID, Counterparty]) -> bool:
    owner = owners.get(contract.counterparty_ref) if contract.counterparty_ref else None
    return not contract.deletion_mark and not (owner is not None and owner.deletion_mark)
