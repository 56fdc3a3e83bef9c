"""Links that clients get by e-mail: guessed, half answered, forwarded to many who contradict."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from db.domain.deals.entities import CLIENT
from db.domain.deals.history import Kind
from tests.attacks.hostile import crowd
from tests.integration.api.conftest import Office, a_running_office
from tests.support.builders import a_deal

SITE = "https://deals.example"
COST = {
    "equipmentModel": "P.I.T. GCS46",
    "diagnosticsResult": "Мембрана порвана",
    "repairCost": "1800.00",
    "partsCost": "950.00",
    "contactName": "Мария Петрова",
}
OFFER = {"readyBy": "2099-12-04", "email": "maria@example.ru"}
GUESSES = 60
FREE = 20
"""Wrong links of one network before it has to pause."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An application that knows its public address."""
    url = f"sqlite:///{tmp_path / 'deals.sqlite3'}"
    with a_running_office(url, tmp_path / "files", public_url=SITE) as office:
        yield office


def offered(office: Office) -> tuple[str, str]:
    """A repair whose cost was sent. Returns: its id, and the path of the link."""
    deal = a_deal(direction="paidService", manager="engineer1", stage="costApproval", values=COST)
    repair = office.keep(deal)
    sent = office.person("engineer1").post(f"/deals/{repair}/cost-offer", OFFER)
    assert sent.status_code == 201
    with office.database.reading() as store:
        bodies = [mail.body for mail in store.mails.unsent() if mail.deal_id == repair]
    (path,) = re.findall(rf"{SITE}(/offer/[\w-]+)", bodies[-1])
    return repair, str(path)


def at(office: Office, address: str) -> httpx2.Client:
    """A client of another network."""
    transport = httpx2.HTTPTransport(local_address=address)
    return httpx2.Client(base_url=office.url, transport=transport, timeout=60, trust_env=False)


def answers(office: Office, repair: str) -> list[object]:
    """Stages to which the client moved the repair."""
    with office.database.reading() as store:
        rows = store.history.of(repair)
    return [row.new for row in rows if row.actor == CLIENT and row.kind is Kind.STAGE]


def test_a_guesser_reaches_nothing_and_keeps_no_client_out(office: Office) -> None:
    repair, path = offered(office)
    near = [path[:-1] + last for last in "AEIMQUYcgkosw048" if not path.endswith(last)]
    wrong = [*near, *(f"/offer/{number:043}" for number in range(GUESSES - len(near)))]

    with at(office, "127.0.9.1") as guesser, at(office, "127.0.8.1") as client:
        codes = [
            guesser.post(one, data={"answer": "agreed"}).status_code
            if number % 2
            else guesser.get(one).status_code
            for number, one in enumerate(wrong)
        ]
        shown = client.get(path)
        agreed = client.post(path, data={"answer": "agreed"})

    assert set(codes) == {404, 429}
    assert codes.count(404) <= FREE
    assert (shown.status_code, agreed.status_code) == (200, 200)
    assert answers(office, repair) == ["repair"]


def test_half_sent_answers_use_no_link_up(office: Office) -> None:
    repair, path = offered(office)
    half = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 300\r\n\r\nanswer=agre"
    )

    with crowd(office.url, "127.0.9.1") as attackers, at(office, "127.0.8.1") as client:
        attackers.open(40, half.encode())
        shown = client.get(path)
        before = answers(office, repair)
        declined = client.post(path, data={"answer": "declined", "comment": "Дорого"})

    assert (shown.status_code, before, declined.status_code) == (200, [], 200)
    assert answers(office, repair) == ["readyForPickup"]


def test_those_to_whom_a_link_was_forwarded_give_one_answer(office: Office) -> None:
    repair, path = offered(office)

    def press(number: int) -> str:
        said = "agreed" if number % 2 else "declined"
        with at(office, f"127.0.7.{number + 1}") as client:
            answer = client.post(path, data={"answer": said})
        assert answer.status_code == 200
        return answer.text

    with ThreadPoolExecutor(8) as pool:
        told = set(pool.map(press, range(16)))

    assert len(told) == 1
    (stage,) = answers(office, repair)
    assert stage in ("repair", "readyForPickup")
    assert ("вы согласились" in told.pop()) == (stage == "repair")
    assert len(office.outbox(repair)) == 1
