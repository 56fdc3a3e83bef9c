"""Steps of a repair: fields and answers of each person, and the stage that follows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from db.domain.catalog import Catalog
from db.domain.deal import Deal
from db.domain.errors import (
    AnswerMissing,
    CommentMissing,
    DocumentMissing,
    FieldProblem,
    FieldsInvalid,
)
from db.domain.field_updates import write
from db.domain.shipping.delivery import has_words
from db.domain.stages import lose, move
from db.domain.values import ListNames, is_empty

SERIAL_NUMBER, EQUIPMENT_TYPE, SERVICE_PLACE = "serialNumber", "equipmentType", "servicePlace"
RETURN_REASON, RETURN_COMMENT = "returnReason", "returnComment"
"""Why the equipment goes back without repair; its hand-over closes the deal as lost with it."""
WARRANTY_DECISION = "warrantyDecision"
HANDOVER_ACT = "handoverAct"
"""File field: document of the hand-over, signed by the client."""
READY, HANDED_OVER = "readyForPickup", "handedOver"
NOT_REPAIRABLE = "notRepairable"
FIRST_REPAIR = "firstRepair"
"""Field with the number of the deal whose repair is repeated under its guarantee."""
GUARANTEE = timedelta(days=90)
"""Guarantee of a repair, from its hand-over."""


def serial_key(deal: Deal) -> str | None:
    """Serial number without spaces and case, by which repairs of one machine are found."""
    return "".join(str(deal.values.get(SERIAL_NUMBER) or "").split()).upper()[:60] or None


def is_guaranteed(repair: Deal, won: str, at: datetime) -> bool:
    """Whether a repair that ended at stage ``won`` is under guarantee at an instant."""
    closed = repair.closed_at
    return repair.stage == won and closed is not None and closed <= at <= closed + GUARANTEE


@dataclass(frozen=True)
class RepairAnswer:
    """One answer of a step."""

    stages: tuple[str, ...] = ()
    """Stages that follow; the deal moves to the one that its direction has. None: it stays."""
    needs: tuple[str, ...] = ()
    """Fields that must be filled with this answer."""
    explained: bool = False
    """It means nothing to others without words."""
    returns: str | None = None
    """Reason of the list `lossReasons` for which the equipment goes back without repair."""
    sets: Mapping[str, str] | None = None
    """Field values that the answer itself says."""
    closes: bool = False
    """The equipment leaves the workshop, which needs the signed document."""


def _returned(reason: str, **values: str) -> RepairAnswer:
    return RepairAnswer((READY,), explained=True, returns=reason, sets=values)


def _decided(stage: str, decision: str) -> RepairAnswer:
    return RepairAnswer((stage,), sets={WARRANTY_DECISION: decision})


@dataclass(frozen=True)
class RepairStep:
    """Task of one person."""

    answers: Mapping[str, RepairAnswer]
    fields: tuple[str, ...] = ()
    """Fields that the person may fill in this task."""


STEPS: Mapping[str, RepairStep] = {
    "diagnosis": RepairStep(
        {
            "repairable": RepairAnswer(("decision", "costApproval"), ("diagnosticsResult",)),
            "clientRefused": _returned("repairRefused"),
            "notRepairable": _returned(NOT_REPAIRABLE),
        },
        ("diagnosticsResult", "repairCost", "partsCost"),
    ),
    "warranty": RepairStep(
        {
            "repair": _decided("repair", "repair"),
            "replace": _decided(READY, "replace"),
            "refund": _decided(READY, "refund"),
            "paid": _returned("warrantyDenied", warrantyDecision="paid"),
            "denied": _returned("warrantyDenied", warrantyDecision="denied"),
        }
    ),
    "cost": RepairStep(
        {
            "agreed": RepairAnswer(("repair",), ("costAgreedWith", "costAgreedOn", "readyBy")),
            "clientRefused": _returned("repairRefused"),
        },
        ("costAgreedWith", "costAgreedOn", "readyBy"),
    ),
    "repair": RepairStep(
        {
            "repaired": RepairAnswer(needs=("usedParts",)),
            "awaitParts": RepairAnswer(("awaitingParts",), explained=True),
            "costChanged": RepairAnswer(("costApproval",), explained=True),
            "notRepairable": _returned(NOT_REPAIRABLE),
        },
        ("usedParts", "repairCost", "partsCost"),
    ),
    "check": RepairStep(
        {"passed": RepairAnswer((READY,)), "failed": RepairAnswer(explained=True)},
    ),
    "handover": RepairStep(
        {
            "collected": RepairAnswer((HANDED_OVER,), closes=True),
            "scrapped": RepairAnswer(explained=True, returns=NOT_REPAIRABLE, closes=True),
        },
    ),
}
"""Code of the step in the diagram → what its person may say."""


def answer_step(
    catalog: Catalog,
    deal: Deal,
    step: RepairStep,
    said: object,
    values: object,
    reason: object,
    lists: ListNames,
    *,
    at: datetime,
) -> str | None:
    """Apply a person's answer: write the fields, then move, return or close the deal.

    Returns: the words that explain the answer.
    Raises: AnswerMissing, CommentMissing, DocumentMissing, FieldsInvalid, FieldsMissing,
    StageNotAllowed, DealClosed.
    """
    answer = step.answers.get(said) if isinstance(said, str) else None
    if answer is None:
        raise AnswerMissing
    words = reason.strip()[:2000] if isinstance(reason, str) and has_words(reason) else None
    if answer.explained and words is None:
        raise CommentMissing("Напишите причину: она останется в истории обращения.")
    filled = _filled(catalog, deal, step, values)
    write(catalog, deal, {**filled, **(answer.sets or {})}, lists, by_worker=True)
    _check_needs(catalog, deal, answer)
    if answer.closes:
        _close(catalog, deal, answer, words, lists, at)
        return words
    target = next((code for code in answer.stages if _has(catalog, deal, code)), None)
    if answer.stages and target is None:
        raise AnswerMissing("Такого ответа в этом направлении нет. Выберите другой.")
    if target is not None:
        comment = words if answer.returns else None
        back = {RETURN_REASON: answer.returns, RETURN_COMMENT: comment}
        write(catalog, deal, back, lists, by_worker=True)
        move(catalog, deal, target, at=at, by_process=True)
    return words


def _filled(catalog: Catalog, deal: Deal, step: RepairStep, text: object) -> Mapping[str, Any]:
    """Parse the values of a form, JSON as text. Raises: FieldsInvalid."""
    if is_empty(text):
        return {}
    try:
        values = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        values = None
    own = set(step.fields) & set(catalog.directions[deal.direction].fields)
    if not isinstance(values, dict) or not values.keys() <= own:
        sentence = "Поля не прочитаны. Обновите страницу и внесите их ещё раз."
        raise FieldsInvalid([FieldProblem("values", "Поля", sentence)])
    return values


def _check_needs(catalog: Catalog, deal: Deal, answer: RepairAnswer) -> None:
    missing = [code for code in answer.needs if deal.values.get(code) is None]
    if missing:
        raise FieldsInvalid(
            [FieldProblem(code, catalog.fields[code].label, "Заполните поле.") for code in missing]
        )


def _close(
    catalog: Catalog,
    deal: Deal,
    answer: RepairAnswer,
    words: str | None,
    lists: ListNames,
    at: datetime,
) -> None:
    """Close the deal: won after a repair, lost with the reason of a return or a disposal."""
    if HANDOVER_ACT not in deal.files:
        raise DocumentMissing(catalog.fields[HANDOVER_ACT].label)
    why = deal.values.get(RETURN_REASON) or answer.returns
    if why is None:
        move(catalog, deal, HANDED_OVER, at=at, by_process=True)
        return
    comment = words or deal.values.get(RETURN_COMMENT)
    lose(catalog, deal, why, comment, lists, at=at)


def _has(catalog: Catalog, deal: Deal, stage: str) -> bool:
    return any(one.code == stage for one in catalog.directions[deal.direction].stages)
