"""The life of one new client, played through the public interfaces only.

The deal API, Tasklist's own session behind the front door, and 1C: used by `make demo` and by the
engine tests alike.
"""

import argparse
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.support.documents import a_pdf

TIMEOUT = (3, 30)  # seconds: connect, read
PATIENCE = 90.0  # seconds the next task may take to appear
COMPANIES = (("7712345671", "1237700123451"), ("7715987620", "1237700987622"))
"""ИНН and ОГРН with right control digits; made up for the play."""

SIMULATOR = "1C simulator"
"""How the simulated 1C calls itself."""

Tell = Callable[[str], None]


class NoSimulator(Exception):
    """The 1C at hand is a real one, or does not answer."""


def refuse_real_onec(address: str) -> None:
    """Ask the 1C who it is, without any login, before anything made-up is written into it.

    Raises: NoSimulator.
    """
    try:
        answer = requests.get(
            f"{address}/_simulator/health", timeout=TIMEOUT, allow_redirects=False
        )
        known = answer.ok and answer.json().get("name") == SIMULATOR
    except (requests.RequestException, ValueError, AttributeError):
        known = False
    if not known:
        raise NoSimulator(
            "Показ заводит в 1С выдуманных клиентов, поэтому играет только с имитатором 1С, а "
            "здесь подключена другая. Запустите make up без ONEC_URL."
        )


class Stuck(AssertionError):
    """The next step did not come."""


@dataclass
class Employee:
    """A person at the browser: logs in to Tasklist once and uses its session for everything."""

    login: str
    password: str
    url: str
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        tasklist = f"{self.url}/camunda/app/tasklist/default/"
        self.session.get(tasklist, timeout=TIMEOUT).raise_for_status()
        answer = self.session.post(
            f"{self.url}/camunda/api/admin/auth/user/default/login/tasklist",
            data={"username": self.login, "password": self.password},
            headers=self._csrf(),
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        self.session.get(tasklist, timeout=TIMEOUT).raise_for_status()

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call the deal API as the forms do: same session, same origin, marked as ours."""
        headers = {
            "X-Requested-With": "XMLHttpRequest",
            "Origin": self.url,
            "Idempotency-Key": str(uuid.uuid4()),
            **options.pop("headers", {}),
        }
        url = f"{self.url}/api/v1{path}"
        return self.session.request(method, url, headers=headers, timeout=TIMEOUT, **options)

    def engine(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call the webapp's own REST, as Tasklist does."""
        url = f"{self.url}/camunda/api/engine/engine/default{path}"
        headers = {**self._csrf(), "Accept": "application/json"}
        return self.session.request(method, url, headers=headers, timeout=TIMEOUT, **options)

    def task(self, deal_id: str, key: str, *, patience: float = PATIENCE) -> dict[str, Any]:
        """Wait for an open task of the deal by its id in the diagram."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            answer = self.api("GET", f"/deals/{deal_id}/tasks")
            if answer.status_code == 200:
                for task in answer.json()["items"]:
                    if task["key"] == key:
                        return dict(task)
            elif answer.status_code not in (404, 503):
                answer.raise_for_status()
            time.sleep(0.15)
        raise Stuck(f"{self.login}: нет задачи {key} по сделке {deal_id}")

    def claim(self, task: Mapping[str, Any]) -> None:
        if task.get("assignee") != self.login:
            body = {"userId": self.login}
            self.engine("POST", f"/task/{task['id']}/claim", json=body).raise_for_status()

    def submit(self, task: Mapping[str, Any], **variables: Any) -> requests.Response:
        """Complete a task as the form's button does."""
        typed = {name: {"value": v, "type": _type(v)} for name, v in variables.items()}
        return self.engine("POST", f"/task/{task['id']}/submit-form", json={"variables": typed})

    def do(self, deal_id: str, key: str, **variables: Any) -> dict[str, Any]:
        """Find the task, take it, complete it."""
        task = self.task(deal_id, key)
        self.claim(task)
        self.submit(task, **variables).raise_for_status()
        return task

    def _csrf(self) -> dict[str, str]:
        tokens = [c.value for c in self.session.cookies if c.name == "XSRF-TOKEN"]
        return {"X-XSRF-TOKEN": tokens[-1] or ""} if tokens else {}


def _type(value: object) -> str:
    return {bool: "Boolean", int: "Integer"}.get(type(value), "String")


CAST = {
    "manager": "manager1",
    "head": "head1",
    "accountant": "accountant1",
    "lawyer": "lawyer1",
    "operator": "onecMoscow",
    "storekeeper": "storeMoscow",
    "receiver": "storeKazan",
    "driver": "driver1",
    "dispatcher": "dispatcher1",
    "administrator": "portal1",
}
"""Who plays whom: logins of the demo people."""

TERMS = {
    "signerIsDirector": True,
    "limit": "1500000.00",
    "markupGroup": "wholesale",
    "paymentTerms": "deferral30",
    "shippingDirection": "moscowTransport",
    "deliveryMethod": "carrierTerminal",
    "transportPayer": "client",
    "shippingRegion": "moscow",
    "businessFormat": "wholesale",
    "reliabilityVerdict": "reliable",
    "reliabilitySource": "ЕГРЮЛ, kad.arbitr.ru",
}
DOCUMENTS = (
    "companyCard",
    "charterFirstPage",
    "charterDirectorPowers",
    "charterLastPage",
    "signatureCard",
    "directorAppointment",
)


@dataclass
class Story:
    """One deal and the people around it. Every method is one thing a person does."""

    url: str
    password: str
    onec: str
    tell: Tell = print
    company: tuple[str, str] = COMPANIES[0]
    people: dict[str, Employee] = field(default_factory=dict)
    deal_id: str = ""
    name: str = "ООО «Садовый мир»"
    terms: Mapping[str, Any] = field(default_factory=dict)
    """What is agreed otherwise than in `TERMS`."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Who plays a part otherwise than in `CAST`."""

    def __call__(self, part: str) -> Employee:
        """The employee who plays the part, logged in."""
        login = {**CAST, **self.parts}.get(part, part)
        if login not in self.people:
            self.people[login] = Employee(login, self.password, self.url)
        return self.people[login]

    def request_arrives(self) -> None:
        body = {
            "direction": "newClients",
            "fields": {
                "subject": "Бензопилы и шуруповёрты для трёх магазинов",
                "counterparty": self.name,
                "contactName": "Мария Петрова",
                "contactPhone": "+7 495 123-45-67",
            },
        }
        answer = self("manager").api("POST", "/deals", json=body)
        answer.raise_for_status()
        self.deal_id = answer.json()["id"]
        self.tell(f"Менеджер завёл сделку {self.deal_id}: {self.name}")
        self("manager").task(self.deal_id, "Task_CollectDocuments")
        self.tell("У менеджера появилась задача «Собрать документы»")

    def until_approval(self) -> None:
        """The way to the head's task, without a word."""
        self.request_arrives()
        self.documents_collected()
        self.approval_requested()
        self("head").task(self.deal_id, "Task_ReviewTerms")

    def until_operator(self) -> None:
        """The way to the operator's task."""
        self.until_approval()
        self.decides("head", "Task_ReviewTerms", "approved")
        self.decides("accountant", "Task_DecideContract", "approved")
        self.decides("lawyer", "Task_CheckClient", "approved")
        self("operator").task(self.deal_id, "Task_EnterOnecContract")

    def card(self) -> dict[str, Any]:
        answer = self("manager").api("GET", f"/deals/{self.deal_id}")
        answer.raise_for_status()
        return dict(answer.json())

    def fill(self, **fields: object) -> requests.Response:
        """Save part of the card, as far as known."""
        version = {"If-Match": f'"{self.card()["version"]}"'}
        body = {"fields": fields}
        path = f"/deals/{self.deal_id}"
        return self("manager").api("PATCH", path, json=body, headers=version)

    def upload(self, part: str, code: str, name: str = "скан.pdf") -> requests.Response:
        path = f"/deals/{self.deal_id}/files/{code}"
        headers = {"Content-Type": "application/pdf"}
        scan = a_pdf(f"{self.deal_id} {code}")  # no two papers are the same
        return self(part).api("POST", path, params={"name": name}, data=scan, headers=headers)

    def documents_collected(self) -> None:
        inn, ogrn = self.company
        self.fill(inn=inn, ogrn=ogrn, **{**TERMS, **self.terms}).raise_for_status()
        for code in DOCUMENTS:
            self.upload("manager", code).raise_for_status()
        self.tell(f"Менеджер заполнил карточку и приложил документы: {len(DOCUMENTS)}")

    def stage_wanted(self, key: str, stage: str, **more: Any) -> None:
        """The manager presses the stage's button in the form of the task."""
        self("manager").task(self.deal_id, key)
        version = self.card()["version"]
        self("manager").do(self.deal_id, key, wantedStage=stage, seenVersion=version, **more)

    def approval_requested(self, key: str = "Task_CollectDocuments") -> None:
        for stage in ("collectingDocuments", "termsApproval"):
            if self.card()["stage"]["code"] != stage:
                self.stage_wanted(key, stage)
                self.stage_is(stage)
        self.tell("Сделка на стадии «Условия согласования», согласование началось")

    def stage_is(self, stage: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.card()["stage"]["code"] != stage:
            if time.monotonic() > deadline:
                raise Stuck(f"сделка {self.deal_id} не дошла до стадии {stage}")
            time.sleep(0.15)

    def decides(
        self, part: str, key: str, decision: str, comment: str = "", edits: str = ""
    ) -> None:
        self(part).do(self.deal_id, key, decision=decision, comment=comment, edits=edits)
        words = {"approved": "согласовано", "rejected": f"отклонено: {comment}"}
        self.tell(f"{_PARTS[part]}: {words[decision]}")

    def contract_in_onec(self, number: str) -> None:
        """The operator registers the counterparty and the contract in 1C itself."""
        inn, _ = self.company
        body = {"inn": inn, "name": self.name, "number": number}
        requests.post(
            f"{self.onec}/_simulator/contracts", json=body, timeout=TIMEOUT
        ).raise_for_status()
        self.tell(f"Оператор завёл в 1С контрагента и договор № {number}")

    def number_entered(self, number: str) -> None:
        self("operator").do(
            self.deal_id,
            "Task_EnterOnecContract",
            answer="entered",
            number=number,
            picked=None,
            comment="",
        )
        self("lawyer").task(self.deal_id, "Task_DraftContract")
        self.tell(f"Номер {number} подтверждён в 1С и записан в сделку")

    def contract_drafted(self) -> None:
        task = self("lawyer").task(self.deal_id, "Task_DraftContract")
        self("lawyer").claim(task)
        uploaded = self.upload("lawyer", "contractFile", "Договор поставки.pdf")
        uploaded.raise_for_status()
        self("lawyer").submit(task, fileId=uploaded.json()["id"]).raise_for_status()
        self.tell("Юрист приложил договор")

    def until_agreed(self) -> None:
        """The way to the manager's task «Вести клиента»."""
        self.until_operator()
        number = a_number("П")
        self.contract_in_onec(number)
        self.number_entered(number)
        self.contract_drafted()
        self("manager").task(self.deal_id, "Task_LeadClient")

    def order_placed(self) -> None:
        """The manager moves the deal to «Реализация»."""
        self.stage_wanted("Task_LeadClient", "realization")
        self.stage_is("realization")
        self.tell("Сделка на стадии «Реализация»")

    def realization_in_onec(self, number: str | None = None, **more: Any) -> str:
        """The operator makes the реализация in 1C itself. Returns: its number."""
        inn, _ = self.company
        contract = self.value_of("contractNumber")
        body = {"inn": inn, "name": self.name, "number": number, "contract_number": contract}
        made = requests.post(
            f"{self.onec}/_simulator/shipments", json={**body, **more}, timeout=TIMEOUT
        )
        made.raise_for_status()
        found = str(made.json()["number"])
        self.tell(f"Оператор создал в 1С реализацию № {found}")
        return found

    def realization_entered(self, number: str, *, picked: str | None = None) -> None:
        entered = {"answer": "entered", "number": number, "picked": picked, "comment": None}
        self("operator").do(self.deal_id, "Task_CreateRealization", **entered)

    def until_prepared(self) -> None:
        """The way to the two tasks at «Сборка/документы»."""
        self.until_agreed()
        self.order_placed()
        self.realization_entered(self.realization_in_onec())
        self("operator").task(self.deal_id, "Task_PrepareUpd")
        self("storekeeper").task(self.deal_id, "Task_PickOrder")

    def order_prepared(self) -> None:
        """The operator makes the УПД, the storekeeper picks the goods."""
        self("operator").do(self.deal_id, "Task_PrepareUpd")
        self.stage_is("delivery")
        self.tell("Оператор: УПД готов, сделка на стадии «Доставка»")
        self("storekeeper").do(self.deal_id, "Task_PickOrder", comment="")
        self.tell("Кладовщик собрал заказ")

    def says(self, part: str, key: str, answer: str, **more: Any) -> None:
        """An answer about one leg of the delivery."""
        said = {"answer": answer, "fileId": None, "reason": None, **more}
        self(part).do(self.deal_id, key, **said)

    def delivers(self, part: str, key: str, field: str, **more: Any) -> None:
        """The same with the paper that proves it."""
        task = self(part).task(self.deal_id, key)
        self(part).claim(task)
        uploaded = self.upload(part, field, "Накладная.pdf")
        uploaded.raise_for_status()
        said = {"answer": "delivered", "fileId": uploaded.json()["id"], "reason": None, **more}
        self(part).submit(task, **said).raise_for_status()

    def value_of(self, code: str) -> Any:
        """A value of the card as it is stored."""
        fields = (field for group in self.card()["groups"] for field in group["fields"])
        return next((field["value"] for field in fields if field["code"] == code), None)


def a_number(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().int % 10**6:06d}"


_PARTS = {
    "head": "Руководитель отдела продаж",
    "accountant": "Заместитель главного бухгалтера",
    "lawyer": "Юрист",
}


def play(story: Story) -> str:
    """The seed's story with one rejection on the way. Returns: the deal's id."""
    story.request_arrives()
    story.documents_collected()
    story.approval_requested()
    story.decides("head", "Task_ReviewTerms", "rejected", "Слишком большой лимит для первого года")
    story("manager").task(story.deal_id, "Task_RenegotiateTerms")
    story.tell("Сделка вернулась на прежнюю стадию, у менеджера задача «Пересогласовать условия»")
    story.fill(limit="900000.00").raise_for_status()
    story.approval_requested("Task_RenegotiateTerms")
    story.decides("head", "Task_ReviewTerms", "approved", edits='{"limit": "800000.00"}')
    story.decides("accountant", "Task_DecideContract", "approved")
    story.decides("lawyer", "Task_CheckClient", "approved")
    number = a_number("П")
    story.contract_in_onec(number)
    story.number_entered(number)
    story.contract_drafted()
    story.stage_is("termsAgreed")
    story("manager").task(story.deal_id, "Task_LeadClient")
    story.tell("Стадия «Условия согласованы», у менеджера задача «Вести клиента» и уведомление")
    invoice = {"kind": "invoice", "text": "Счёт на первую партию", "invoiceNumber": "57"}
    story("manager").api(
        "POST", f"/deals/{story.deal_id}/notes", json={**invoice, "amount": "350000.00"}
    ).raise_for_status()
    story.order_placed()
    number = story.realization_in_onec()
    story.realization_entered(number)
    story.stage_is("assembly")
    story.tell(f"Номер {number} подтверждён в 1С, сделка на стадии «Сборка/документы»")
    story.order_prepared()
    story.delivers("driver", "Task_DeliverByCarrier", "ttnFile")
    story.tell("Водитель приложил ТТН и подтвердил отгрузку")
    story.stage_is("won")
    story.tell(f"Сделка {story.deal_id} закрыта успешно")
    return story.deal_id


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--onec", required=True, help="address of the 1C simulator")
    parser.add_argument("--password", required=True, help="of the demo people")
    given = parser.parse_args(arguments)
    began = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - began:6.1f} с  {text}", flush=True)

    try:
        refuse_real_onec(given.onec)
        play(Story(given.url, given.password, given.onec, tell))
    except (NoSimulator, Stuck, requests.RequestException) as trouble:
        print(f"Показ остановился: {trouble}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
