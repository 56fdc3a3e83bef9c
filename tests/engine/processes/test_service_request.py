"""A repair on the real engine: every stage, refusal, return and hand-made move."""

import re
import sqlite3
from contextlib import closing

import pytest
import requests

from ops.demo.repair import ENGINEER, HEAD, MANAGER, Repair
from tests.support.suite.running import PASSWORD, RunningSuite
from tests.support.suite.timers import execute_job
from tests.support.waiting import eventually

pytestmark = pytest.mark.engine


@pytest.fixture
def repair(suite: RunningSuite) -> Repair:
    return Repair(suite.url, PASSWORD, lambda _: None, people=suite.people)


@pytest.fixture
def warranty(suite: RunningSuite) -> Repair:
    return Repair(suite.url, PASSWORD, lambda _: None, suite.people, direction="warrantyService")


def accepted(warranty: Repair, **fields: object) -> None:
    warranty.arrives(purchaseDate="2026-03-14", **fields)
    warranty.upload("purchaseDocument")
    warranty.received()


def task_id(repair: Repair, key: str) -> str:
    return str(repair(MANAGER).task(repair.deal_id, key)["id"])


def replaced(repair: Repair, key: str, old: str) -> str:
    """Another task of the same kind waits instead of the old one."""

    def fresh() -> str | None:
        found = task_id(repair, key)
        return found if found != old else None

    return eventually(fresh)


def refuses(repair: Repair, login: str, key: str, code: str, **sent: object) -> None:
    """The answer comes back to the same task with a reason."""
    first = task_id(repair, key)
    repair(login).do(repair.deal_id, key, **sent)
    again = replaced(repair, key, first)
    variables = repair(login).engine("GET", f"/task/{again}/form-variables").json()
    assert variables["formErrorCode"]["value"] == code
    found = repair(login).task(repair.deal_id, key)
    assert found["assignee"] == login


def weeks_pass(suite: RunningSuite, repair: Repair, key: str) -> None:
    """Let the timers of the task fire now instead of in weeks."""
    task = repair(MANAGER).task(repair.deal_id, key)
    instance = suite.engine.get(f"/task/{task['id']}")["processInstanceId"]
    for job in suite.engine.get("/job", processInstanceId=instance, timers="true"):
        execute_job(suite.engine, job["id"])


def reminders(suite: RunningSuite, repair: Repair) -> set[str]:
    """Which of the two reminders about a machine that nobody collects the manager has."""
    items = suite(MANAGER).api("GET", "/notifications").json()["items"]
    texts = [item["text"] for item in items if item["dealId"] == repair.deal_id]
    words = ("неделю ждёт", "письменное уведомление")
    return {word for word in words if any(word in text for text in texts)}


def by_hand(repair: Repair, stage: str) -> None:
    path = f"/deals/{repair.deal_id}/stage"
    repair(MANAGER).api("POST", path, json={"stage": stage}).raise_for_status()


def gone(suite: RunningSuite, repair: Repair) -> bool:
    return not suite.engine.root_instances(repair.deal_id)


def test_a_paid_repair_from_reception_to_the_signature(suite: RunningSuite, repair: Repair) -> None:
    repair.arrives(faultDescription=None)
    twin = suite.engine.start("service-request", repair.deal_id, {})
    eventually(lambda: twin not in {i.id for i in suite.engine.root_instances(repair.deal_id)})
    empty = {"seenVersion": None, "lossReason": None, "lossComment": None}
    moved = {"wantedStage": "diagnostics", **empty}
    refuses(repair, MANAGER, "Task_FillReception", "FIELDS_MISSING", **moved)
    repair.fill(faultDescription="Не заводится")
    repair.received()
    assert repair(MANAGER).task(repair.deal_id, "Task_DiagnoseFault")["assignee"] == ENGINEER
    said = {"answer": "repairable", "values": '{"diagnosticsResult": "Мембрана"}', "reason": None}
    refuses(repair, ENGINEER, "Task_DiagnoseFault", "FIELDS_MISSING", **said)
    repair.diagnosed()
    repair.stage_is("costApproval")
    said = {"answer": "agreed", "values": None, "reason": None}
    refuses(repair, MANAGER, "Task_CallClient", "FIELDS_INVALID", **said)
    repair.agreed()
    said = {"answer": "", "values": None, "reason": None}
    refuses(repair, ENGINEER, "Task_FixFault", "ANSWER_MISSING", **said)
    repair.repaired()
    said = {"answer": "failed", "values": None, "reason": " "}
    refuses(repair, MANAGER, "Task_CheckRepair", "COMMENT_MISSING", **said)
    repair.answers(MANAGER, "Task_CheckRepair", "failed", "Глохнет на холостом ходу")
    again = task_id(repair, "Task_FixFault")
    shown = repair(ENGINEER).engine("GET", f"/task/{again}/form-variables").json()
    assert shown["repairReason"]["value"] == "Глохнет на холостом ходу"
    repair.repaired()
    repair.checked()
    weeks_pass(suite, repair, "Task_GiveBack")
    eventually(lambda: {"неделю ждёт", "письменное уведомление"} <= reminders(suite, repair))
    said = {"answer": "collected", "values": None, "reason": None}
    refuses(repair, MANAGER, "Task_GiveBack", "DOCUMENT_MISSING", **said)
    repair.handed_over()

    repair.stage_is("handedOver")
    eventually(lambda: gone(suite, repair))
    assert suite.engine.tasks(business_key=repair.deal_id) == []
    assert repair.value_of("costAgreedWith") == "Мария Петрова"


def test_a_warranty_repair_and_a_repeated_one_under_its_guarantee(
    suite: RunningSuite, warranty: Repair
) -> None:
    serial = f"PIT-{suite.state['addresses']['engine'][-4:]}-W1"
    accepted(warranty, serialNumber=serial)
    first = warranty.deal_id
    warranty.diagnosed()
    said = {"answer": "denied", "values": None, "reason": ""}
    refuses(warranty, HEAD, "Task_DecideCase", "COMMENT_MISSING", **said)
    warranty.answers(HEAD, "Task_DecideCase", "repair")
    warranty.repaired()
    warranty.checked()
    warranty.handed_over()
    warranty.stage_is("handedOver")
    assert warranty.value_of("warrantyDecision") == "repair"

    accepted(warranty, serialNumber=f" {serial.lower()} ")
    warranty.diagnosed()
    task = warranty(HEAD).task(warranty.deal_id, "Task_DecideCase")
    (earlier,) = warranty(HEAD).api("GET", f"/tasks/{task['id']}").json()["earlierRepairs"]

    assert (earlier["dealId"], earlier["guaranteed"]) == (first, True)
    assert warranty.value_of("firstRepair") == first


def test_a_denied_warranty_gives_the_machine_back_and_loses(
    suite: RunningSuite, warranty: Repair
) -> None:
    accepted(warranty)
    warranty.diagnosed()
    warranty.answers(HEAD, "Task_DecideCase", "denied", "Следы вскрытия")
    warranty.handed_over()

    warranty.stage_is("denied")
    eventually(lambda: gone(suite, warranty))
    assert warranty.value_of("lossReason") == "warrantyDenied"
    assert warranty.value_of("lossComment") == "Следы вскрытия"


def test_a_request_without_warranty_goes_on_as_a_paid_repair(
    suite: RunningSuite, warranty: Repair
) -> None:
    accepted(warranty)
    warranty.diagnosed()
    warranty.answers(HEAD, "Task_DecideCase", "paid", "Залит водой")
    warranty.stage_is("denied")
    eventually(lambda: gone(suite, warranty))
    notes = warranty(MANAGER).api("GET", f"/deals/{warranty.deal_id}/notes").json()["items"]
    (said,) = [one["text"] for one in notes if "продолжается платным" in one["text"]]

    paid = Repair(suite.url, PASSWORD, lambda _: None, suite.people)
    paid.deal_id = said.split()[-1].rstrip(".")
    paid.diagnosed()
    paid.agreed()

    paid.stage_is("repair")
    assert paid.value_of("warrantyRequest") == warranty.deal_id


def test_a_client_refuses_at_the_counter_and_at_the_diagnosis(
    suite: RunningSuite, repair: Repair
) -> None:
    repair.arrives()
    repair.moves("Task_FillReception", "refused", lossReason="repairRefused")
    repair.stage_is("refused")
    eventually(lambda: gone(suite, repair))

    repair.arrives()
    repair.received()
    repair.answers(ENGINEER, "Task_DiagnoseFault", "notRepairable", "Двигатель заклинил")
    repair.handed_over("scrapped", "Клиент оставил пилу на утилизацию")
    repair.stage_is("refused")
    assert repair.value_of("lossReason") == "notRepairable"


def test_a_repair_waits_for_parts_and_goes_on(suite: RunningSuite, repair: Repair) -> None:
    repair.arrives()
    repair.received()
    repair.diagnosed()
    repair.agreed()
    repair.answers(ENGINEER, "Task_FixFault", "awaitParts", "Нет поршневой группы")
    repair.stage_is("awaitingParts")
    stale = {"wantedStage": "repair", "seenVersion": 1, "lossReason": None, "lossComment": None}
    refuses(repair, MANAGER, "Task_WorkDeal", "DEAL_CHANGED", **stale)
    repair.moves("Task_WorkDeal", "repair")
    repair.stage_is("repair")

    repair.answers(ENGINEER, "Task_FixFault", "awaitParts", "Нет мембраны")
    repair.stage_is("awaitingParts")
    repair.part_ordered("Мембрана 503-11")
    repair.part_handed_out()

    repair.stage_is("repair")
    repair(MANAGER).task(repair.deal_id, "Task_FixFault")


def test_a_client_agrees_by_the_link_of_a_letter(suite: RunningSuite, repair: Repair) -> None:
    repair.arrives(contactEmail="maria@example.ru")
    repair.received()
    repair.diagnosed()
    first = task_id(repair, "Task_CallClient")
    path = f"/deals/{repair.deal_id}/cost-offer"
    offer = {"readyBy": "2026-12-04", "email": "maria@example.ru"}
    repair(MANAGER).api("POST", path, json=offer).raise_for_status()
    link = link_in_letter(suite, repair)

    assert requests.get(link, timeout=30).status_code == 200
    assert repair.card()["stage"]["code"] == "costApproval"
    agreed = requests.post(link, data={"answer": "agreed"}, timeout=30)

    assert agreed.status_code == 200
    repair.stage_is("repair")
    repair(MANAGER).task(repair.deal_id, "Task_FixFault")
    assert first not in {task.id for task in suite.engine.tasks(business_key=repair.deal_id)}
    repair.repaired()
    repair.checked()
    repair.answers(MANAGER, "Task_GiveBack", "complaint", "Глохнет под нагрузкой")
    repair.stage_is("repair")
    repair(MANAGER).task(repair.deal_id, "Task_FixFault")


def link_in_letter(suite: RunningSuite, repair: Repair) -> str:
    """The link of the letter, which waits in the database of a suite without a mail server."""
    with closing(sqlite3.connect(suite.data / "deals.sqlite3")) as database:
        letters = database.execute("SELECT body FROM mails WHERE deal_id = ?", (repair.deal_id,))
        found = [re.search(r"http\S+/offer/\S+", body) for (body,) in letters]
    (link,) = [match[0] for match in found if match]
    return str(link)


def test_a_stage_moved_by_hand_ends_the_step_that_waits(
    suite: RunningSuite, repair: Repair, warranty: Repair
) -> None:
    agreed = {"costAgreedWith": "Мария", "costAgreedOn": "2026-11-27", "readyBy": "2026-12-04"}
    found = {"diagnosticsResult": "Мембрана", "repairCost": "1.00", "partsCost": "1.00"}
    repair.arrives(**found, **agreed)
    repair.upload("repairAct")
    for stage, key in (
        ("diagnostics", "Task_DiagnoseFault"),
        ("costApproval", "Task_CallClient"),
        ("awaitingParts", "Task_WorkDeal"),
        ("repair", "Task_FixFault"),
        ("readyForPickup", "Task_GiveBack"),
        ("repair", "Task_FixFault"),
    ):
        by_hand(repair, stage)
        repair(MANAGER).task(repair.deal_id, key)
        assert [task.key for task in suite.engine.tasks(business_key=repair.deal_id)] == [key]
    body = {"reason": "noResponse", "comment": ""}
    lost = repair(MANAGER).api("POST", f"/deals/{repair.deal_id}/lost", json=body)
    lost.raise_for_status()
    eventually(lambda: gone(suite, repair))
    assert suite.engine.tasks(business_key=repair.deal_id) == []

    accepted(warranty, warrantyDecision="repair")
    warranty.diagnosed()
    warranty(HEAD).task(warranty.deal_id, "Task_DecideCase")
    by_hand(warranty, "repair")
    warranty(MANAGER).task(warranty.deal_id, "Task_FixFault")


def test_a_deal_of_the_default_process_plays_to_its_end(
    suite: RunningSuite, repair: Repair
) -> None:
    repair.arrives()
    (born,) = suite.engine.root_instances(repair.deal_id)
    names = suite.engine.instance_variables(born.id)
    known = {name: value for name, value in names.items() if not name.startswith("taken_")}
    suite.engine.delete(f"/process-instance/{born.id}")
    suite.engine.start("deal", repair.deal_id, known, at="Task_WorkDeal")

    repair(MANAGER).task(repair.deal_id, "Task_WorkDeal")
    task = task_id(repair, "Task_WorkDeal")
    for stage, fields in (
        ("diagnostics", {}),
        ("costApproval", {"diagnosticsResult": "Нет", "repairCost": "1.00", "partsCost": "1.00"}),
        (
            "repair",
            {"costAgreedOn": "2026-11-27", "readyBy": "2026-12-04", "costAgreedWith": "Мария"},
        ),
        ("readyForPickup", {}),
        ("handedOver", {}),
    ):
        if fields:
            repair.fill(**fields)
        if stage == "readyForPickup":
            repair.upload("repairAct")
        if stage == "handedOver":
            repair.upload("handoverAct")
        repair.moves("Task_WorkDeal", stage)
        repair.stage_is(stage)
        if stage != "handedOver":
            task = replaced(repair, "Task_WorkDeal", task)

    eventually(lambda: gone(suite, repair))
    assert repair.card()["outcome"] == "won"
