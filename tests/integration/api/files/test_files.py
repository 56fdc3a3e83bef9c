"""Uploads and downloads of files, and permissions to read them."""

import hashlib
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.integration.api.conftest import FILE_LIMIT, PDF, Office
from tests.integration.api.engine_stand_in import StandInTask
from tests.support.builders import a_ready_deal
from tests.support.documents.samples import a_docx, a_jpeg, a_png, a_signature, a_tiff, a_xlsx
from tests.support.full_disk import fill_the_disk

PNG, JPEG, TIFF = a_png(), a_jpeg(), a_tiff()
P7S, DOCX, XLSX = a_signature(), a_docx(), a_xlsx()
MACROS = a_docx(parts={"word/vbaProject.bin": b"macros"})
PROGRAM = b"MZ\x90\x00" + b"0" * 60


def parts_in(files: Path) -> list[Path]:
    return list(files.glob("*.part"))


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("Карточка.pdf", PDF, "application/pdf"),
        ("скан.PNG", PNG, "image/png"),
        ("фото.jpeg", JPEG, "image/jpeg"),
        ("скан.tif", TIFF, "image/tiff"),
        ("подпись.p7s", P7S, "application/pkcs7-signature"),
        ("устав.docx", DOCX, None),
        ("список.xlsx", XLSX, None),
    ],
)
def test_a_document_is_kept_with_its_type_and_hash(
    office: Office, name: str, content: bytes, media_type: str | None
) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")

    kept = manager.upload(deal_id, "companyCard", name, content)
    read = manager.get(f"/files/{kept.json()['id']}")

    assert kept.status_code == 201, kept.text
    assert kept.json()["name"] == name
    assert kept.json()["sha256"] == hashlib.sha256(content).hexdigest()
    assert media_type is None or kept.json()["mediaType"] == media_type
    assert kept.json()["uploadedBy"]["login"] == "manager1"
    assert read.content == content
    assert ("file", "companyCard") in [row[:2] for row in office.history(deal_id)]


def test_every_upload_is_a_version_and_the_newest_comes_first(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")

    for content in (PDF, PDF + b"2", PDF + b"3"):
        manager.upload(deal_id, "companyCard", "к.pdf", content)

    items = manager.get(f"/deals/{deal_id}/files").json()["items"]
    card = manager.get(f"/deals/{deal_id}").json()
    assert [item["version"] for item in items] == [3, 2, 1]
    assert card["version"] == 1
    assert len(card["files"]) == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("program.pdf", PROGRAM),
        ("page.pdf", b"<html><script>alert(1)</script>"),
        ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("page.html", b"<html/>"),
        ("setup.exe", PROGRAM),
        ("script.js", b"alert(1)"),
        ("photo.png", JPEG),
        ("photo.pdf", PNG),
        ("arc.zip", DOCX),
        ("text.docx", XLSX),
        ("text.docx", PDF),
        ("text.docx", b"PK\x03\x04 broken"),
        ("macros.docx", MACROS),
        ("empty.pdf", b""),
        ("noextension", PDF),
        (".pdf", PDF),
        ("a.p" + "d" * 300, PDF),
    ],
)
def test_what_is_no_document_is_refused_and_nothing_is_kept(
    office: Office, name: str, content: bytes
) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")

    answer = manager.upload(deal_id, "companyCard", name, content)

    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    assert manager.get(f"/deals/{deal_id}/files").json()["items"] == []
    assert parts_in(office.files) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/устав.pdf", "устав.pdf"),
        ("C:\\Users\\я\\устав.pdf", "устав.pdf"),
        ("уст\x00ав\r\n.pdf", "устав.pdf"),
        ("gpj\u202efdp.pdf", "gpjfdp.pdf"),
        ("con.pdf", "_con.pdf"),
        ('a"b;c.pdf', "a_b;c.pdf"),
        ("  много   пробелов .pdf", "много пробелов .pdf"),
    ],
)
def test_a_name_is_shown_without_its_traps(office: Office, name: str, shown: str) -> None:
    deal_id = office.a_deal()

    answer = office.person("manager1").upload(deal_id, "companyCard", name, PDF)

    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == shown


def test_a_long_name_keeps_its_extension_within_255_bytes(office: Office) -> None:
    deal_id = office.a_deal()

    answer = office.person("manager1").upload(deal_id, "companyCard", "я" * 300 + ".pdf", PDF)

    name = answer.json()["name"]
    assert name.endswith("я.pdf")
    assert len(name.encode()) <= 255


def test_a_download_cannot_be_run_by_a_browser(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    kept = manager.upload(deal_id, "companyCard", 'Устав "А".pdf', PDF).json()
    picture = manager.upload(deal_id, "companyCard", "скан.png", PNG).json()
    text = manager.upload(deal_id, "companyCard", "т.docx", DOCX).json()

    saved = manager.get(f"/files/{kept['id']}").headers
    shown = manager.get(f"/files/{kept['id']}", params={"inline": "1"}).headers
    seen = manager.get(f"/files/{picture['id']}", params={"inline": "1"}).headers
    never = manager.get(f"/files/{text['id']}", params={"inline": "1"}).headers

    assert saved["Content-Disposition"].startswith('attachment; filename="_____ ___.pdf"; ')
    assert "filename*=UTF-8''%D0%A3%D1%81%D1%82%D0%B0%D0%B2" in saved["Content-Disposition"]
    assert saved["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in saved["Content-Security-Policy"]
    assert saved["Cache-Control"] == "private, no-store"
    assert shown["Content-Disposition"].startswith("inline")
    assert "default-src 'none'" in shown["Content-Security-Policy"]
    assert seen["Content-Disposition"].startswith("inline")
    assert never["Content-Disposition"].startswith("attachment")


def test_a_file_over_the_limit_is_refused_before_and_while_it_comes(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    content = PDF + b"0" * FILE_LIMIT

    declared = manager.upload(deal_id, "companyCard", "big.pdf", content)
    streamed = manager.http.post(
        f"/api/v1/deals/{deal_id}/files/companyCard",
        params={"name": "big.pdf"},
        content=iter([content[i : i + 50_000] for i in range(0, len(content), 50_000)]),
    )

    assert [declared.status_code, streamed.status_code] == [413, 413]
    assert parts_in(office.files) == []


@pytest.mark.parametrize("size", [100, 100_000])
def test_a_full_disk_is_an_outage_and_becomes_no_fuller(
    office: Office, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    with monkeypatch.context() as disk:
        fill_the_disk(disk)
        refused = manager.upload(deal_id, "companyCard", "Карточка.pdf", PDF.ljust(size))
    kept = manager.upload(deal_id, "companyCard", "Карточка.pdf", PDF.ljust(size))

    assert (refused.status_code, refused.json()["title"]) == (503, "Временно недоступно")
    assert int(refused.headers["retry-after"]) > 0
    assert kept.status_code == 201
    assert parts_in(office.files) == []


def test_an_upload_that_breaks_off_leaves_nothing(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    manager.get("/me")
    place = urlsplit(office.url)
    credentials = manager.http.build_request("GET", "/")
    basic = next(manager.http.auth.auth_flow(credentials)).headers["Authorization"]  # type: ignore[union-attr]
    head = (
        f"POST /api/v1/deals/{deal_id}/files/companyCard?name=a.pdf HTTP/1.1\r\n"
        f"Host: {place.netloc}\r\nAuthorization: {basic}\r\nContent-Length: 100000\r\n\r\n"
    )

    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as line:
        line.sendall(head.encode() + PDF + b"0" * 5000)
        deadline = time.monotonic() + 10
        while not parts_in(office.files) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert parts_in(office.files), "the upload did not begin"
    while parts_in(office.files) and time.monotonic() < deadline:
        time.sleep(0.01)

    assert parts_in(office.files) == []
    assert manager.get(f"/deals/{deal_id}/files").json()["items"] == []


def test_a_multipart_body_is_refused_with_a_hint(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")

    answer = manager.http.post(
        f"/api/v1/deals/{deal_id}/files/companyCard",
        params={"name": "a.pdf"},
        files={"file": ("a.pdf", PDF)},
    )

    assert answer.status_code == 415
    assert "multipart" in answer.json()["detail"]


def test_files_go_only_to_documents_of_the_direction_and_by_the_right_people(
    office: Office,
) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")

    unknown = manager.upload(deal_id, "tenderDocuments", "a.pdf", PDF)
    no_file = manager.upload(deal_id, "limit", "a.pdf", PDF)
    of_lawyer = manager.upload(deal_id, "contractFile", "a.pdf", PDF)
    stranger = office.person("manager2").upload(deal_id, "companyCard", "a.pdf", PDF)
    head = office.person("salesHead").upload(deal_id, "companyCard", "a.pdf", PDF)

    codes = [a.status_code for a in (unknown, no_file, of_lawyer, stranger, head)]
    assert codes == [422, 422, 403, 404, 403]


def test_the_lawyer_attaches_the_contract_while_holding_the_task(office: Office) -> None:
    deal_id = office.keep(a_ready_deal(stage="termsApproval"))
    lawyer = office.person("lawyer1")
    offered = StandInTask("t1", "Task_DraftContract", deal_id, None, ("lawyers",))
    office.engine.tasks = [offered]

    before = lawyer.upload(deal_id, "contractFile", "договор.docx", DOCX)
    offered.assignee = "lawyer1"
    after = lawyer.upload(deal_id, "contractFile", "договор.docx", DOCX)
    other = lawyer.upload(deal_id, "companyCard", "карточка.pdf", PDF)

    assert [before.status_code, after.status_code, other.status_code] == [403, 201, 403]


def test_documents_are_locked_during_approval(office: Office) -> None:
    deal_id = office.keep(a_ready_deal(stage="termsApproval"))

    answer = office.person("manager1").upload(deal_id, "companyCard", "a.pdf", PDF)

    assert answer.status_code == 409
    assert answer.json()["code"] == "FIELDS_LOCKED"


def test_a_passport_is_read_by_few_and_every_reading_is_in_the_history(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    file_id = manager.upload(deal_id, "passportCopy", "паспорт.pdf", PDF).json()["id"]
    office.engine.past = [(deal_id, "lawyer1"), (deal_id, "onec1")]
    office.engine.tasks = [
        StandInTask("t1", "Task_DecideContract", deal_id, None, ("deputyChiefAccountants",))
    ]

    read = {
        login: office.person(login).get(f"/files/{file_id}").status_code
        for login in ("manager1", "lawyer1", "accountant1", "salesHead", "admin1", "onec1")
    }
    readers = [
        row.actor
        for row in _rows(office, deal_id)
        if row.kind == "download" and row.subject == "passportCopy"
    ]

    assert read == {
        "manager1": 200,
        "lawyer1": 200,
        "accountant1": 200,
        "salesHead": 404,
        "admin1": 404,
        "onec1": 404,
    }
    assert readers == ["manager1", "lawyer1", "accountant1"]


def test_a_passport_is_not_even_named_to_those_who_may_not_read_it(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    manager.upload(deal_id, "passportCopy", "Паспорт Иванова.pdf", PDF)
    admin = office.person("admin1")

    told = [admin.get(f"/deals/{deal_id}{part}").text for part in ("", "/files", "/history")]

    assert not any("Иванова" in text for text in told)


def test_a_file_of_a_foreign_deal_is_not_found(office: Office) -> None:
    deal_id = office.a_deal("manager1")
    file_id = office.person("manager1").upload(deal_id, "companyCard", "a.pdf", PDF).json()["id"]

    foreign = office.person("manager2").get(f"/files/{file_id}")
    nobody = office.person("manager2").get("/files/00000000-0000-0000-0000-000000000000")

    assert foreign.status_code == nobody.status_code == 404
    assert foreign.json()["detail"] == nobody.json()["detail"]


def _rows(office: Office, deal_id: str) -> Any:
    with office.database.reading() as store:
        return store.history.of(deal_id)
