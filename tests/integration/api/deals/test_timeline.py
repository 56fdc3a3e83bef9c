"""The timeline of a deal: everything in one order, page by page, for those who may see it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.api.conftest import PDF, Office, Person
from tests.integration.api.engine_stand_in import StandInTask


@pytest.fixture
def deal_id(office: Office) -> str:
    """A deal with an event of most topics."""
    manager, deal_id = office.person("manager1"), office.a_deal(counterparty="ООО «Сад»")
    manager.patch(
        f"/deals/{deal_id}",
        {"fields": {"limit": "1500.00"}},
        headers=manager.seen(f"/deals/{deal_id}"),
    )
    assert manager.post(f"/deals/{deal_id}/stage", {"stage": "collectingDocuments"}).is_success
    assert manager.upload(deal_id, "companyCard", "a.pdf", PDF).is_success
    assert manager.upload(deal_id, "passportCopy", "p.pdf", PDF).is_success
    invoice = {"kind": "invoice", "text": "За пилы", "invoiceNumber": "17", "amount": "99.50"}
    assert manager.post(f"/deals/{deal_id}/notes", invoice).is_success
    assert (
        office.person("salesHead")
        .post(f"/deals/{deal_id}/manager", {"manager": "manager1"})
        .is_success
    )
    with office.database.writing() as store:
        store.mails.add(f"<{deal_id}>", "salesHead", "h@example.ru", "Срок", "Текст", deal_id)
    office.engine.past = [(deal_id, "manager1"), ("D-2026-99999", "x"), (deal_id, "manager1")]
    return deal_id


def events(person: Person, deal_id: str, **query: Any) -> list[dict[str, Any]]:
    """All pages of the timeline, in the order in which they come."""
    found: list[dict[str, Any]] = []
    answer = person.get(f"/deals/{deal_id}/timeline", params=query).json()
    found += answer["items"]
    while answer["next"]:
        answer = person.get(answer["next"].removeprefix("/api/v1")).json()
        found += answer["items"]
    return found


def test_everything_comes_once_and_in_order_whatever_the_page(office: Office, deal_id: str) -> None:
    manager = office.person("manager1")

    whole = events(manager, deal_id, limit=100)

    instants = [datetime.fromisoformat(each["at"]) for each in whole]
    assert instants == sorted(instants, reverse=True)
    assert {each["topic"] for each in whole} == {
        "fields",
        "stages",
        "files",
        "notes",
        "mail",
        "tasks",
    }
    for limit in (1, 2, 3):
        assert events(manager, deal_id, limit=limit) == whole


def test_an_event_says_what_happened_in_words(office: Office, deal_id: str) -> None:
    by_topic = {
        topic: events(office.person("manager1"), deal_id, topics=topic)
        for topic in ("fields", "stages", "notes", "mail", "tasks", "files")
    }

    limit = next(each for each in by_topic["fields"] if each["subject"] == "limit")
    assert (limit["label"], limit["oldText"], limit["newText"]) == (
        "Лимит",
        "",
        "1\u00a0500\u00a0₽",
    )
    assert by_topic["stages"][0]["newText"] == "Сбор документов"
    assert by_topic["notes"][0]["newText"] == "№ 17 на 99,50\u00a0₽. За пилы"
    assert by_topic["notes"][0]["label"] == "Счёт"
    (mail,) = by_topic["mail"]
    assert mail["newText"] == "Срок (кому: Имя salesHead, ещё не отправлено)"
    assert [task["newText"] for task in by_topic["tasks"]] == ["Задача 2", "Задача 0"]
    assert by_topic["files"][0]["fileId"] is not None


def test_topics_can_be_combined_and_unknown_ones_are_refused(office: Office, deal_id: str) -> None:
    manager = office.person("manager1")

    both = events(manager, deal_id, topics="mail,notes", limit=1)

    assert sorted(each["topic"] for each in both) == ["mail", "notes"]
    for bad in ("topics=weather", "topics=mail,", "before=1-x1", "limit=0", "before=1"):
        assert manager.get(f"/deals/{deal_id}/timeline?{bad}").status_code == 422
    assert manager.get(f"/deals/{deal_id}/timeline?before=1-h{'9' * 60}").json()["items"] == []


def test_the_timeline_hides_what_its_reader_may_not_see(office: Office, deal_id: str) -> None:
    head = events(office.person("salesHead"), deal_id, topics="files", limit=1)

    assert [each["subject"] for each in head] == ["companyCard"]
    assert office.person("manager2").get(f"/deals/{deal_id}/timeline").status_code == 404
    office.engine.past = []
    assert office.person("lawyer1").get(f"/deals/{deal_id}/timeline").status_code == 404


def test_the_timeline_works_while_the_engine_is_down(office: Office, deal_id: str) -> None:
    manager = office.person("manager1")
    manager.get("/me")
    office.engine.down = True

    answer = manager.get(f"/deals/{deal_id}/timeline").json()

    assert answer["tasksKnown"] is False
    assert {each["topic"] for each in answer["items"]} >= {"fields", "mail"}


def test_the_deal_can_be_read_as_it_was(office: Office, deal_id: str) -> None:
    manager = office.person("manager1")
    rows = manager.get(f"/deals/{deal_id}/history").json()["items"]
    changed = next(row for row in rows if row["subject"] == "limit")
    before = datetime.fromisoformat(changed["at"]) - timedelta(microseconds=1)

    then = manager.get(f"/deals/{deal_id}", params={"at": before.isoformat()}).json()
    now = manager.get(f"/deals/{deal_id}").json()
    replayed = manager.get(f"/deals/{deal_id}", params={"at": datetime.now(UTC).isoformat()}).json()

    def values(card: dict[str, Any]) -> dict[str, Any]:
        return {f["code"]: f["value"] for group in card["groups"] for f in group["fields"]}

    assert values(then)["limit"] is None
    assert values(then)["counterparty"] == "ООО «Сад»"
    assert (then["stage"]["code"], then["version"], then["files"]) == ("newClient", 1, [])
    assert not any(f["editable"] for group in then["groups"] for f in group["fields"])
    assert then["stages"] == []
    assert values(replayed) == values(now)
    assert (replayed["version"], replayed["files"]) == (now["version"], now["files"])
    assert manager.get(f"/deals/{deal_id}?at=2020-01-01T00:00:00Z").status_code == 404
    assert manager.get(f"/deals/{deal_id}?at=2026-11-27").status_code == 422
    stranger = office.person("manager2")
    assert stranger.get(f"/deals/{deal_id}?at=2026-11-27T00:00:00Z").status_code == 404


def test_whoever_has_a_task_reads_the_past_of_the_deal_too(office: Office, deal_id: str) -> None:
    office.engine.tasks = [
        StandInTask("t1", "Task_EnterContract", deal_id, groups=("lawyers",)),
    ]
    at = datetime.now(UTC).isoformat()

    assert office.person("lawyer1").get(f"/deals/{deal_id}", params={"at": at}).status_code == 200
