"""Topics of repairs with a database: answers, refusals, repetition, earlier repairs."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from db.domain.deals.deal import Deal
from db.domain.deals.entities import CLIENT, Mail, OutboxKind
from db.domain.deals.history import Kind
from db.ports.deals import DealFilter
from tests.support.builders import NOW, a_deal
from tests.support.fakes.ports import Office, a_task, an_office
from workers.runtime.contract import DeliveredTask, Refused
from workers.topics.lifecycle import read_deal_stage
from workers.topics.service import record_repair_step

STEP, READ = record_repair_step.TOPIC, read_deal_stage.TOPIC
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
        ("denied", "readyForPickup"),
    ],
)
def test_a_warranty_decision_leads_to_its_stage(office: Office, answer: str, stage: str) -> None:
    deal_id = keep(office, "decision", direction="warrantyService")

    result = office.done(STEP, said(deal_id, "warranty", answer, reason="Ясно"))

    deal = office.deal(deal_id)
    assert (result["stage"], deal.values["warrantyDecision"]) == (stage, answer)
    returned = deal.values.get("returnReason")
    assert returned == ("warrantyDenied" if answer == "denied" else None)


COMPLETE = {
    "contactName": "Мария Петрова",
    "contactEmail": "maria@example.ru",
    "equipmentCondition": "Без шины",
    "faultDescription": "Не заводится",
    "purchaseDate": "2026-03-14",
    "diagnosticsResult": "Залита вода",
}


def not_covered(office: Office, **values: Any) -> str:
    """A request at the warranty decision."""
    given = {**COMPLETE, **values}
    return keep(office, "decision", direction="warrantyService", values=given)


def paid_repairs(office: Office, request: str) -> list[Deal]:
    with office.database.reading() as store:
        found = store.deals.page(DealFilter(direction="paidService"), after=None, limit=9)
    return [deal for deal in found if deal.values.get("warrantyRequest") == request]


def test_a_request_without_warranty_goes_on_as_a_paid_repair_once(office: Office) -> None:
    request = not_covered(office)
    task = said(request, "warranty", "paid", reason="Залит водой")

    first, again = office.done(STEP, task), office.done(STEP, task)

    assert first == again
    assert (first["outcome"], first["stageActivity"]) == ("lost", None)
    closed = office.deal(request)
    assert (closed.stage, closed.values["lossReason"]) == ("denied", "warrantyDenied")
    assert (closed.values["lossComment"], closed.values["warrantyDecision"]) == (
        "Залит водой",
        "paid",
    )
    (paid,) = paid_repairs(office, request)
    assert (paid.stage, paid.manager, paid.moves) == ("diagnostics", "engineer1", 0)
    kept = {key: value for key, value in {**MACHINE, **COMPLETE}.items() if key != "purchaseDate"}
    assert kept.items() <= paid.values.items()
    assert not {"lossReason", "lossComment", "repairCost"} & paid.values.keys()
    with office.database.reading() as store:
        (row,) = [row for row in store.outbox.pending() if row.deal_id == paid.id]
        (mail,) = store.mails.unsent()
        notes = [note.text for deal in (request, paid.id) for note in store.notes.of(deal)]
        (told,) = store.notifications.of("engineer1")
    assert (row.kind, row.payload["process"]) == (OutboxKind.START, "service-request")
    assert (mail.recipient, mail.address, mail.deal_id) == (CLIENT, "maria@example.ru", paid.id)
    assert "предлагаем платный ремонт" in mail.body
    assert "Клиенту отправлено письмо." in told.text
    assert any(paid.id in text for text in notes)
    assert any(request in text for text in notes)


def test_another_task_does_not_continue_a_closed_request(office: Office) -> None:
    request = not_covered(office)
    office.done(STEP, said(request, "warranty", "paid", reason="Залит водой"))

    assert code_of(office, said(request, "warranty", "denied", reason="Нет")) == "DEAL_CLOSED"
    assert len(paid_repairs(office, request)) == 1


def test_a_paid_repair_whose_card_lacks_something_begins_with_the_reception(
    office: Office,
) -> None:
    request = not_covered(office, faultDescription=None, contactEmail=None)

    office.done(STEP, said(request, "warranty", "paid", reason="Залит водой"))

    assert [deal.stage for deal in paid_repairs(office, request)] == ["reception"]
    assert mails(office) == []
    with office.database.reading() as store:
        (told,) = store.notifications.of("engineer1")
    assert "позвоните клиенту" in told.text


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


def mails(office: Office) -> list[Mail]:
    with office.database.reading() as store:
        return list(store.mails.unsent())


def test_the_client_is_told_once_what_each_stage_means(office: Office) -> None:
    mail = {"contactEmail": "maria@example.ru", "readyBy": "2026-12-04"}
    deal_id = keep(office, "diagnostics", values=mail)
    for number in range(2):
        office.done(READ, a_task(deal_id, id=f"read-{number}"))
    (letter,) = mails(office)
    assert (letter.recipient, letter.address) == (CLIENT, "maria@example.ru")
    assert letter.subject == "Ваше обращение: GCS46"
    assert "Техника принята" in letter.body
    assert deal_id in letter.body
    assert "04.12.2026" not in letter.body

    agreed = '{"costAgreedWith": "Мария", "costAgreedOn": "2026-11-27"}'
    office.done(STEP, said(deal_id, "diagnosis", "repairable", values=FOUND))
    office.done(READ, a_task(deal_id, id="read-cost"))
    assert len(mails(office)) == 1  # the cost has a letter of its own
    office.done(STEP, said(deal_id, "cost", "agreed", values=agreed))
    office.done(READ, a_task(deal_id, id="read-repair"))
    assert "Срок готовности: 04.12.2026." in mails(office)[-1].body


def test_a_client_without_an_address_gets_no_letter(office: Office) -> None:
    deal_id = keep(office, "diagnostics")

    office.done(READ, a_task(deal_id, id="read-1"))

    assert mails(office) == []


def test_a_machine_comes_back_from_the_counter(office: Office) -> None:
    agreed = {"costAgreedWith": "Мария", "costAgreedOn": "2026-11-27", "readyBy": "2026-12-04"}
    deal_id = keep(office, "readyForPickup", "repairAct", values=agreed)
    said_why: dict[str, Any] = {"repairStep": "handover", "answer": "complaint", "values": None}
    assert code_of(office, said(deal_id, "handover", "complaint")) == "COMMENT_MISSING"

    office.done(STEP, a_task(deal_id, id="again", reason="Глохнет", decidedBy="e", **said_why))

    deal = office.deal(deal_id)
    assert (deal.stage, deal.values.get("returnReason")) == ("repair", None)
