"""Topics of repairs with a database: answers, refusals, repetition, earlier repairs."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from db.domain.history import Kind
from tests.support.builders import NOW, a_deal
from tests.support.fakes import Office, a_task, an_office
from workers.runtime.contract import DeliveredTask, Refused
from workers.topics.lifecycle import read_deal_stage
from workers.topics.service import record_repair_step

STEP = record_repair_step.TOPIC
FOUND = '{"diagnosticsResult": "Мембрана", "repairCost": "1800.00", "partsCost": "950.00"}'
MACHINE = {
    "equipmentType": "chainsaw",
    "equipmentModel": "GCS46",
    "serialNumber": "PIT 381",
    "servicePlace": "moscow",
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as office:
        yield office


def keep(office: Office, stage: str, *files: str, **given: Any) -> str:
    values = {**MACHINE, **given.pop("values", {})}
    given = {"direction": "paidService", "manager": "engineer1", **given}
    return office.keep(a_deal(stage=stage, values=values, **given), *files)


def said(deal_id: str, step: str, answer: object, **more: Any) -> DeliveredTask:
    given = {"values": None, "reason": None, "decidedBy": "engineer2", **more}
    return a_task(deal_id, id=f"{deal_id}-{step}-{answer}", repairStep=step, answer=answer, **given)


def code_of(office: Office, task: DeliveredTask) -> str:
    outcome = office.do(STEP, task)
    assert isinstance(outcome, Refused), outcome
    return outcome.code


def test_an_answer_delivered_twice_is_recorded_once(office: Office) -> None:
    deal_id = keep(office, "diagnostics")
    task = said(deal_id, "diagnosis", "notRepairable", reason="Двигатель заклинил")

    first, again = office.done(STEP, task), office.done(STEP, task)

    assert first == again
    assert (first["repairAnswer"], first["stage"]) == ("notRepairable", "readyForPickup")
    deal = office.deal(deal_id)
    assert deal.values["returnReason"] == "notRepairable"
    with office.database.reading() as store:
        rows = [row for row in store.history.of(deal_id) if row.kind is Kind.STAGE]
        notes = store.notes.of(deal_id)
    assert [row.new for row in rows] == ["readyForPickup"]
    assert [note.text for note in notes] == ["Диагностика: Двигатель заклинил"]


def test_each_direction_goes_on_to_its_own_stage(office: Office) -> None:
    paid = keep(office, "diagnostics")
    covered = keep(
        office,
        "diagnostics",
        direction="warrantyService",
        values={"purchaseDate": "2026-03-14"},
    )

    assert office.done(STEP, said(paid, "diagnosis", "repairable", values=FOUND))["stage"] == (
        "costApproval"
    )
    words = '{"diagnosticsResult": "Мембрана"}'
    stage = office.done(STEP, said(covered, "diagnosis", "repairable", values=words))["stage"]
    assert stage == "decision"


@pytest.mark.parametrize(
    ("answer", "more", "code"),
    [
        (None, {}, "ANSWER_MISSING"),
        ("agreed", {}, "ANSWER_MISSING"),
        ("repairable", {}, "FIELDS_INVALID"),
        ("repairable", {"values": '{"diagnosticsResult": "Ясно"}'}, "FIELDS_MISSING"),
        ("repairable", {"values": '{"repairCost": "много"}'}, "FIELDS_INVALID"),
        ("repairable", {"values": '{"serialNumber": "чужой"}'}, "FIELDS_INVALID"),
        ("repairable", {"values": "[" * 9000}, "FIELDS_INVALID"),
        ("notRepairable", {"reason": " \n"}, "COMMENT_MISSING"),
    ],
)
def test_an_answer_that_says_too_little_is_refused(
    office: Office, answer: object, more: dict[str, Any], code: str
) -> None:
    deal_id = keep(office, "diagnostics")

    assert code_of(office, said(deal_id, "diagnosis", answer, **more)) == code
    assert office.deal(deal_id).stage == "diagnostics"


def test_an_answer_of_another_direction_is_refused(office: Office) -> None:
    deal_id = keep(office, "repair", direction="warrantyService")

    assert code_of(office, said(deal_id, "repair", "costChanged", reason="Дороже")) == (
        "ANSWER_MISSING"
    )


@pytest.mark.parametrize(
    ("answer", "stage"),
    [
        ("repair", "repair"),
        ("replace", "readyForPickup"),
        ("refund", "readyForPickup"),
        ("paid", "readyForPickup"),
        ("denied", "readyForPickup"),
    ],
)
def test_a_warranty_decision_leads_to_its_stage(office: Office, answer: str, stage: str) -> None:
    deal_id = keep(office, "decision", direction="warrantyService")

    result = office.done(STEP, said(deal_id, "warranty", answer, reason="Ясно"))

    deal = office.deal(deal_id)
    assert (result["stage"], deal.values["warrantyDecision"]) == (stage, answer)
    returned = deal.values.get("returnReason")
    assert returned == ("warrantyDenied" if answer in ("paid", "denied") else None)


def test_nothing_leaves_the_workshop_without_a_signature(office: Office) -> None:
    deal_id = keep(office, "readyForPickup")

    assert code_of(office, said(deal_id, "handover", "collected")) == "DOCUMENT_MISSING"
    scrapped = said(deal_id, "handover", "scrapped", reason="Клиент отказался от пилы")
    assert code_of(office, scrapped) == "DOCUMENT_MISSING"
    assert office.deal(deal_id).is_open


def test_a_hand_over_wins_a_repair_and_loses_a_return(office: Office) -> None:
    repaired = keep(office, "readyForPickup", "handoverAct")
    back = {"returnReason": "repairRefused", "returnComment": "Дорого"}
    returned = keep(office, "readyForPickup", "handoverAct", values=back)

    assert office.done(STEP, said(repaired, "handover", "collected"))["outcome"] == "won"
    assert office.done(STEP, said(returned, "handover", "collected"))["outcome"] == "lost"
    values = office.deal(returned).values
    assert (values["lossReason"], values["lossComment"]) == ("repairRefused", "Дорого")


def test_a_repair_that_goes_on_is_no_return_any_more(office: Office) -> None:
    agreed = {"costAgreedWith": "Мария", "costAgreedOn": "2026-11-20", "readyBy": "2026-12-01"}
    back = {"returnReason": "repairRefused", "returnComment": "Дорого", "usedParts": "Мембрана"}
    deal_id = keep(office, "repair", "repairAct", values={**agreed, **back})

    office.done(STEP, said(deal_id, "check", "passed"))

    assert "returnReason" not in office.deal(deal_id).values


@pytest.mark.parametrize(("days", "linked"), [(1, True), (90, True), (91, False)])
def test_a_repair_repeated_under_its_guarantee_names_the_first(
    office: Office, days: int, linked: bool
) -> None:
    values = {"serialNumber": "pit381"}
    first = keep(office, "handedOver", values=values, closed_at=NOW - timedelta(days=days))
    keep(office, "refused", values=values, closed_at=NOW - timedelta(days=1))
    keep(office, "sold", direction="spareParts", closed_at=NOW - timedelta(days=1))
    deal_id = keep(office, "diagnostics")

    office.done(STEP, said(deal_id, "diagnosis", "repairable", values=FOUND))

    assert office.deal(deal_id).values.get("firstRepair") == (first if linked else None)


def test_the_stage_is_read_as_often_as_it_is_asked(office: Office) -> None:
    deal_id = keep(office, "repair")
    task = a_task(deal_id)

    first, again = (office.done(read_deal_stage.TOPIC, task) for _ in range(2))

    assert first == again
    assert (first["stage"], first["stageActivity"]) == ("repair", "Task_RepairEquipment")
