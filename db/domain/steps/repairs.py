"""Steps of a repair: fields and answers of each person, and the stage that follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.domain.catalog import Catalog
from db.domain.deals.deal import Deal
from db.domain.deals.field_updates import write
from db.domain.deals.stages import lose, missing_for, move
from db.domain.errors import AnswerMissing, CommentMissing, DocumentMissing, RepairNotWaiting
from db.domain.fields.values import ListNames
from db.domain.steps.submission import answer_of, check_filled, filled_fields, words_of

SERIAL_NUMBER, EQUIPMENT_TYPE, SERVICE_PLACE = "serialNumber", "equipmentType", "servicePlace"
RETURN_REASON, RETURN_COMMENT = "returnReason", "returnComment"
"""Why the equipment goes back without repair; its hand-over closes the deal as lost with it."""
WARRANTY_DECISION = "warrantyDecision"
HANDOVER_ACT = "handoverAct"
"""File field: document of the hand-over, signed by the client."""
READY, HANDED_OVER = "readyForPickup", "handedOver"
NOT_REPAIRABLE, WARRANTY_DENIED = "notRepairable", "warrantyDenied"
FIRST_REPAIR = "firstRepair"
"""Field with the number of the deal whose repair is repeated under its guarantee."""
AWAITING_PARTS, REPAIR = "awaitingParts", "repair"
PARTS_DIRECTION = "spareParts"
FOR_REPAIR = "forRepair"
"""Field of an order of parts with the number of the repair that waits for them."""
COPIED_TO_PARTS = (EQUIPMENT_TYPE, "equipmentModel", SERIAL_NUMBER)
PAID_DIRECTION, DIAGNOSTICS = "paidService", "diagnostics"
WARRANTY_REQUEST = "warrantyRequest"
"""Field of a paid repair with the number of the request that the warranty did not cover."""
NOT_CONTINUED = frozenset({"lossReason", "lossComment", RETURN_REASON, RETURN_COMMENT, "usedParts"})
"""Fields of the end of a request, which a paid repair that continues it does not take over."""
GUARANTEE = timedelta(days=90)
"""Guarantee of a repair, from its hand-over."""


def serial_key(deal: Deal) -> str | None:
    """Serial number without spaces and case, by which repairs of one machine are found."""
    return "".join(str(deal.values.get(SERIAL_NUMBER) or "").split()).upper()[:60] or None


def is_guaranteed(repair: Deal, won: str, at: datetime) -> bool:
    """Whether a repair that ended at stage ``won`` is under guarantee at an instant."""
    closed = repair.closed_at
    return repair.stage == won and closed is not None and closed <= at <= closed + GUARANTEE


def order_parts(
    catalog: Catalog,
    repair: Deal,
    part: str,
    quantity: int | None,
    lists: ListNames,
    *,
    at: datetime,
) -> Deal:
    """Make the order of parts that an open repair waits for; not stored yet.

    Raises: RepairNotWaiting, FieldsInvalid.
    """
    if not repair.is_open or repair.stage != AWAITING_PARTS:
        raise RepairNotWaiting
    order = Deal(
        id="",
        direction=PARTS_DIRECTION,
        stage=catalog.directions[PARTS_DIRECTION].first_stage.code,
        manager=repair.manager,
        created_at=at,
        stage_since=at,
    )
    copied = {code: repair.values.get(code) for code in COPIED_TO_PARTS}
    given = {"subject": part, "partQuantity": quantity, FOR_REPAIR: repair.id}
    write(catalog, order, {**copied, **given}, lists, by_worker=True)
    return order


def continue_paid(catalog: Catalog, request: Deal, lists: ListNames, *, at: datetime) -> Deal:
    """Make the paid repair that continues a request without warranty; not stored yet.

    It begins with the diagnosis, whose finding is known and whose cost is not; at the first stage
    if the card lacks something that a diagnosis needs.
    """
    direction = catalog.directions[PAID_DIRECTION]
    paid = Deal(
        id="",
        direction=direction.code,
        stage=direction.first_stage.code,
        manager=request.manager,
        created_at=at,
        stage_since=at,
    )
    kept = set(direction.fields) - NOT_CONTINUED
    copied = {code: value for code, value in request.values.items() if code in kept}
    write(catalog, paid, {**copied, WARRANTY_REQUEST: request.id}, lists, by_worker=True)
    if not missing_for(catalog, paid, direction.stage(DIAGNOSTICS)):
        paid.stage = DIAGNOSTICS
    return paid


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
    paid: bool = False
    """The request is closed as lost, and a paid repair of the same equipment continues it."""


def _returned(reason: str, **values: str) -> RepairAnswer:
    return RepairAnswer((READY,), explained=True, returns=reason, sets=values)


def _decided(stage: str, decision: str) -> RepairAnswer:
    return RepairAnswer((stage,), sets={WARRANTY_DECISION: decision})


@dataclass(frozen=True)
class RepairStep:
    """Task of one person."""

    name: str
    """How a note names it."""
    answers: Mapping[str, RepairAnswer]
    fields: tuple[str, ...] = ()
    """Fields that the person may fill in this task."""


STEPS: Mapping[str, RepairStep] = {
    "diagnosis": RepairStep(
        "Диагностика",
        {
            "repairable": RepairAnswer(("decision", "costApproval"), ("diagnosticsResult",)),
            "clientRefused": _returned("repairRefused"),
            "notRepairable": _returned(NOT_REPAIRABLE),
        },
        ("diagnosticsResult", "repairCost", "partsCost"),
    ),
    "warranty": RepairStep(
        "Гарантийное решение",
        {
            "repair": _decided("repair", "repair"),
            "replace": _decided(READY, "replace"),
            "refund": _decided(READY, "refund"),
            "paid": RepairAnswer(explained=True, sets={WARRANTY_DECISION: "paid"}, paid=True),
            "denied": _returned(WARRANTY_DENIED, warrantyDecision="denied"),
        },
    ),
    "cost": RepairStep(
        "Согласование стоимости",
        {
            "agreed": RepairAnswer(("repair",), ("costAgreedWith", "costAgreedOn", "readyBy")),
            "clientRefused": _returned("repairRefused"),
        },
        ("costAgreedWith", "costAgreedOn", "readyBy"),
    ),
    "repair": RepairStep(
        "Ремонт",
        {
            "repaired": RepairAnswer(needs=("usedParts",)),
            "awaitParts": RepairAnswer(("awaitingParts",), explained=True),
            "costChanged": RepairAnswer(("costApproval",), explained=True),
            "notRepairable": _returned(NOT_REPAIRABLE),
        },
        ("usedParts", "repairCost", "partsCost"),
    ),
    "check": RepairStep(
        "Проверка",
        {"passed": RepairAnswer((READY,)), "failed": RepairAnswer(explained=True)},
    ),
    "handover": RepairStep(
        "Выдача",
        {
            "collected": RepairAnswer((HANDED_OVER,), closes=True),
            "complaint": RepairAnswer((REPAIR,), explained=True),
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
    answer = answer_of(step.answers, said)
    words = words_of(reason)
    if answer.explained and words is None:
        raise CommentMissing("Напишите причину: она останется в истории обращения.")
    filled = filled_fields(catalog, deal, step.fields, values)
    write(catalog, deal, {**filled, **(answer.sets or {})}, lists, by_worker=True)
    check_filled(catalog, deal, answer.needs)
    if answer.paid:
        lose(catalog, deal, WARRANTY_DENIED, words, lists, at=at)
        return words
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
