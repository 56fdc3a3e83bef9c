"""Demo of one repair from reception to handover, played through the public interfaces.

`make demo STORY=service` and the engine tests play it.
"""

from dataclasses import dataclass

from ops.demo.deal import DealStory

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
class Repair(DealStory):
    """One request and its people; each method is one action in the product."""

    direction: str = "paidService"
    manager: str = MANAGER
    parts_id: str = ""
    """Deal of the part that was ordered last."""

    def arrives(self, **fields: object) -> None:
        """The manager of the service creates the request of a client."""
        known = {code: value for code, value in {**MACHINE, **fields}.items() if value is not None}
        self.create(self.direction, known)
        self(MANAGER).task(self.deal_id, "Task_FillReception")
        self.tell(f"Клиент принёс технику: обращение {self.deal_id}")

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

    def waits_for(self, part: str) -> None:
        """The engineer lacks a part, the manager orders it."""
        self.answers(ENGINEER, "Task_FixFault", "awaitParts", f"Нет запчасти: {part}")
        self.stage_is("awaitingParts")
        self.part_ordered(part)

    def part_ordered(self, part: str) -> None:
        """The manager orders a part that the repair waits for."""
        self(MANAGER).task(self.deal_id, "Task_WorkDeal")
        path = f"/deals/{self.deal_id}/parts"
        answer = self(MANAGER).api("POST", path, json={"part": part, "quantity": 1})
        answer.raise_for_status()
        self.parts_id = answer.json()["dealId"]
        self.tell(f"Запчасть «{part}» заказана сделкой {self.parts_id}, ремонт ждёт")

    def part_handed_out(self) -> None:
        """The part is found, comes and is handed out: the repair goes on by itself."""
        path = f"/deals/{self.parts_id}"
        version = {"If-Match": f'"{self(MANAGER).api("GET", path).json()["version"]}"'}
        fields = {"partNumber": "503-11", "partOrigin": "original", "partPrice": "950.00"}
        answer = self(MANAGER).api("PATCH", path, json={"fields": fields}, headers=version)
        answer.raise_for_status()
        for stage in ("selection", "quotation", "inStock", "sold"):
            self(MANAGER).api("POST", f"{path}/stage", json={"stage": stage}).raise_for_status()
        self.tell("Запчасть выдана, ремонт продолжается")

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
    repair.waits_for("Мембрана 503-11")
    repair.part_handed_out()
    repair.stage_is("repair")
    repair.repaired()
    repair.checked()
    repair.handed_over()
    repair.stage_is("handedOver")
    repair.tell(f"Обращение {repair.deal_id} закрыто успешно: клиент расписался за технику")
    return repair.deal_id
