"""Hostile files over HTTP: refused with a sentence, not stored, the API stays responsive."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import BinaryIO

import pytest

from api.inspection import upload_queue
from api.inspection.client import MAX_CONCURRENT, InspectionServer
from tests.integration.api.conftest import PDF, Office, a_running_office
from tests.support.documents.samples import a_docx, a_pdf, a_png, a_zip
from tests.support.hostile.documents import all_hostile, macros_elsewhere
from tests.support.servers.clamd import EICAR, clamd_peer

SEEN_ACCEPTED = [
    ("a.pdf", a_pdf(catalog="/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "scripts"),
    ("a.pdf", b"%PDF-", "damaged"),
    ("a.docx", a_docx(parts=macros_elsewhere()), "scripts"),
    ("a.docx", a_docx(parts={"../../etc/cron.d/x": b"x"}), "damaged"),
    ("a.docx", a_docx(parts={"word/a.bin": a_zip({"x": bytes(10_000_000)})}), "embeddedFiles"),
    ("a.png", a_png(65535, 65535, b""), "tooManyPixels"),
]
"""What deals once took."""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    place = tmp_path_factory.mktemp("attacked")
    with a_running_office(f"sqlite:///{place / 'deals.sqlite3'}", place / "files") as office:
        yield office


def kept(files: Path) -> list[Path]:
    return [path for path in files.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("name", "content", "finding"), SEEN_ACCEPTED)
def test_a_hostile_file_is_refused_in_words_and_leaves_nothing(
    attacked: Office, name: str, content: bytes, finding: str
) -> None:
    deal_id, manager = attacked.a_deal(), attacked.person("manager1")

    answer = manager.upload(deal_id, "companyCard", name, content)

    assert answer.status_code == 422, answer.text
    assert answer.json()["finding"] == finding
    assert name in answer.json()["detail"]
    assert manager.get(f"/deals/{deal_id}/files").json()["items"] == []
    assert kept(attacked.files) == []


def test_the_api_answers_while_it_looks_at_heavy_files(attacked: Office) -> None:
    deal_id, manager = attacked.a_deal(), attacked.person("manager1")
    heavy = next(c for case, _, c, _ in all_hostile() if case == "100 MB in 64 points")
    codes: list[int] = []

    def send() -> None:
        answer = attacked.person("manager1").upload(deal_id, "companyCard", "a.png", heavy)
        codes.append(answer.status_code)

    senders = [threading.Thread(target=send) for _ in range(6)]
    for sender in senders:
        sender.start()
    answered = 0
    while any(sender.is_alive() for sender in senders):
        answered += manager.http.get("/healthz").status_code == 200
        time.sleep(0.02)
    for sender in senders:
        sender.join()

    assert codes == [422] * 6
    assert answered > 0
    assert manager.upload(deal_id, "companyCard", "a.pdf", PDF).status_code == 201


def test_the_heavy_files_of_one_person_keep_nobody_else_waiting(
    attacked: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_queue, "MAX_WAITING", 2 * MAX_CONCURRENT)
    free = threading.Event()

    def looked(_: InspectionServer, kind: str, content: BinaryIO) -> None:
        assert b"heavy" not in content.read() or free.wait(60)

    monkeypatch.setattr(InspectionServer, "inspect", looked)
    deal_id, other_id = attacked.a_deal(), attacked.a_deal("manager2")
    manager, colleague = attacked.person("manager1"), attacked.person("manager2")

    def send(number: int) -> int:
        heavy = a_pdf(f"heavy {number}")
        return manager.upload(deal_id, "companyCard", "a.pdf", heavy).status_code

    with ThreadPoolExecutor(2 * MAX_CONCURRENT + 2) as senders:
        try:
            sent = [senders.submit(send, number) for number in range(2 * MAX_CONCURRENT + 2)]
            refused = next(as_completed(sent, 20)).result()  # all others wait by now
            answer = colleague.upload(other_id, "companyCard", "a.pdf", PDF)
        finally:
            free.set()

    assert refused == 503
    assert answer.status_code == 201
    assert sorted(each.result() for each in sent) == [201] * (2 * MAX_CONCURRENT + 1) + [503]


def test_an_infected_file_is_refused_and_nothing_is_kept_while_nobody_scans(tmp_path: Path) -> None:
    infected, clean = a_pdf(EICAR.decode()), a_pdf("clean")
    files, database = tmp_path / "files", f"sqlite:///{tmp_path / 'deals.sqlite3'}"
    with clamd_peer() as peer, a_running_office(database, files, clamd=peer.address) as office:
        deal_id, manager = office.a_deal(), office.person("manager1")
        refused = manager.upload(deal_id, "companyCard", "a.pdf", infected)
        peer.mood = "hangs up"
        unscanned = manager.upload(deal_id, "companyCard", "a.pdf", clean)
        left = kept(files)
        peer.mood = ""
        scanned = manager.upload(deal_id, "companyCard", "a.pdf", clean)
        states = [manager.http.get("/readyz").json()["antivirus"]]
        peer.mood = "silent"
        states.append(manager.http.get("/readyz").json()["antivirus"])

    assert (refused.status_code, refused.json()["code"]) == (422, "FILE_INFECTED")
    assert "Eicar-Test-Signature" in refused.json()["detail"]
    assert (unscanned.status_code, unscanned.json()["code"]) == (503, "UNAVAILABLE")
    assert left == []
    assert scanned.status_code == 201
    assert states == ["ok", "no answer"]
