"""Idempotency-Key: repeated and simultaneous POST requests have one effect."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.api.conftest import PDF, Office

NEW = {"direction": "newClients", "fields": {"subject": "Бензопилы"}}


def test_ten_posts_with_one_key_make_one_deal(office: Office) -> None:
    office.engine.people["tenfold"] = frozenset({"salesManagers"})
    manager = office.person("tenfold")
    manager.get("/me")

    def create(_: int) -> tuple[int, str]:
        answer = manager.post("/deals", NEW, headers={"Idempotency-Key": "ten-at-once"})
        return answer.status_code, answer.json().get("id", "")

    with ThreadPoolExecutor(10) as threads:
        answers = set(threads.map(create, range(10)))

    kept = manager.get("/deals").json()["items"]
    assert len(kept) == 1
    assert answers == {(201, kept[0]["id"])}


def test_a_repeated_request_gets_the_same_answer_and_says_so(office: Office) -> None:
    manager, headers = office.person("manager1"), {"Idempotency-Key": "same-answer"}

    first = manager.post("/deals", NEW, headers=headers)
    again = manager.post("/deals", NEW, headers=headers)

    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_key_with_another_body_or_address_is_refused(office: Office) -> None:
    manager, headers = office.person("manager1"), {"Idempotency-Key": "another-body"}
    first = manager.post("/deals", NEW, headers=headers).json()

    body = manager.post("/deals", {"direction": "newClients"}, headers=headers)
    place = manager.post(f"/deals/{first['id']}/notes", {"text": "Звонил."}, headers=headers)

    assert [body.status_code, place.status_code] == [422, 422]
    assert body.json()["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_one_key_of_two_people_is_two_keys(office: Office) -> None:
    headers = {"Idempotency-Key": "shared-by-chance"}

    one = office.person("manager1").post("/deals", NEW, headers=headers).json()
    other = office.person("manager2").post("/deals", NEW, headers=headers).json()

    assert one["id"] != other["id"]
    assert other["manager"]["login"] == "manager2"


def test_a_refused_request_keeps_nothing_so_that_it_may_be_mended(office: Office) -> None:
    manager, headers = office.person("manager1"), {"Idempotency-Key": "mended"}
    bad = {"direction": "newClients", "fields": {"inn": "1"}}

    refused = manager.post("/deals", bad, headers=headers)
    mended = manager.post("/deals", NEW, headers=headers)

    assert [refused.status_code, mended.status_code] == [422, 201]


@pytest.mark.parametrize("key", ["", "a b", "k" * 256, "ключ".encode(), b"a\x01b"])
def test_a_key_that_is_no_key_is_refused(office: Office, key: str | bytes) -> None:
    headers = {"Idempotency-Key": key}

    answer = office.person("manager1").post("/deals", NEW, headers=headers)

    assert answer.status_code == 400


def test_notes_moves_and_files_happen_once_too(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    posts: dict[str, Any] = {
        "note": lambda h: manager.post(f"/deals/{deal_id}/notes", {"text": "Звонил"}, headers=h),
        "move": lambda h: manager.post(
            f"/deals/{deal_id}/stage", {"stage": "collectingDocuments"}, headers=h
        ),
        "file": lambda h: manager.upload(deal_id, "companyCard", "а.pdf", PDF, headers=h),
    }

    for name, post in posts.items():
        headers = {"Idempotency-Key": f"{name}-{deal_id}"}
        first, again = post(headers), post(headers)
        assert first.status_code in (200, 201), first.text
        assert again.json() == first.json()

    kinds = [row[0] for row in office.history(deal_id)]
    assert kinds == ["created", "note", "stage", "file"]


def test_the_same_key_with_another_file_is_refused(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    headers = {"Idempotency-Key": f"file-{deal_id}"}
    manager.upload(deal_id, "companyCard", "а.pdf", PDF + b"one", headers=headers)

    other = manager.upload(deal_id, "companyCard", "а.pdf", PDF + b"two", headers=headers)

    assert other.status_code == 422
