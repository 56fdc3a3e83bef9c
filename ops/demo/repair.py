"""The life of one repair, played by the demo's service people through the public interfaces.

`make demo STORY=service` and the engine tests play it.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.demo.documents import a_pdf
from ops.demo.employee import PATIENCE, Employee, Stuck

MANAGER, ENGINEER, HEAD = "engineer1", "engineer2", "serviceHead1"
"""Logins: manager of the request, engineer for chainsaws in Moscow, head of service."""
MACHINE = {
    "subject": "Бензопила не заводится",
    "contactName": "Мария Петрова",
    "contactPhone": "+7 495 123-45-67",
    "equipmentType": "chainsaw",
    "equipmentModel": "P.I.T. GCS46",
    "serialNumber": "PIT-2024-000381",
    "equipmentCondition": "Пила с шиной и чехлом, без цепи; корпус цел",
    "faultDescription": "Не заводится после зимы",
    "servicePlace": "moscow",
}


@dataclass
class Repair:
    """One request and its people; each method is one action in the product."""

    url: str
    password: str
    tell: Callable[[str], None] = print
    direction: str = "paidService"
    people: dict[str, Employee] = field(default_factory=dict)
    deal_id: str = ""

    def __call__(self, login: str) -> Employee:
        """Return the employee, logged in."""
        if login not in self.people:
            self.people[login] = Employee(login, self.password, self.url)
        return self.people[login]

    def arrives(self, **fields: object) -> None:
        """The manager of the service creates the request of a client."""
        known = {code: value for code, value in {**MACHINE, **fields}.items() if value is not None}
        body = {"direction": self.direction, "fields": known}
        answer = self(MANAGER).api("POST", "/deals", json=body)
        answer.raise_for_status()
        self.deal_id = answer.json()["id"]
        self(MANAGER).task(self.deal_id, "Task_FillReception")
        self.tell(f"Клиент принёс технику: обращение {self.deal_id}")

    def card(self) -> dict[str, Any]:
        """Return the deal as the API shows it."""
        answer = self(MANAGER).api("GET", f"/deals/{self.deal_id}")
        answer.raise_for_status()
        return dict(answer.json())

    def value_of(self, code: str) -> Any:
        """Return the stored value of a field; None if it is not set."""
        fields = (known for group in self.card()["groups"] for known in group["fields"])
        return next((known["value"] for known in fields if known["code"] == code), None)

    def fill(self, **fields: object) -> None:
        """Save these fields of the card."""
        version = {"If-Match": f'"{self.card()["version"]}"'}
        path = f"/deals/{self.deal_id}"
        answer = self(MANAGER).api("PATCH", path, json={"fields": fields}, headers=version)
        answer.raise_for_status()

    def upload(self, code: str) -> None:
        """Upload a PDF as the file field ``code``."""
        answer = self(MANAGER).api(
            "POST",
            f"/deals/{self.deal_id}/files/{code}",
            params={"name": "акт.pdf"},
            data=a_pdf(f"{self.deal_id} {code}"),
            headers={"Content-Type": "application/pdf"},
        )
        answer.raise_for_status()

    def moves(self, key: str, stage: str, **more: Any) -> None:
        """The manager completes a task with the button of a stage."""
        self(MANAGER).task(self.deal_id, key)
        seen = self.card()["version"]
        given = {"lossReason": None, "lossComment": None, "seenVersion": seen, **more}
        self(MANAGER).do(self.deal_id, key, wantedStage=stage, **given)

    def answers(
        self,
        login: str,
        key: str,
        answer: str,
        reason: str | None = None,
        values: Mapping[str, object] | None = None,
    ) -> None:
        """Complete a step of the repair."""
        given = json.dumps(values, ensure_ascii=False) if values else None
        self(login).do(self.deal_id, key, answer=answer, values=given, reason=reason)

    def stage_is(self, stage: str) -> None:
        """Wait until the deal is at the stage. Raises: Stuck."""
        deadline = time.monotonic() + PATIENCE
        while self.card()["stage"]["code"] != stage:
            if time.monotonic() > deadline:
                raise Stuck(f"сделка {self.deal_id} не дошла до стадии {stage}")
            time.sleep(0.15)

    def received(self) -> None:
        """The manager accepts the machine."""
        self.moves("Task_FillReception", "diagnostics")
        self(MANAGER).task(self.deal_id, "Task_DiagnoseFault")
        self.tell("Техника принята, задача «Провести диагностику» у инженера по цепным пилам")

    def diagnosed(self) -> None:
        """The engineer finds the fault; a paid repair has its cost."""
        found: dict[str, object] = {"diagnosticsResult": "Карбюратор засорён, мембрана порвана"}
        if self.direction == "paidService":
            found |= {"repairCost": "1800.00", "partsCost": "950.00"}
        self.answers(ENGINEER, "Task_DiagnoseFault", "repairable", values=found)
        self.tell("Инженер нашёл неисправность")

    def agreed(self) -> None:
        """The client agrees to the cost by telephone."""
        values = {
            "costAgreedWith": "Мария Петрова",
            "costAgreedOn": "2026-11-27",
            "readyBy": "2026-12-04",
        }
        self.answers(MANAGER, "Task_CallClient", "agreed", values=values)
        self.tell("Клиент согласился со стоимостью по телефону")

    def repaired(self) -> None:
        """The engineer repairs the machine."""
        values = {"usedParts": "Чистка карбюратора, мембрана 503-11"}
        self.answers(ENGINEER, "Task_FixFault", "repaired", values=values)
        self(MANAGER).task(self.deal_id, "Task_CheckRepair")
        self.tell("Инженер закончил ремонт, менеджер сервиса проверяет")

    def checked(self) -> None:
        """The manager checks the repair."""
        if self.direction == "paidService":
            self.upload("repairAct")
        self.answers(MANAGER, "Task_CheckRepair", "passed")
        self.tell("Проверка пройдена, технику можно забирать")

    def handed_over(self, answer: str = "collected", reason: str | None = None) -> None:
        """The client signs for the machine."""
        self(MANAGER).task(self.deal_id, "Task_GiveBack")
        self.upload("handoverAct")
        self.answers(MANAGER, "Task_GiveBack", answer, reason)


def play_repair(repair: Repair) -> str:
    """Play a paid repair from reception to won. Returns: the deal's id."""
    repair.arrives()
    repair.received()
    repair.diagnosed()
    repair.agreed()
    repair.repaired()
    repair.checked()
    repair.handed_over()
    repair.stage_is("handedOver")
    repair.tell(f"Обращение {repair.deal_id} закрыто успешно: клиент расписался за технику")
    return repair.deal_id
