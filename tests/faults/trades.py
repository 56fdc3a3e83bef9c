"""Lives of new products and repairs in the storm."""

import json
import random
import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import requests

from ops.demo.product import ANSWERS, PRODUCT
from ops.demo.product import MANAGER as CATEGORY
from ops.demo.repair import ENGINEER, HEAD, MACHINE
from ops.demo.repair import MANAGER as RECEIVER
from ops.demo.scenario import Story
from tests.faults.life import Life, Plan

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd

TIMEOUT = (3, 20)  # seconds: connect, read
EMAIL = "maria@example.ru"
OFFER = {"readyBy": "2099-12-04", "email": EMAIL}
AGREED = {"costAgreedWith": "Мария Петрова", "costAgreedOn": "2026-11-27"}
CONTINUED = re.compile(r"продолжается платным в сделке (D-\d{4}-\d{5,9})")
LINK = re.compile(r"http://[^\s/]{1,99}/offer/[\w-]{43}")


class ProductLife(Life):
    """A new product: returned once by an expert, once by the 1C operator, and tried."""

    def __init__(self, plan: Plan, story: Story, crowd: "Crowd", chance: random.Random) -> None:
        super().__init__(plan, replace(story, parts={"manager": CATEGORY}), crowd, chance)
        self._article = f"ST-{uuid.uuid4().hex[:8]}"
        self._code, self._corrected = "", plan.number % 2 == 0

    def _request(self) -> Mapping[str, Any]:
        own = {"productName": f"Пила {self._article}", "manufacturerCode": self._article}
        fields = {**PRODUCT, **own, "barcode": None}
        known = {code: value for code, value in fields.items() if value is not None}
        return {"direction": "newProduct", "manager": CATEGORY, "fields": known}

    def _Task_WorkDeal(self, task: Mapping[str, Any]) -> None:  # noqa: N802 - the task's id
        if not self._card["files"]:
            self._story.upload(CATEGORY, "certificateFile").raise_for_status()
            self._card = self._story.card()
        self._wish(task, "duplicateCheck", lossReason=None, lossComment=None)

    def _Task_CompareProducts(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        self._answer(CATEGORY, task, "unique")

    def _Task_DecideDemand(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        if self._plan.rejected_once and not self._rejected:
            edits = json.dumps(ANSWERS["demand"])
            self._do("head1", task, decision="rejected", comment="Дорого", edits=edits)
            self._rejected = True
            return
        self._approve("head1", task, "demand")

    def _Task_DecideService(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        self._approve("engineer1", task, "service")

    def _Task_DecideAccountant(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        self._approve("accountant1", task, "accountant")

    def _Task_DecideDirector(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        self._approve("director1", task, "director")

    def _Task_EnterItem(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        given: dict[str, Any] = {"answer": "correct", "number": None, "picked": None}
        if not self._corrected:
            self._do("operator", task, **given, comment="Название длинное")
            self._corrected = True
            return
        if not self._code:
            body = {"name": f"Пила {self._article}", "article": self._article}
            url = f"{self._crowd.site.onec}/_simulator/items"
            made = requests.post(url, json=body, timeout=TIMEOUT)
            made.raise_for_status()
            self._code = str(made.json()["code"])
        entered = {**given, "answer": "entered", "number": self._code}
        self._do("operator", task, **entered, comment=None)

    def _Task_CorrectItem(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        self._do("manager", task)

    def _Task_PlaceTrial(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        order = {"trialOrderNumber": "ЗП-1", "trialQuantity": 5, "trialDueOn": "2099-03-31"}
        self._answer(CATEGORY, task, "placed", **order)

    def _Task_AssessTrial(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        failed = self._plan.ending == "lost"
        result = {"trialSold": 3, "trialResult": "Не берут" if failed else "Берут"}
        self._answer(CATEGORY, task, "rejected" if failed else "accepted", **result)

    def _approve(self, login: str, task: Mapping[str, Any], step: str) -> None:
        edits = json.dumps(ANSWERS.get(step, {}))
        self._do(login, task, decision="approved", comment="", edits=edits)

    def _answer(self, login: str, task: Mapping[str, Any], answer: str, **values: object) -> None:
        given = json.dumps(values) if values else None
        self._do(login, task, answer=answer, values=given, reason="Так решили")


class RepairLife(Life):
    """A repair: half of them without warranty go on as paid ones, the client answers by a link."""

    def __init__(self, plan: Plan, story: Story, crowd: "Crowd", chance: random.Random) -> None:
        super().__init__(plan, replace(story, parts={"manager": RECEIVER}), crowd, chance)
        self._direction = "warrantyService" if plan.number % 2 else "paidService"

    def _request(self) -> Mapping[str, Any]:
        own = {"serialNumber": f"ST-{uuid.uuid4().hex[:8]}", "contactEmail": EMAIL}
        fields = {**MACHINE, **own}
        if self._direction == "warrantyService":
            fields["purchaseDate"] = "2026-03-14"
        return {"direction": self._direction, "manager": RECEIVER, "fields": fields}

    def _is_over(self) -> bool:
        if super()._is_over():
            return True
        if self._card["stage"]["code"] == "denied":
            self._go_on_as_paid()
        return False

    def _go_on_as_paid(self) -> None:
        path = f"/deals/{self._story.deal_id}/notes"
        answer = self._story("manager").api("GET", path)
        answer.raise_for_status()
        (paid,) = {
            found[1]
            for note in answer.json()["items"]
            if (found := CONTINUED.search(note["text"])) is not None
        }
        self._story.deal_id = paid
        super()._is_over()

    def _Task_FillReception(self, task: Mapping[str, Any]) -> None:  # noqa: N802 - the task's id
        if self._direction == "warrantyService" and not self._card["files"]:
            self._story.upload(RECEIVER, "warrantyCard").raise_for_status()
            self._card = self._story.card()
        self._wish(task, "diagnostics", lossReason=None, lossComment=None)

    def _Task_DiagnoseFault(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        found = {"diagnosticsResult": "Мембрана порвана"}
        if self._card["direction"]["code"] == "paidService":
            found |= {"repairCost": "1800.00", "partsCost": "950.00"}
        self._answer(ENGINEER, task, "repairable", **found)

    def _Task_DecideCase(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        self._answer(HEAD, task, "paid")

    def _Task_CallClient(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        if self._plan.ending == "lost":
            return self._answer(RECEIVER, task, "clientRefused")
        path = f"/deals/{self._story.deal_id}/cost-offer"
        self._story("manager").api("POST", path, json=OFFER).raise_for_status()
        links = [
            link for text in self._crowd.letters(self._story.deal_id) for link in LINK.findall(text)
        ]
        if not links:
            values = {**AGREED, "readyBy": OFFER["readyBy"]}
            return self._answer(RECEIVER, task, "agreed", **values)
        answer = requests.post(str(links[-1]), data={"answer": "agreed"}, timeout=TIMEOUT)
        return answer.raise_for_status()

    def _Task_FixFault(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        self._answer(ENGINEER, task, "repaired", usedParts="Мембрана 503-11")

    def _Task_CheckRepair(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        self._with_file("repairAct")
        self._answer(RECEIVER, task, "passed")

    def _Task_GiveBack(self, task: Mapping[str, Any]) -> None:  # noqa: N802
        self._with_file("handoverAct")
        self._answer(RECEIVER, task, "collected")

    def _with_file(self, code: str) -> None:
        if code not in {file["field"] for file in self._card["files"]}:
            self._story.upload(RECEIVER, code).raise_for_status()

    def _answer(self, login: str, task: Mapping[str, Any], answer: str, **values: object) -> None:
        given = json.dumps(values) if values else None
        self._do(login, task, answer=answer, values=given, reason="Так решили")
