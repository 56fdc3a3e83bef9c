"""Demo of one new client from request to shipment, played through the public interfaces.

They use the deal API, Tasklist behind the API's proxy, and the 1C simulator. `make demo` and the
engine tests play it.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from ops.demo.documents import a_pdf
from ops.demo.employee import TIMEOUT, Employee
from ops.demo.waiting import wait_for

COMPANIES = (("7712345671", "1237700123451"), ("7715987620", "1237700987622"))
"""ИНН and ОГРН of invented companies, with valid check digits."""

Tell = Callable[[str], None]

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
"""Role in the scenario → login of a demo employee."""

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
    """One deal and its employees; each method is one action of an employee in the product."""

    url: str
    password: str
    onec: str
    tell: Tell = print
    company: tuple[str, str] = COMPANIES[0]
    people: dict[str, Employee] = field(default_factory=dict)
    deal_id: str = ""
    name: str = "ООО «Садовый мир»"
    subject: str = "Бензопилы и шуруповёрты для трёх магазинов"
    terms: Mapping[str, Any] = field(default_factory=dict)
    """Fields that differ from `TERMS`."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Logins that differ from `CAST`."""

    def __call__(self, part: str) -> Employee:
        """Return the employee of a role, logged in."""
        login = {**CAST, **self.parts}.get(part, part)
        if login not in self.people:
            self.people[login] = Employee(login, self.password, self.url)
        return self.people[login]

    def request_arrives(self) -> None:
        """The manager creates the deal and gets the first task."""
        body = {
            "direction": "newClients",
            "fields": {
                "subject": self.subject,
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
        """Play until the head of sales has a task."""
        self.request_arrives()
        self.documents_collected()
        self.approval_requested()
        self("head").task(self.deal_id, "Task_ReviewTerms")

    def until_operator(self) -> None:
        """Play until the 1C operator has a task."""
        self.until_approval()
        self.decides("head", "Task_ReviewTerms", "approved")
        self.decides("accountant", "Task_DecideContract", "approved")
        self.decides("lawyer", "Task_CheckClient", "approved")
        self("operator").task(self.deal_id, "Task_EnterOnecContract")

    def card(self) -> dict[str, Any]:
        """Return the deal as the API shows it."""
        answer = self("manager").api("GET", f"/deals/{self.deal_id}")
        answer.raise_for_status()
        return dict(answer.json())

    def fill(self, **fields: object) -> requests.Response:
        """Save these fields of the card."""
        version = {"If-Match": f'"{self.card()["version"]}"'}
        body = {"fields": fields}
        path = f"/deals/{self.deal_id}"
        return self("manager").api("PATCH", path, json=body, headers=version)

    def upload(self, part: str, code: str, name: str = "скан.pdf") -> requests.Response:
        """Upload a PDF as the file field ``code``."""
        path = f"/deals/{self.deal_id}/files/{code}"
        headers = {"Content-Type": "application/pdf"}
        scan = a_pdf(f"{self.deal_id} {code}")  # no two files are equal
        return self(part).api("POST", path, params={"name": name}, data=scan, headers=headers)

    def documents_collected(self) -> None:
        """The manager fills the card and uploads the documents."""
        inn, ogrn = self.company
        self.fill(inn=inn, ogrn=ogrn, **{**TERMS, **self.terms}).raise_for_status()
        for code in DOCUMENTS:
            self.upload("manager", code).raise_for_status()
        self.tell(f"Менеджер заполнил карточку и приложил документы: {len(DOCUMENTS)}")

    def stage_wanted(self, key: str, stage: str, **more: Any) -> None:
        """The manager completes the task with the button of a stage."""
        self("manager").task(self.deal_id, key)
        version = self.card()["version"]
        self("manager").do(self.deal_id, key, wantedStage=stage, seenVersion=version, **more)

    def approval_requested(self, key: str = "Task_CollectDocuments") -> None:
        """The manager moves the deal to «Условия согласования», stage by stage."""
        for stage in ("collectingDocuments", "termsApproval"):
            if self.card()["stage"]["code"] != stage:
                self.stage_wanted(key, stage)
                self.stage_is(stage)
        self.tell("Сделка на стадии «Условия согласования», согласование началось")

    def stage_is(self, stage: str) -> None:
        """Wait until the deal is at the stage. Raises: Stuck."""
        wait_for(
            lambda: self.card()["stage"]["code"] == stage,
            f"сделка {self.deal_id} не дошла до стадии {stage}",
        )

    def decides(
        self, part: str, key: str, decision: str, comment: str = "", edits: str = ""
    ) -> None:
        """An approver completes the task with `approved` or `rejected`."""
        self(part).do(self.deal_id, key, decision=decision, comment=comment, edits=edits)
        words = {"approved": "согласовано", "rejected": f"отклонено: {comment}"}
        self.tell(f"{_PARTS[part]}: {words[decision]}")

    def contract_in_onec(self, number: str) -> None:
        """The operator creates the counterparty and the contract in 1C."""
        inn, _ = self.company
        body = {"inn": inn, "name": self.name, "number": number}
        requests.post(
            f"{self.onec}/_simulator/contracts", json=body, timeout=TIMEOUT
        ).raise_for_status()
        self.tell(f"Оператор завёл в 1С контрагента и договор № {number}")

    def order_in_onec(self, *goods: Mapping[str, Any]) -> str:
        """The operator creates an order of the client in 1C. Returns: its number."""
        inn, _ = self.company
        made = requests.post(
            f"{self.onec}/_simulator/orders",
            json={"inn": inn, "name": self.name, "goods": goods},
            timeout=TIMEOUT,
        )
        made.raise_for_status()
        number = str(made.json()["number"])
        self.tell(f"Оператор завёл в 1С заказ клиента № {number}")
        return number

    def number_entered(self, number: str) -> None:
        """The operator enters the contract number; 1C confirms it."""
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
        """The lawyer uploads the contract and completes the task."""
        task = self("lawyer").task(self.deal_id, "Task_DraftContract")
        self("lawyer").claim(task)
        uploaded = self.upload("lawyer", "contractFile", "Договор поставки.pdf")
        uploaded.raise_for_status()
        self("lawyer").submit(task, fileId=uploaded.json()["id"]).raise_for_status()
        self.tell("Юрист приложил договор")

    def until_agreed(self) -> None:
        """Play until the manager has the task «Вести клиента»."""
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
        """The operator creates the реализация in 1C. Returns: its number."""
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
        """The operator enters the number of the реализация."""
        entered = {"answer": "entered", "number": number, "picked": picked, "comment": None}
        self("operator").do(self.deal_id, "Task_CreateRealization", **entered)

    def until_prepared(self) -> None:
        """Play until operator and storekeeper have their tasks at «Сборка/документы»."""
        self.until_agreed()
        self.order_placed()
        self.realization_entered(self.realization_in_onec())
        self("operator").task(self.deal_id, "Task_PrepareUpd")
        self("storekeeper").task(self.deal_id, "Task_PickOrder")

    def order_prepared(self) -> None:
        """The operator prepares the УПД and the storekeeper picks the goods."""
        self("operator").do(self.deal_id, "Task_PrepareUpd")
        self.stage_is("delivery")
        self.tell("Оператор: УПД готов, сделка на стадии «Доставка»")
        self("storekeeper").do(self.deal_id, "Task_PickOrder", comment="")
        self.tell("Кладовщик собрал заказ")

    def says(self, part: str, key: str, answer: str, **more: Any) -> None:
        """Complete a delivery task with an answer and without a file."""
        said = {"answer": answer, "fileId": None, "reason": None, **more}
        self(part).do(self.deal_id, key, **said)

    def delivers(self, part: str, key: str, field: str, **more: Any) -> None:
        """Complete a delivery task with «delivered» and a file that proves it."""
        task = self(part).task(self.deal_id, key)
        self(part).claim(task)
        uploaded = self.upload(part, field, "Накладная.pdf")
        uploaded.raise_for_status()
        said = {"answer": "delivered", "fileId": uploaded.json()["id"], "reason": None, **more}
        self(part).submit(task, **said).raise_for_status()

    def value_of(self, code: str) -> Any:
        """Return the stored value of a field; None if it is not set."""
        fields = (field for group in self.card()["groups"] for field in group["fields"])
        return next((field["value"] for field in fields if field["code"] == code), None)


def a_number(prefix: str) -> str:
    """Return a random document number."""
    return f"{prefix}-{uuid.uuid4().int % 10**6:06d}"


_PARTS = {
    "head": "Руководитель отдела продаж",
    "accountant": "Заместитель главного бухгалтера",
    "lawyer": "Юрист",
}


def play(story: Story) -> str:
    """Play a deal with one rejection from request to won. Returns: the deal's id."""
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
