"""The cost sent by e-mail and answered by its link: once, by whoever has it, and nobody else."""

import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import Connection, text

from api.http import clock
from db.domain.deals.entities import CLIENT
from db.domain.deals.history import Actor, Cause, Change, Kind
from db.domain.steps.offers import VALID_FOR
from db.store.database import connect
from tests.integration.api.conftest import Office, a_running_office
from tests.integration.api.engine_stand_in import StandInTask
from tests.support.builders import NOW, a_deal

SITE = "https://deals.example"
COST = {
    "equipmentModel": "P.I.T. GCS46 <b>",
    "diagnosticsResult": "Мембрана порвана & карбюратор засорён",
    "repairCost": "1800.00",
    "partsCost": "950.50",
    "contactName": "Мария Петрова",
    "contactPhone": "+7 495 123-45-67",
}
OFFER = {"readyBy": "2026-12-04", "email": "maria@example.ru"}


@pytest.fixture(scope="module")
def running(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An application that knows its public address."""
    files = tmp_path_factory.mktemp("files")
    with a_running_office(database_url, files, public_url=SITE) as office:
        yield office


@pytest.fixture(autouse=True)
def forgiven(running: Office) -> None:
    """Every test begins without wrong links of its network."""
    with rows_of(running) as connection:
        connection.execute(text("DELETE FROM login_attempts"))


@contextmanager
def rows_of(office: Office) -> Iterator[Connection]:
    """Connection to the tables themselves."""
    engine = connect(office.database_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def a_repair(office: Office, stage: str = "costApproval", **values: object) -> str:
    given = {code: value for code, value in {**COST, **values}.items() if value is not None}
    deal = a_deal(direction="paidService", manager="engineer1", stage=stage, values=given, moves=2)
    return office.keep(deal)


def send(office: Office, repair: str, **changed: object) -> httpx2.Response:
    return office.person("engineer1").post(f"/deals/{repair}/cost-offer", {**OFFER, **changed})


def letters(office: Office, repair: str) -> list[Any]:
    with office.database.reading() as store:
        return [mail for mail in store.mails.unsent(limit=10_000) if mail.deal_id == repair]


def link(office: Office, repair: str) -> str:
    """Path of the link in the newest e-mail."""
    (found,) = re.findall(
        r"https://deals\.example(/offer/[\w-]+)", letters(office, repair)[-1].body
    )
    return str(found)


def offered(office: Office, **values: Any) -> tuple[str, str]:
    """A repair whose cost was sent. Returns: its id, and the path of the link."""
    repair = a_repair(office, **values)
    assert send(office, repair).status_code == 201
    return repair, link(office, repair)


@pytest.fixture
def client(running: Office) -> Iterator[httpx2.Client]:
    """A client with nothing but the link."""
    with httpx2.Client(base_url=running.url, timeout=30) as client:
        yield client


def say(client: httpx2.Client, path: str, answer: str, **more: str) -> httpx2.Response:
    return client.post(path, data={"answer": answer, **more})


def notes(office: Office, repair: str) -> list[str]:
    with office.database.reading() as store:
        return [note.text for note in store.notes.of(repair)]


def told(office: Office, repair: str) -> list[str]:
    with office.database.reading() as store:
        mine = store.notifications.of("engineer1", limit=10_000)
        return [one.text for one in mine if one.deal_id == repair]


def test_a_client_agrees_once_and_the_repair_goes_on(office: Office, client: httpx2.Client) -> None:
    repair, path = offered(office)

    shown = client.get(path)
    agreed = say(client, path, "agreed")
    again = say(client, path, "declined")

    assert shown.status_code == agreed.status_code == again.status_code == 200
    assert "вы согласились" in agreed.text
    assert "вы согласились" in again.text
    assert "вы согласились" in client.get(path).text
    with office.database.reading() as store:
        deal = store.deals.get(repair)
        rows = [row for row in store.history.of(repair) if row.actor == CLIENT]
    assert (deal.stage, deal.moves) == ("repair", 3)
    assert deal.values["costAgreedWith"] == "Мария Петрова, по ссылке из письма"
    assert deal.values["readyBy"] == "2026-12-04"
    assert {row.cause for row in rows} == {Cause.LINK}
    assert office.outbox(repair) == [{"message": "StageMoved", "moveVersion": 3}]
    (word,) = told(office, repair)
    assert repair in word
    items = office.person("engineer1").get(f"/deals/{repair}/history").json()["items"]
    assert "клиент, по ссылке из письма" in {item["actor"]["name"] for item in items}


def test_a_client_declines_with_words(office: Office, client: httpx2.Client) -> None:
    repair, path = offered(office)

    declined = say(client, path, "declined", comment=" Дорого,\nкуплю новую ")

    assert "отказались" in declined.text
    with office.database.reading() as store:
        deal = store.deals.get(repair)
    assert (deal.stage, deal.values["returnReason"]) == ("readyForPickup", "repairRefused")
    assert "Дорого" in notes(office, repair)[-1]


def test_reading_changes_nothing_however_often_scanners_do_it(
    office: Office, client: httpx2.Client
) -> None:
    repair, path = offered(office)
    with office.database.reading() as store:
        before = store.deals.get(repair)

    for _ in range(3):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert client.get(f"{path}?answer=agreed").status_code == 200

    with office.database.reading() as store:
        assert store.deals.get(repair) == before
        offer = store.cost_offers.latest(repair)
    assert offer is not None
    assert offer.answer is None


def test_the_page_shows_the_machine_the_fault_and_the_sums_and_no_person(
    office: Office, client: httpx2.Client
) -> None:
    repair, path = offered(office)

    page = client.get(path)

    assert "P.I.T. GCS46 &lt;b&gt;" in page.text
    assert "Мембрана порвана &amp; карбюратор засорён" in page.text
    for shown in ("1\u00a0800\u00a0₽", "950,50", "2\u00a0750,50", "04.12.2026"):
        assert shown in page.text
    for hidden in ("Петрова", "495", "maria@", "engineer1", repair, "<script"):
        assert hidden not in page.text
    headers = page.headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "form-action 'self'" in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers


def test_the_token_is_in_the_letter_alone(office: Office) -> None:
    repair, path = offered(office)
    token = path.rpartition("/")[2]
    answer = send(office, repair)

    assert len(token) == 43
    assert token not in answer.text
    with rows_of(office) as connection:
        (stored,) = connection.execute(
            text("SELECT token_hash FROM cost_offers WHERE deal_id = :deal AND replaced"),
            {"deal": repair},
        ).one()
        told = connection.execute(text("SELECT body FROM idempotency")).all()
    assert stored == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(told)
    (letter, _) = letters(office, repair)
    assert (letter.recipient, letter.address) == (CLIENT, "maria@example.ru")
    with office.database.writing() as store:
        store.mails.sent(letter.id)
        sent = store.mails.get(letter.id)
    assert sent is not None
    assert sent.body == ""


def test_every_link_that_is_not_valid_gets_the_same_page(
    office: Office, client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = client.get(f"/offer/{'A' * 43}")
    replaced_repair, replaced = offered(office)
    send(office, replaced_repair)
    changed_repair, changed = offered(office)
    moved_repair, moved = offered(office)
    _, expired = offered(office)
    engineer = office.person("engineer1")
    engineer.patch(
        f"/deals/{changed_repair}",
        {"fields": {"partsCost": "1.00"}},
        headers=engineer.seen(f"/deals/{changed_repair}"),
    ).raise_for_status()
    with office.database.writing() as store:
        deal = store.deals.get(moved_repair, for_update=True)
        deal.moves += 1
        deal.values["partsCost"] = "951.50"
        deal.record(Change(Kind.FIELD, "partsCost", "950.50", "951.50"))
        store.deals.save(deal, Actor("engineer1", Cause.API))

    answers = [client.get(path) for path in (replaced, changed, moved)]
    answers += [say(client, path, "agreed") for path in (replaced, changed, moved)]
    late = clock.now() + VALID_FOR
    monkeypatch.setattr("api.offers.page.now", lambda: late)
    answers += [client.get(expired), say(client, expired, "agreed")]

    assert unknown.status_code == 404
    assert "Ссылка не действует" in unknown.text
    assert {(one.status_code, one.text) for one in answers} == {(404, unknown.text)}
    with office.database.reading() as store:
        assert store.deals.get(changed_repair).stage == "costApproval"


def test_many_wrong_links_pause_their_network_only(
    office: Office, client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = offered(office)

    codes = [client.get(f"/offer/{number:043}").status_code for number in range(21)]

    assert codes[:20] == [404] * 20
    assert codes[20] == 429
    assert client.get(path).status_code == 429
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr("api.offers.page.now", lambda: later)
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/offer/", "/offer/a", f"/offer/{'a' * 44}", "/offer/%00", f"/offer/{'я' * 43}"]
)
def test_what_is_no_token_asks_the_database_for_none(
    office: Office, client: httpx2.Client, path: str
) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path, data={"answer": "agreed"}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"answer=",
        b"answer=maybe",
        b"\xff\xfe",
        b"answer=agreed&" * 9,
        b'{"answer": "agreed"}',
        "answer=declined&comment=а%00б".encode(),
    ],
)
def test_a_form_that_says_nothing_answers_nothing(
    office: Office, client: httpx2.Client, body: bytes
) -> None:
    repair, path = offered(office)
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = client.post(path, content=body, headers=form)

    assert answer.status_code == 422
    with office.database.reading() as store:
        assert store.deals.get(repair).stage == "costApproval"


def test_a_form_that_is_too_large_is_refused(office: Office, client: httpx2.Client) -> None:
    _, path = offered(office)

    assert client.post(path, content=b"comment=" + b"a" * 20_000).status_code == 404
    assert say(client, path, "declined", comment="а" * 1500).status_code == 200


def test_presses_at_the_same_time_are_one_answer(office: Office) -> None:
    repair, path = offered(office)

    def press(answer: str) -> str:
        with httpx2.Client(base_url=office.url, timeout=30) as client:
            return say(client, path, answer).text

    with ThreadPoolExecutor(8) as pool:
        pages = set(pool.map(press, ["agreed", "declined"] * 4))

    assert len(pages) == 1
    with office.database.reading() as store:
        assert store.deals.get(repair).moves == 3
    assert len(told(office, repair)) == 1


def test_an_answer_that_cannot_be_recorded_does_not_use_the_link_up(
    office: Office, client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    repair, path = offered(office)
    with monkeypatch.context() as patched:
        patched.setattr("api.offers.answering.STEPS", {"cost": None})
        failed = client.post(path, data={"answer": "agreed"})

    assert failed.status_code == 500
    assert say(client, path, "agreed").status_code == 200
    with office.database.reading() as store:
        assert store.deals.get(repair).stage == "repair"


def test_a_letter_is_sent_once_per_key_and_only_while_the_cost_is_asked(office: Office) -> None:
    repair = a_repair(office)
    engineer, path = office.person("engineer1"), f"/deals/{repair}/cost-offer"
    key = {"Idempotency-Key": f"offer-{repair}"}

    first = engineer.post(path, OFFER, headers=key)
    again = engineer.post(path, OFFER, headers=key)

    assert first.json() == again.json()
    assert first.json()["isOpen"] is True
    assert len(letters(office, repair)) == 1
    at_work = send(office, a_repair(office, "diagnostics"))
    assert (at_work.status_code, at_work.json()["code"]) == (409, "COST_NOT_ASKED")


@pytest.mark.parametrize(
    ("values", "changed", "field"),
    [
        ({"repairCost": None}, {}, "repairCost"),
        ({}, {"email": "no address"}, "contactEmail"),
        ({}, {"email": ""}, "contactEmail"),
        ({}, {"readyBy": "tomorrow"}, "body.readyBy"),
    ],
)
def test_a_letter_without_a_sum_an_address_or_a_date_is_refused(
    office: Office, values: dict[str, Any], changed: dict[str, Any], field: str
) -> None:
    answer = send(office, a_repair(office, **values), **changed)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_the_task_shows_what_became_of_the_letter(office: Office) -> None:
    repair, _ = offered(office)
    engineer = office.person("engineer1")
    task = StandInTask(f"task-{repair}", "Task_CallClient", repair, "engineer1")
    office.engine.tasks = [task]

    shown = engineer.get(f"/tasks/{task.id}").json()["costOffer"]

    assert (shown["isOpen"], shown["answer"]) == (True, None)
    assert shown["expiresAt"] > NOW.isoformat()


def test_without_a_public_address_no_link_is_promised(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with a_running_office(database_url, tmp_path_factory.mktemp("files")) as office:
        repair = a_repair(office)
        answer = send(office, repair)

        assert (answer.status_code, answer.json()["code"]) == (409, "LINKS_UNAVAILABLE")
        assert letters(office, repair) == []
