"""Takes the number that the 1C operator entered, after 1C has confirmed it."""

from enum import StrEnum
from typing import Any, ClassVar, Literal

from db.domain.card import write
from db.domain.deal import Deal
from db.domain.errors import (
    CommentMissing,
    DealClosed,
    DecisionMissing,
    FieldsInvalid,
    NumberMissing,
    NumberRefused,
)
from db.domain.history import Change, Kind
from db.domain.records import NoteKind
from workers.contract import Task, TaskInput, TaskResult, Topic
from workers.gateways.onec.port import Found
from workers.services import Outside, Services
from workers.topics.texts import number_refusal, returned_note
from workers.topics.view import by_person

CONTRACT_NUMBER = "contractNumber"
LONGEST = 100
"""Characters; 1C itself has 50."""


class Answer(StrEnum):
    ENTERED = "entered"
    RETURNED = "returned"  # the requisites are wrong, the manager must correct them


class SyncOnecNumber(TaskInput):
    said: ClassVar[tuple[str, ...]] = ("answer", "number", "picked", "comment")

    kind: Literal["contract"]
    decided_by: str
    answer: Any = None
    number: Any = None
    picked: Any = None
    """Row of 1C that the operator chose among several."""
    comment: Any = None


class NumberSynced(TaskResult):
    requisites_wrong: bool
    onec_number: str | None
    correction_comment: str | None
    """What the operator asks the manager to correct."""


def ask_onec(task: Task[SyncOnecNumber, None], outside: Outside) -> Found | None:
    """Which contract of the deal's client the number means; None if the card was returned."""
    if _answer(task.input) is Answer.RETURNED:
        return None
    number = _number(task.input)
    with outside.reading() as store:
        deal = store.deals.get(task.deal_id)
    inn, kpp = deal.values.get("inn"), deal.values.get("kpp")
    if not inn:
        sentence = "В карточке сделки нет ИНН. Верните карточку менеджеру с пояснением."
        raise NumberRefused("NO_INN", sentence)
    answer = outside.contracts.find_contract(inn, kpp, number)
    if not isinstance(answer, Found):
        raise NumberRefused(answer.kind, number_refusal(number, answer))
    return answer


def sync_onec_number(task: Task[SyncOnecNumber, Found | None], services: Services) -> NumberSynced:
    """Safe to repeat: the same number again changes nothing, and the answer is kept by task."""
    store, given = services.store, task.input
    deal = store.deals.get(task.deal_id, for_update=True)
    if not deal.is_open:
        raise DealClosed(deal.id)
    if task.seen is None:
        result = _return_to_manager(task, deal, services)
    else:
        result = _take(task.seen, deal, services)
    store.deals.save(deal, by_person(task, given.decided_by))
    return result


def _take(found: Found, deal: Deal, services: Services) -> NumberSynced:
    contract, store = found.contract, services.store
    values = {CONTRACT_NUMBER: contract.number}
    write(store.catalog, deal, values, store.lists, by_worker=True)
    confirmed = {
        "number": contract.number,
        "reference": None if contract.ref_key is None else str(contract.ref_key),
        "verified": found.verified,
    }
    deal.record(Change(Kind.NUMBER, CONTRACT_NUMBER, None, confirmed))
    deal.correcting = False
    return NumberSynced(
        requisites_wrong=False, onec_number=contract.number, correction_comment=None
    )


def _return_to_manager(
    task: Task[SyncOnecNumber, Found | None], deal: Deal, services: Services
) -> NumberSynced:
    comment = str(task.input.comment).strip()[:4000]
    actor = by_person(task, task.input.decided_by)
    services.store.notes.add(deal.id, NoteKind.NOTE, returned_note(comment), actor)
    deal.correcting = True
    deal.record(Change(Kind.CORRECTION, CONTRACT_NUMBER, False, True))
    return NumberSynced(requisites_wrong=True, onec_number=None, correction_comment=comment)


def _answer(given: SyncOnecNumber) -> Answer:
    if not isinstance(given.answer, str) or given.answer not in set(Answer):
        raise DecisionMissing
    answer = Answer(given.answer)
    comment = given.comment if isinstance(given.comment, str) else ""
    if answer is Answer.RETURNED and not any(letter.isalnum() for letter in comment):
        raise CommentMissing
    return answer


def _number(given: SyncOnecNumber) -> str:
    number = "" if given.number is None else " ".join(str(given.number).split())
    if not number:
        raise NumberMissing
    if len(number) > LONGEST:
        sentence = f"Номер договора не длиннее {LONGEST} символов. Введите его как в 1С."
        raise NumberRefused("TOO_LONG", sentence)
    return number


TOPIC = Topic(
    "sync-onec-number",
    SyncOnecNumber,
    NumberSynced,
    sync_onec_number,
    look=ask_onec,
    refusals=(
        NumberMissing,
        NumberRefused,
        CommentMissing,
        DecisionMissing,
        FieldsInvalid,
        DealClosed,
    ),
)
