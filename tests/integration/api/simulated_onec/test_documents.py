"""«Создать в 1С»: documents in the real simulator over HTTP, and nothing anywhere else."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr, ValidationError

from api.http.idempotency import REPLAYED
from api.settings import ApiSettings
from api.simulated_onec.client import NAME
from bpmn.lint.worker_contracts import ONEC_DISCREPANCY
from db.domain.deals.side_processes import SideProcess
from db.domain.fields.goods import plain
from db.domain.onec.bindings import Binding, BindingKind, BindingState
from db.ports.messaging import Aged
from tests.integration.api.conftest import Office, Person, a_running_office
from tests.integration.api.engine_stand_in import MAIN, StandInTask
from tests.support.builders import NOW, a_deal, ready_values
from workers.integrations.onec.gateways import open_gateways
from workers.integrations.onec.settings import OnecSettings
from workers.integrations.onec.simulator.demo import CLIENTS, SHIPMENTS
from workers.integrations.onec.simulator.running import Running, running
from workers.ports.onec import Found, MatchResult, NumberQuery, OnecRecord

OPERATORS = ("onecOperators",)
CONTRACT, SHIPMENT, UPD, ITEM, SETTLING = (
    "Task_EnterOnecContract",
    "Task_CreateRealization",
    "Task_PrepareUpd",
    "Task_EnterItem",
    "Task_SettleDiscrepancy",
)
GOODS = [
    {"article": "GCS46", "name": "Пила цепная", "quantity": "2", "unit": "шт.", "price": "9000.50"},
    {"article": "", "name": "Масло", "quantity": "2.5", "unit": "л", "price": None},
]
PRODUCT = {
    "productName": "Пила цепная P.I.T. GCS52",
    "manufacturer": "P.I.T.",
    "manufacturerCode": "GCS52-C3",
    "barcode": "6941556200528",
}
INN = str(ready_values()["inn"])


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def demo(simulator: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The application of a demo: told where the simulator is."""
    with an_office(tmp_path_factory.mktemp("demo"), address_of(simulator)) as office:
        yield office


@pytest.fixture
def onec(simulator: Running) -> Running:
    simulator.reset()
    return simulator


@contextmanager
def an_office(folder: Path, simulator: str | None) -> Iterator[Office]:
    database = f"sqlite:///{folder / 'deals.sqlite3'}"
    with a_running_office(database, folder, onec_simulator_url=simulator) as office:
        yield office


def address_of(simulator: Running) -> str:
    whole = urlsplit(simulator.publication)
    return f"{whole.scheme}://{whole.netloc}"


def a_task(
    office: Office, key: str, assignee: str | None = "onec1", process: str = MAIN, **deal: Any
) -> str:
    """Keep a deal whose operator has the task. Returns: the path of its document."""
    deal_id = office.keep(a_deal(**{"values": ready_values(), **deal, "id": ""}))
    task = StandInTask(f"task-{deal_id}", key, deal_id, assignee, OPERATORS, process=process)
    office.engine.tasks = [task]
    return f"/tasks/{task.id}/onec-document"


def created(operator: Person, path: str) -> str:
    answer = operator.post(path)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


def found(onec: Running, kind: BindingKind, query: NumberQuery) -> OnecRecord:
    """What the worker's own search finds under a number."""
    account = onec.account
    settings = OnecSettings(
        _env_file=None,
        url=onec.publication,
        user=account.login,
        password=SecretStr(account.password),
    )
    with closing(open_gateways(settings)) as gateways:
        result: MatchResult = gateways.of(kind).find(query)
    assert isinstance(result, Found), result
    assert result.warnings == ()
    return result.record


def test_a_contract_is_created_and_the_worker_finds_it(demo: Office, onec: Running) -> None:
    path = a_task(demo, CONTRACT)

    number = created(demo.person("onec1"), path)

    record = found(onec, BindingKind.CONTRACT, NumberQuery(inn=INN, number=number))
    assert (record.number, record.counterparty_name) == (number, "ООО «Садовый мир»")


@pytest.mark.parametrize("key", [SHIPMENT, UPD])
def test_a_shipment_has_the_client_the_contract_the_goods_and_the_sum(
    demo: Office, onec: Running, key: str
) -> None:
    client = onec.enter_contract(name="Садовый мир", inn=INN, number="ПТ-7")
    # Another КПП than the client's row has: the bound row counts, not what the card says by now.
    path = a_task(
        demo, key, values=ready_values(kpp="770001001", goods=GOODS, contractNumber="ПТ-7")
    )
    deal_id = path.split("task-")[1].partition("/")[0]
    with demo.database.writing() as store:
        store.bindings.put(a_contract(deal_id, client["counterparty"], client["contract"]))

    number = created(demo.person("onec1"), path)

    record = found(
        onec,
        BindingKind.SHIPMENT,
        NumberQuery(
            inn=INN,
            number=number,
            since=NOW.date(),
            counterparty_ref=client["counterparty"],
            contract_ref=client["contract"],
            with_goods=True,
        ),
    )
    assert record.posted is True
    assert str(record.amount) == "18001.00"
    assert record.goods is not None
    assert [(line.article, line.name, plain(line.quantity)) for line in record.goods] == [
        ("GCS46", "Пила цепная", "2"),
        ("", "Масло", "2.5"),
    ]
    clients = onec.control("GET", f"rows/{CLIENTS}")
    assert sum(row["ИНН"] == INN for row in clients) == 1


def test_the_sum_of_the_order_is_that_of_the_shipment(demo: Office, onec: Running) -> None:
    path = a_task(demo, SHIPMENT, values=ready_values(orderAmount="350000.00"))

    number = created(demo.person("onec1"), path)

    rows = onec.control("GET", f"rows/{SHIPMENTS}")
    assert [row["СуммаДокумента"] for row in rows if row["Number"] == number] == [350000]


def test_the_item_of_a_new_product_is_created(demo: Office, onec: Running) -> None:
    path = a_task(
        demo, ITEM, direction="newProduct", stage="onecItem", values=PRODUCT, manager="category1"
    )

    code = created(demo.person("onec1"), path)

    query = NumberQuery(inn="", number=code, article="GCS52-C3", manufacturer="P.I.T.")
    assert found(onec, BindingKind.ITEM, query).name == PRODUCT["productName"]


def test_a_discrepancy_gets_the_kind_of_its_number(demo: Office, onec: Running) -> None:
    path = a_task(demo, SETTLING, process=ONEC_DISCREPANCY)
    (task,) = demo.engine.tasks
    contract = a_contract(task.deal, counterparty="", contract=None)
    side = SideProcess(f"{ONEC_DISCREPANCY}:{contract.id}", task.deal, ONEC_DISCREPANCY, {}, NOW)
    with demo.database.writing() as store:
        store.bindings.put(contract)
        store.side_processes.open(side)
        store.side_processes.register(side.key, task.instance)

    number = created(demo.person("onec1"), path)

    assert found(onec, BindingKind.CONTRACT, NumberQuery(inn=INN, number=number)).number == number


def test_a_repeated_press_creates_one_document(demo: Office, onec: Running) -> None:
    path, key = a_task(demo, SHIPMENT), {"Idempotency-Key": "one-press-of-the-operator"}
    before = len(onec.control("GET", f"rows/{SHIPMENTS}"))

    answers = [demo.person("onec1").post(path, headers=key).json() for _ in range(2)]

    assert answers[0] == answers[1]
    assert len(onec.control("GET", f"rows/{SHIPMENTS}")) == before + 1


def test_a_press_whose_answer_was_lost_creates_one_document(demo: Office, onec: Running) -> None:
    path, key = a_task(demo, SHIPMENT), {"Idempotency-Key": "one-press-without-an-answer"}
    before = len(onec.control("GET", f"rows/{SHIPMENTS}"))

    first = demo.person("onec1").post(path, headers=key).json()
    with demo.database.writing() as store:
        store.retention.delete(Aged.RESPONSES, datetime.now(UTC) + timedelta(days=1), 1000)
    again = demo.person("onec1").post(path, headers=key)

    assert REPLAYED not in again.headers
    assert again.json() == first
    assert len(onec.control("GET", f"rows/{SHIPMENTS}")) == before + 1


def test_only_who_has_taken_the_task_creates(demo: Office, onec: Running) -> None:
    path = a_task(demo, CONTRACT, assignee=None)
    free = demo.person("onec1").post(path)
    path = a_task(demo, CONTRACT, assignee="onec2")
    watched = demo.person("onec1").post(path)
    strange = demo.person("store1").post(path)
    manager = demo.person("manager1").post(path)

    assert (free.status_code, watched.status_code) == (409, 409)
    assert free.json()["detail"] == "Сначала возьмите задачу в работу, затем создавайте документ."
    assert (strange.status_code, manager.status_code) == (404, 403)
    assert not any(row["ИНН"] == INN for row in onec.control("GET", f"rows/{CLIENTS}"))


@pytest.mark.parametrize(
    ("key", "values", "status", "said"),
    [
        ("Task_PickOrder", ready_values(), 409, "создавать нечего"),
        (SETTLING, ready_values(), 409, "создавать нечего"),
        (CONTRACT, ready_values(inn=None), 422, "нет ИНН"),
        (ITEM, {**PRODUCT, "manufacturerCode": None}, 422, "нет названия или артикула"),
    ],
)
def test_what_cannot_be_created_is_said(
    demo: Office, onec: Running, key: str, values: dict[str, Any], status: int, said: str
) -> None:
    answer = demo.person("onec1").post(a_task(demo, key, values=values))

    assert answer.status_code == status
    assert said in answer.json()["detail"]


class Program(BaseHTTPRequestHandler):
    """Another program at the simulator's address: it answers 200 or 201 to everything."""

    name: ClassVar[str] = "1C"
    written: ClassVar[list[str]] = []
    meanwhile: ClassVar[Callable[[], object]]

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"state": "ready", "name": self.name}).encode())

    def do_POST(self) -> None:
        self.written.append(self.path)
        type(self).meanwhile()
        self.send_response(201)
        self.end_headers()
        self.wfile.write(b'{"number": "1"}')

    def log_message(self, format: str, *args: Any) -> None: ...


@contextmanager
def serving(program: type[Program]) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), program)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_nothing_is_written_into_another_program_in_its_place(tmp_path: Path) -> None:
    with serving(Program) as address, an_office(tmp_path, address) as office:
        answer = office.person("onec1").post(a_task(office, CONTRACT))

    assert answer.status_code == 503
    assert "Имитатор 1С не отвечает" in answer.json()["detail"]
    assert Program.written == []


def test_others_work_while_the_simulator_creates(tmp_path: Path) -> None:
    class Creating(Program):
        name = NAME
        written: ClassVar[list[str]] = []

    with serving(Creating) as address, an_office(tmp_path, address) as office:
        deal_id, noted = office.a_deal(), []

        def note() -> None:
            answer = office.person("manager1").post(f"/deals/{deal_id}/notes", {"text": "Звонил."})
            noted.append(answer.status_code)

        Creating.meanwhile = note
        key = {"Idempotency-Key": "while-others-work"}
        answer = office.person("onec1").post(a_task(office, CONTRACT), headers=key)

    assert (answer.status_code, noted) == (201, [201])
    assert Creating.written == ["/_simulator/contracts"]


def test_a_silent_simulator_is_said(tmp_path: Path) -> None:
    with an_office(tmp_path, "http://127.0.0.1:1") as office:
        answer = office.person("onec1").post(a_task(office, CONTRACT))

    assert (answer.status_code, answer.json()["code"]) == (503, "ONEC_SIMULATOR_SILENT")


def test_without_the_simulator_there_is_nothing(tmp_path: Path) -> None:
    with an_office(tmp_path, None) as office:
        operator = office.person("onec1")
        path = a_task(office, CONTRACT)

        answer = operator.post(path)
        document = operator.get("/openapi.json").json()
        task = operator.get(path.removesuffix("/onec-document")).json()

    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert not any(place.endswith("/onec-document") for place in document["paths"])
    assert task["onecIsSimulated"] is False


def test_the_form_is_told_of_the_simulator(demo: Office) -> None:
    path = a_task(demo, CONTRACT)

    task = demo.person("onec1").get(path.removesuffix("/onec-document")).json()

    assert task["onecIsSimulated"] is True


@pytest.mark.parametrize("real", [{"onec_url": "https://1c.example.ru/trade"}, {"demo": False}])
def test_the_api_of_a_company_does_not_start_with_a_simulator(real: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="бывает только в показе"):
        ApiSettings(_env_file=None, onec_simulator_url="http://127.0.0.1:1", **real)


def a_contract(deal_id: str, counterparty: str, contract: str | None) -> Binding:
    return Binding(
        id=f"binding-{deal_id}",
        deal_id=deal_id,
        kind=BindingKind.CONTRACT,
        run=0,
        infobase="main",
        ref_key=contract,
        number="ПТ-7",
        number_entered="ПТ-7",
        code="",
        date=None,
        counterparty_ref=counterparty,
        organisation="",
        data_version="",
        state=BindingState.VERIFIED,
        verified_at=NOW,
        verified_by="onec1",
    )
