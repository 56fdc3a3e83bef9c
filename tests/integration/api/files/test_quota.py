"""File quotas of a deal and of a login, and the reserve on the disk."""

import threading
from pathlib import Path

import pytest

from api.files import quota
from tests.integration.api.conftest import a_running_office
from tests.support.documents.samples import a_pdf
from tests.support.servers.schemas import deals_database, deals_file

SIZE = 1_000  # bytes of one document


def a_document(number: int = 0) -> bytes:
    return a_pdf(f"{number}").ljust(SIZE)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return deals_file(tmp_path / "deals.sqlite3")
    return deals_database(request.getfixturevalue("postgres"))


def contents(files: Path) -> list[Path]:
    return [path for path in files.rglob("*") if path.is_file()]


def test_a_deal_has_room_for_so_many_bytes_also_for_uploads_at_once(
    fresh_database: str, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    with a_running_office(fresh_database, files, max_deal_bytes=3 * SIZE) as office:
        deal_id, manager = office.a_deal(), office.person("manager1")
        manager.get("/me")
        answers = []

        def send(number: int) -> None:
            content = a_document(number)
            answers.append(manager.upload(deal_id, "companyCard", "a.pdf", content))

        senders = [threading.Thread(target=send, args=(number,)) for number in range(6)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        refused = [answer for answer in answers if answer.status_code != 201]
        other = manager.upload(office.a_deal(), "companyCard", "a.pdf", a_document(9))

    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [413] * 3
    assert {answer.json()["code"] for answer in refused} == {"FILES_QUOTA_EXCEEDED"}
    assert "администратору портала" in refused[0].json()["detail"]
    assert other.status_code == 201
    assert len(contents(files)) == 4


def test_a_person_has_room_for_so_many_bytes_a_day(fresh_database: str, tmp_path: Path) -> None:
    with a_running_office(fresh_database, tmp_path / "files", max_day_bytes=2 * SIZE) as office:
        manager, other = office.person("manager1"), office.person("manager2")
        codes = [
            manager.upload(office.a_deal(), "companyCard", "a.pdf", a_document(n)).status_code
            for n in range(3)
        ]
        theirs = other.upload(office.a_deal("manager2"), "companyCard", "a.pdf", a_document())

    assert codes == [201, 201, 413]
    assert theirs.status_code == 201


def test_a_repeated_upload_gets_its_answer_although_there_is_no_more_room(
    fresh_database: str, tmp_path: Path
) -> None:
    with a_running_office(fresh_database, tmp_path / "files", max_deal_bytes=SIZE) as office:
        deal_id, manager = office.a_deal(), office.person("manager1")
        key = {"Idempotency-Key": "1"}
        first, again = (
            manager.upload(deal_id, "companyCard", "a.pdf", a_document(), headers=key)
            for _ in range(2)
        )

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()


def test_a_nearly_full_disk_takes_no_file(tmp_path: Path) -> None:
    files = tmp_path / "files"
    address = f"sqlite:///{tmp_path / 'deals.sqlite3'}"
    with a_running_office(address, files, free_disk_bytes=10**18) as office:
        deal_id, manager = office.a_deal(), office.person("manager1")
        sized = manager.upload(deal_id, "companyCard", "a.pdf", a_document())
        streamed = manager.http.post(
            f"/api/v1/deals/{deal_id}/files/companyCard",
            params={"name": "a.pdf"},
            content=iter([a_document()]),
        )
        card = manager.get(f"/deals/{deal_id}")

    assert (sized.status_code, streamed.status_code) == (507, 507)
    assert sized.json()["title"] == "Нет места"
    assert "администратору портала" in sized.json()["detail"]
    assert card.status_code == 200
    assert contents(files) == []


def test_a_disk_that_fills_while_files_are_on_their_way_keeps_its_reserve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = iter([10**12])  # bytes at the beginning of the upload
    monkeypatch.setattr(quota, "free_bytes", lambda _: next(rooms, 0))
    files, address = tmp_path / "files", f"sqlite:///{tmp_path / 'deals.sqlite3'}"
    with a_running_office(address, files) as office:
        manager = office.person("manager1")
        answer = manager.upload(office.a_deal(), "companyCard", "a.pdf", a_document())

    assert (answer.status_code, answer.json()["code"]) == (507, "NO_ROOM_FOR_FILES")
    assert contents(files) == []
