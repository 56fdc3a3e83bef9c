"""«Взять из заказа 1С»: asked over the API, answered by the worker from a simulated 1C."""

import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from db.domain.onec.orders import PATIENCE, OrderRequest
from tests.integration.api.conftest import Office, Person
from tests.support.builders import COMPANY_INN, a_deal
from tests.support.fakes.onec import manual_gateways
from tests.support.fakes.ports import NothingFailed
from workers.background.order_reader import OrderReader
from workers.integrations.onec.gateways import open_gateways
from workers.integrations.onec.profile import UT11
from workers.integrations.onec.settings import OnecSettings
from workers.integrations.onec.simulator.demo import CHAINSAWS_INN
from workers.integrations.onec.simulator.running import Running, running
from workers.ports.onec import OnecGateways
from workers.ports.services import ExternalServices

NUMBER = "ЗКУТ-000700"
SAW = {"article": "GCS46", "name": "Пила", "quantity": 4, "price": 18900.5}
OIL = {"article": "", "name": "Масло", "quantity": 2.5, "price": 390, "unit": "л"}
STORED = [
    {"article": "GCS46", "name": "Пила", "quantity": "4", "unit": "шт.", "price": "18900.50"},
    {"article": "", "name": "Масло", "quantity": "2.5", "unit": "л", "price": "390.00"},
]
TYPED = [{"article": "GCS46", "name": "Пила", "quantity": "1", "unit": "шт.", "price": None}]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running() as simulator:
        yield simulator


@pytest.fixture
def onec(simulator: Running) -> Running:
    """The simulator with one order of the deal's client."""
    simulator.reset()
    simulator.enter_order(
        inn=COMPANY_INN, number=NUMBER, date=today(), contract_number="Д-1", goods=[SAW, OIL]
    )
    return simulator


@pytest.fixture
def reader(office: Office, onec: Running) -> Iterator[OrderReader]:
    settings = OnecSettings(
        url=onec.publication, user=onec.account.login, password=SecretStr(onec.account.password)
    )
    with closing(open_gateways(settings)) as gateways:
        reader = a_reader(office, gateways)
        while reader.round():
            pass  # what other tests have asked
        yield reader


def a_reader(office: Office, gateways: OnecGateways) -> OrderReader:
    nobody: Any = None  # whom no request for an order needs
    external = ExternalServices(office.database.reading, nobody, gateways, "main", NothingFailed())
    return OrderReader(office.database.writing, external)


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def a_kept_deal(office: Office, **values: Any) -> str:
    known = {"inn": COMPANY_INN, "goods": TYPED, **values}
    return office.keep(a_deal(id="", created_at=datetime.now(UTC), values=known))


def ask(person: Person, deal_id: str, number: str = NUMBER, **more: Any) -> str:
    """Ask for an order. Returns: the path of the request."""
    asked = person.post(f"/deals/{deal_id}/order-requests", {"number": number, **more})
    assert asked.status_code == 202, asked.text
    assert asked.json()["state"] == "waiting"
    return f"/deals/{deal_id}/order-requests/{asked.json()['id']}"


def answered(reader: OrderReader, person: Person, deal_id: str, number: str = NUMBER) -> Any:
    path = ask(person, deal_id, number)
    assert reader.round()
    return person.get(path).json()


def take(person: Person, path: str, version: object, **headers: str) -> httpx2.Response:
    return person.post(f"{path}/apply", headers={"If-Match": f'"{version}"', **headers})


def goods_of(office: Office, deal_id: str) -> Any:
    with office.reading() as store:
        return store.deals.get(deal_id).values.get("goods")


def test_the_goods_of_an_order_are_found_shown_and_taken_once(
    office: Office, reader: OrderReader
) -> None:
    deal_id, manager = a_kept_deal(office), office.person("manager1")
    path = ask(manager, deal_id, "700")
    assert ask(manager, deal_id, "700") == path
    assert manager.get(path).json()["state"] == "waiting"
    assert take(manager, path, 1).json()["code"] == "ORDER_NOT_READ"

    assert reader.round()
    assert not reader.round()
    found = manager.get(path).json()

    assert (found["state"], found["number"], found["day"]) == ("found", NUMBER, today())
    assert found["goods"] == STORED
    assert found["changes"] == [
        "добавлено: Масло, 2,5 л",
        "GCS46 Пила: 1 шт. → 4 шт.",
        "GCS46 Пила: без цены → 18900,50\u00a0₽",
    ]
    assert goods_of(office, deal_id) == TYPED

    key = {"Idempotency-Key": uuid.uuid4().hex}
    taken = take(manager, path, found["dealVersion"], **key)
    again = take(manager, path, found["dealVersion"], **key)
    anew = take(manager, path, found["dealVersion"])

    assert [one.status_code for one in (taken, again, anew)] == [200, 200, 200], taken.text
    assert taken.headers["ETag"] == f'"{found["dealVersion"] + 1}"'
    assert goods_of(office, deal_id) == STORED
    rows = office.history(deal_id)[-2:]
    assert rows[0] == ("field", "goods", TYPED, STORED)
    day = f"{datetime.now(UTC):%d.%m.%Y}"
    assert rows[1][:2] == ("note", "note")
    assert rows[1][3]["text"] == f"Товары взяты из заказа 1С № {NUMBER} от {day}."
    assert manager.get(path).json()["changes"] == []


def test_a_deal_that_changed_meanwhile_is_not_overwritten(
    office: Office, reader: OrderReader
) -> None:
    deal_id, manager = a_kept_deal(office), office.person("manager1")
    path = ask(manager, deal_id)
    assert reader.round()
    seen = manager.get(path).json()["dealVersion"]
    other = [{**TYPED[0], "quantity": "9"}]
    changed = manager.patch(
        f"/deals/{deal_id}", {"fields": {"goods": other}}, headers={"If-Match": f'"{seen}"'}
    )
    assert changed.status_code == 200

    conflict = take(manager, path, seen)

    assert conflict.status_code == 412
    assert "Товары заказа" in conflict.json()["detail"]
    assert goods_of(office, deal_id) == other
    assert manager.post(f"{path}/apply").status_code == 428
    now = manager.get(path).json()
    assert "GCS46 Пила: 9 шт. → 4 шт." in now["changes"]
    assert take(manager, path, now["dealVersion"]).status_code == 200


def test_an_order_that_does_not_fit_is_refused_with_what_to_do(
    office: Office, onec: Running, reader: OrderReader
) -> None:
    manager = office.person("manager1")
    deal_id = a_kept_deal(office)

    unknown = answered(reader, manager, deal_id, "ЗКУТ-000999")
    assert (unknown["state"], unknown["code"]) == ("refused", "NOT_FOUND")
    assert "Проверьте номер" in unknown["sentence"]
    assert [one["number"] for one in unknown["candidates"]] == [NUMBER]
    path = ask(manager, deal_id, NUMBER, ref=unknown["candidates"][0]["ref"])
    assert reader.round()
    assert manager.get(path).json()["state"] == "found"

    strange = answered(reader, manager, a_kept_deal(office, inn=CHAINSAWS_INN))
    assert (strange["state"], strange["code"]) == ("refused", "MISMATCH")
    assert f"ИНН: ожидали «{CHAINSAWS_INN}», в 1С «{COMPANY_INN}»" in strange["sentence"]
    assert strange["goods"] == []

    nameless = answered(reader, manager, office.keep(a_deal(id="", values={})))
    assert (nameless["code"], "Заполните ИНН" in nameless["sentence"]) == ("NO_INN", True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"name": "Диск", "unit": ""}, "не указана единица измерения: «Диск»"),
        ({"name": "Диск", "unit": "коробка по 10"}, "единица: не длиннее 10 символов"),
        ({"name": "Диск", "quantity": 0}, "укажите количество больше нуля"),
        (None, "В нём нет товаров"),
    ],
)
def test_goods_that_a_deal_cannot_have_are_named(
    office: Office, onec: Running, reader: OrderReader, line: dict[str, Any] | None, said: str
) -> None:
    goods = [] if line is None else [SAW, line]
    entered = onec.enter_order(inn=COMPANY_INN, date=today(), goods=goods)

    answer = answered(reader, office.person("manager1"), a_kept_deal(office), entered["number"])

    assert (answer["state"], answer["code"]) == ("refused", "ORDER_GOODS_UNFIT")
    assert said in answer["sentence"]
    assert "1С" in answer["sentence"]


def test_whatever_1c_does_the_person_gets_a_sentence(
    office: Office, onec: Running, reader: OrderReader
) -> None:
    deal_id, manager = a_kept_deal(office), office.person("manager1")

    onec.set_faults(instead="badGateway")
    silent = answered(reader, manager, deal_id)
    onec.set_faults(hidden_sets=[UT11.orders.entity_set])
    hidden = answered(reader, manager, deal_id)
    manual = answered(a_reader(office, manual_gateways()), manager, deal_id)

    assert (silent["code"], "«Найти» ещё раз" in silent["sentence"]) == ("ONEC_SILENT", True)
    assert (hidden["code"], "администратору" in hidden["sentence"]) == ("ONEC_REFUSED", True)
    assert manual["sentence"] == "1С к порталу не подключена. Введите товары вручную."


def test_a_request_that_nobody_answered_in_time_is_over(
    office: Office, reader: OrderReader
) -> None:
    deal_id, manager = a_kept_deal(office), office.person("manager1")
    asked = ask(manager, deal_id)
    late = datetime.now(UTC) - PATIENCE - timedelta(seconds=1)
    with office.database.writing() as store:
        request = store.order_requests.find(asked.rpartition("/")[2])
        assert isinstance(request, OrderRequest)
        # Of one person and deal the last one counts: this replaces the waiting one.
        store.order_requests.add(replace(request, id=str(uuid.uuid4()), asked_at=late))
        old = store.order_requests.waiting(deal_id, "manager1")
    assert old is not None
    path = f"/deals/{deal_id}/order-requests/{old.id}"
    assert manager.get(asked).status_code == 404

    unanswered = manager.get(path).json()
    fresh = ask(manager, deal_id)

    assert (unanswered["state"], unanswered["code"]) == ("refused", "ONEC_SILENT")
    assert reader.round()
    assert manager.get(fresh).json()["state"] == "found"
    with office.database.writing() as store:
        store.order_requests.add(replace(old, id=(stale := str(uuid.uuid4()))))
    assert reader.round()
    with office.reading() as store:
        kept = store.order_requests.find(stale)
    assert kept is not None
    assert kept.answer == kept.answer_at(datetime.now(UTC))
    assert not reader.round()


def test_only_who_may_change_the_goods_asks_for_an_order(
    office: Office, reader: OrderReader
) -> None:
    deal_id, manager = a_kept_deal(office), office.person("manager1")
    place, body = f"/deals/{deal_id}/order-requests", {"number": NUMBER}

    assert office.person("salesHead").post(place, body).status_code == 403
    assert office.person("manager2").post(place, body).status_code == 404
    path = ask(manager, deal_id)
    assert office.person("salesHead").get(path).status_code == 200
    assert take(office.person("salesHead"), path, 1).status_code == 403
    assert manager.get(f"{place}/{uuid.uuid4()}").status_code == 404
    other = a_kept_deal(office)
    assert (
        manager.get(f"/deals/{other}/order-requests/{path.rpartition('/')[2]}").status_code == 404
    )
    blank = manager.post(place, {"number": "№"})
    assert (blank.status_code, blank.json()["errors"][0]["field"]) == (422, "number")

    assert reader.round()
    locked = office.keep(a_deal(id="", stage="realization", values={"inn": COMPANY_INN}))
    refused = manager.post(f"/deals/{locked}/order-requests", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "FIELDS_LOCKED")
    assert manager.post(f"/deals/{deal_id}/lost", {"reason": "price"}).status_code == 200
    closed = [
        manager.post(place, body),
        take(manager, path, manager.get(path).json()["dealVersion"]),
    ]
    assert [(one.status_code, one.json()["code"]) for one in closed] == [(409, "DEAL_CLOSED")] * 2
    assert goods_of(office, deal_id) == TYPED
