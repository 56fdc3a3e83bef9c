"""Notifications, unsent e-mails, and deals without a next step."""

import uuid
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy import text

from bpmn.camunda import next_steps
from bpmn.lint.worker_contracts import ONEC_DISCREPANCY, TECHNICAL_FAILURE, TEMPORARY_TERMS
from db.store.database import connect
from tests.integration.api.conftest import Office
from tests.integration.api.engine_stand_in import StandInTask


def test_notifications_are_ones_own_and_are_read_once_for_all(office: Office) -> None:
    login = f"reader{uuid.uuid4().hex[:6]}"
    office.engine.people[login] = frozenset({"salesManagers"})
    with office.database.writing() as store:
        store.notifications.add(login, "round-1", "Условия согласованы.", None)
        store.notifications.add("manager2", f"for-{login}", "Чужое.", None)
    reader = office.person(login)

    before = reader.get("/notifications", params={"unread": "true"}).json()["items"]
    first = reader.post(f"/notifications/{before[0]['id']}/read")
    again = reader.post(f"/notifications/{before[0]['id']}/read")
    after = reader.get("/notifications", params={"unread": "true"}).json()["items"]
    foreign = office.person("manager1").post(f"/notifications/{before[0]['id']}/read")

    assert [n["text"] for n in before] == ["Условия согласованы."]
    assert after == []
    assert reader.get("/notifications").json()["items"][0]["readAt"]
    assert [first.status_code, again.status_code, foreign.status_code] == [200, 200, 404]


def test_letters_that_wait_are_shown_to_the_administrator(office: Office) -> None:
    message_id = f"<{uuid.uuid4()}@pit>"
    with office.database.writing() as store:
        store.mails.add(message_id, "manager1", "m@example.ru", "Тема", "Текст")

    mails = office.person("admin1").get("/mails").json()["items"]
    refused = office.person("manager1").get("/mails")

    assert message_id in [mail["messageId"] for mail in mails]
    assert refused.status_code == 403


def stuck(office: Office, login: str = "admin1") -> dict[str, str]:
    return {deal: reason for page in pages_of(office, login) for deal, reason in page.items()}


def pages_of(office: Office, login: str, limit: int = 200) -> list[dict[str, str]]:
    """Deal → reason, page by page."""
    person, pages = office.person(login), []
    address = f"/deals-without-next-step?limit={limit}"
    while address:
        answer = person.get(address)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        pages.append({item["deal"]["id"]: item["reason"] for item in page["items"]})
        address = (page["next"] or "").removeprefix("/api/v1")
    return pages


def an_old_deal(office: Office) -> str:
    """A deal whose outbox row has waited for an hour."""
    deal_id = office.a_deal()
    an_hour_later(office, deal_id)
    return deal_id


def an_hour_later(office: Office, deal_id: str) -> None:
    database = connect(office.database_url)
    with database.begin() as connection:
        connection.execute(
            text("UPDATE outbox SET created_at = :at WHERE deal_id = :deal"),
            {"at": datetime.now(UTC) - timedelta(hours=1), "deal": deal_id},
        )
    database.dispose()


def test_stuck_deals_come_in_pages(office: Office) -> None:
    deals = [an_old_deal(office) for _ in range(5)]

    pages = pages_of(office, "admin1", limit=2)

    assert [deal for page in pages for deal in page if deal in deals] == deals
    assert max(len(page) for page in pages) == 2


def test_a_page_ends_after_as_many_deals_as_it_may_look_at(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(next_steps, "AT_ONCE", 2)
    right, wrong, lost, *closed = (an_old_deal(office) for _ in range(6))
    for deal in closed:
        office.person("manager1").post(f"/deals/{deal}/lost", {"reason": "price"})
        an_hour_later(office, deal)
    office.engine.tasks = [
        StandInTask(f"t-{deal}", "Task_CollectDocuments", deal, "manager1")
        for deal in (right, *closed)
    ]
    office.engine.tasks.append(StandInTask("t", "Task_LeadClient", wrong, "manager1"))

    made = {right, wrong, lost, *closed}
    by_twos, one_by_one = pages_of(office, "admin1"), pages_of(office, "admin1", limit=1)

    for pages, most in ((by_twos, 2), (one_by_one, 1)):
        found = [deal for page in pages for deal in page if deal in made]
        assert found == [wrong, lost, *closed]
        assert max(len(page) for page in pages) == most


def test_a_cursor_of_no_page_is_refused(office: Office) -> None:
    answer = office.person("admin1").get("/deals-without-next-step", params={"after": "i-x"})

    assert answer.status_code == 422, answer.text


def test_a_deal_on_its_way_or_with_somebody_behind_its_task_has_a_next_step(office: Office) -> None:
    fresh, old = office.a_deal(), an_old_deal(office)
    office.engine.tasks = [StandInTask("t1", "Task_CollectDocuments", old, "manager1")]

    found = stuck(office)

    assert fresh not in found
    assert old not in found


def test_a_deal_without_a_process_or_with_nobody_behind_its_task_is_found(office: Office) -> None:
    lost, orphan, offered = (an_old_deal(office) for _ in range(3))
    office.engine.people["leaver"] = frozenset()
    office.engine.tasks = [
        StandInTask("t1", "Task_CollectDocuments", orphan, "leaver", name="Собрать документы"),
        StandInTask("t2", "Task_Any", offered, None, ("salesHeads",), process="called"),
    ]

    found = stuck(office)

    assert "не запущен" in found[lost]
    assert "«Собрать документы» некому" in found[orphan]
    assert offered not in found


def test_a_deal_that_waits_where_its_stage_does_not_fit_is_found(office: Office) -> None:
    right, wrong, moving, closed = (an_old_deal(office) for _ in range(4))
    lost = office.person("manager1").post(f"/deals/{closed}/lost", {"reason": "price"})
    assert lost.status_code == 200, lost.text
    an_hour_later(office, closed)
    office.engine.tasks = [
        StandInTask("t1", "Task_CollectDocuments", right, "manager1"),
        StandInTask("t2", "Task_LeadClient", wrong, "manager1", name="Вести клиента"),
        StandInTask("t3", "Task_LeadClient", moving, "manager1"),
        StandInTask("t4", "Task_CollectDocuments", closed, "manager1", name="Собрать документы"),
    ]
    office.engine.steps = [a_step(moving, None)]

    found = stuck(office)

    assert "«Новый клиент», а её процесс ждёт не там: «Вести клиента»" in found[wrong]
    assert "Сделка закрыта, а её процесс ещё ждёт: «Собрать документы»" in found[closed]
    assert not {right, moving} & found.keys()


def test_a_system_step_counts_only_while_it_has_retries(office: Office) -> None:
    alive, dead = an_old_deal(office), an_old_deal(office)
    office.engine.steps = [a_step(alive, None), a_step(dead, 0)]

    found = stuck(office)

    assert alive not in found
    assert "register-process" in found[dead]


def test_what_waits_beside_a_deal_is_no_next_step_unless_it_is_a_failures_task(
    office: Office,
) -> None:
    timer, person, step, failure = (an_old_deal(office) for _ in range(4))
    office.engine.jobs = [a_timer(f"{TEMPORARY_TERMS}/{timer}")]
    office.engine.steps = [
        {**a_step(step, None), "processInstanceId": f"{ONEC_DISCREPANCY}/{step}"},
        *(a_step(deal, 0) for deal in (timer, person, step)),
    ]
    office.engine.tasks = [
        StandInTask("t1", "Task_Any", person, "manager1", process=ONEC_DISCREPANCY),
        StandInTask("t2", "Task_Any", failure, "admin1", process=TECHNICAL_FAILURE),
    ]

    found = stuck(office)

    assert {timer, person, step} <= found.keys()
    assert failure not in found


def a_timer(instance_id: str) -> dict[str, object]:
    return {
        "id": f"job-{instance_id}",
        "processInstanceId": instance_id,
        "dueDate": "2036-11-23T12:00:00.000+0300",
        "retries": 3,
        "exceptionMessage": None,
        "failedActivityId": None,
    }


def test_heads_see_only_the_deals_of_their_directions(office: Office) -> None:
    deal_id = an_old_deal(office)

    assert deal_id in stuck(office, "salesHead")
    assert deal_id not in stuck(office, "serviceHead")


def a_step(deal_id: str, retries: int | None) -> dict[str, object]:
    return {
        "id": f"step-{deal_id}",
        "topicName": "register-process",
        "activityId": "Task_RegisterProcess",
        "processInstanceId": f"instance-{deal_id}",
        "businessKey": deal_id,
        "retries": retries,
        "workerId": None,
        "errorMessage": None,
        "createTime": None,
    }


def a_failed_letter(office: Office) -> int:
    message_id = f"<{uuid.uuid4()}@pit>"
    with office.database.writing() as store:
        store.mails.add(message_id, "manager1", "m@example.ru", "Тема", "Текст", "D-2026-00001")
        mail = next(one for one in store.mails.unsent() if one.message_id == message_id)
        store.mails.failed(mail.id, "Почтовый сервер отказал (код 550).")
    return mail.id


def test_a_failed_letter_is_sent_again_when_the_administrator_asks(office: Office) -> None:
    mail_id = a_failed_letter(office)
    admin = office.person("admin1")

    first = admin.post(f"/mails/{mail_id}/resend")
    again = admin.post(f"/mails/{mail_id}/resend")
    listed = {mail["id"]: mail for mail in admin.get("/mails").json()["items"]}

    assert (first.status_code, again.status_code) == (200, 200), first.text
    assert first.json()["state"] == "waiting"
    assert first.json()["nextAttemptAt"] is None
    assert listed[mail_id]["resentBy"] == "admin1"
    assert listed[mail_id]["resentAt"]
    assert listed[mail_id]["dealId"] == "D-2026-00001"


def test_a_letter_that_was_sent_or_never_was_is_not_sent_again(office: Office) -> None:
    mail_id = a_failed_letter(office)
    with office.database.writing() as store:
        store.mails.sent(mail_id)
    admin = office.person("admin1")

    sent = admin.post(f"/mails/{mail_id}/resend")
    unknown = admin.post("/mails/2147483647/resend")
    wrong = admin.post("/mails/first/resend")
    foreign = office.person("manager1").post(f"/mails/{mail_id}/resend")

    assert (sent.status_code, sent.json()["code"]) == (409, "MAIL_SENT")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "MAIL_NOT_FOUND")
    assert (wrong.status_code, foreign.status_code) == (422, 403)


def test_letters_that_wait_are_told_to_whoever_watches_but_the_suite_is_ready(
    office: Office,
) -> None:
    mail_id = a_failed_letter(office)
    with office.database.writing() as store:
        store.mails.resend(mail_id, "admin1", datetime.now(UTC))
        store.workers.seen("worker-1")
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    database = connect(office.database_url)
    with database.begin() as connection:
        statement = text("UPDATE mails SET created_at = :at WHERE id = :id")
        connection.execute(statement, {"at": long_ago, "id": mail_id})
    database.dispose()

    told = httpx2.get(f"{office.url}/readyz", timeout=10)
    with office.database.writing() as store:
        store.mails.sent(mail_id)
    mended = httpx2.get(f"{office.url}/readyz", timeout=10)

    assert (told.status_code, told.json()["mail"]) == (200, "letters wait")
    assert mended.json()["mail"] == "ok"
