"""Demo of one new product from application to assortment, played through the public interfaces.

`make demo STORY=product` and the engine tests play it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from ops.demo.deal import DealStory
from ops.demo.employee import TIMEOUT

MANAGER, DIRECTOR, OPERATOR = "category1", "director1", "onecMoscow"
"""Logins: category manager of the product, commercial director, 1C operator."""
EXPERTS = {"demand": "head1", "service": "engineer1", "accountant": "accountant1"}
"""Step of the review → login."""
TASKS = {
    "demand": "Task_DecideDemand",
    "service": "Task_DecideService",
    "accountant": "Task_DecideAccountant",
    "director": "Task_DecideDirector",
}
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "demand": {"demandOpinion": "Спросят дачники, у соседей дороже", "retailPrice": "20990"},
    "service": {"repairable": True, "spareParts": "Карбюраторы и цепи у завода, две недели"},
    "accountant": {"certificateValid": True},
}
PRODUCT = {
    "subject": "Пила для дачников",
    "productName": "Пила цепная бензиновая P.I.T. GCS52-C3",
    "productCategory": "chainsaw",
    "manufacturer": "P.I.T.",
    "manufacturerCode": "GCS52-C3",
    "barcode": "6941556200528",
    "supplier": "P.I.T. Tools Ltd",
    "purchasePrice": "11500",
    "retailPrice": "19990",
    "expectedDemand": 60,
    "firstPurchaseAmount": "690000",
    "vatRate": "vat22",
    "labellingRequired": False,
}


@dataclass
class NewProduct(DealStory):
    """One new product and its people; each method is one action in the product."""

    onec: str = ""
    """Address of the 1C simulator."""
    manager: str = MANAGER

    def applied(self, **fields: object) -> None:
        """The category manager fills the application."""
        given = {code: value for code, value in {**PRODUCT, **fields}.items() if value is not None}
        self.create("newProduct", given)
        self.upload("certificateFile", "декларация.pdf")
        self(MANAGER).task(self.deal_id, "Task_WorkDeal")
        self.tell(f"Заявка на новый товар: {self.deal_id}")

    def asks_for_check(self) -> None:
        """The manager hands the application in."""
        self.moves("Task_WorkDeal", "duplicateCheck")
        self(MANAGER).task(self.deal_id, "Task_CompareProducts")

    def is_unique(self) -> None:
        """The manager has compared the product with the similar ones."""
        self.answers(MANAGER, "Task_CompareProducts", "unique")
        self.tell("Дублей нет, товар на экспертизе у трёх человек сразу")

    def decides(
        self, step: str, decision: str = "approved", comment: str = "", **edits: Any
    ) -> None:
        """A reviewer, or the director, decides."""
        login = EXPERTS.get(step, DIRECTOR)
        said = {**ANSWERS.get(step, {}), **edits}
        text = json.dumps(said, ensure_ascii=False)
        given = {"decision": decision, "comment": comment, "edits": text}
        self(login).do(self.deal_id, TASKS[step], **given)

    def reviewed(self) -> None:
        """All three reviewers approve."""
        for step in EXPERTS:
            self.decides(step)
        self.tell("Спрос, ремонт и документы в порядке")

    def approved(self) -> None:
        """The director approves a first purchase above the threshold."""
        self.decides("director")
        self.stage_is("onecItem")
        self.tell("Первая закупка выше порога: согласовал коммерческий директор")

    def item_in_onec(self, **more: Any) -> str:
        """The operator creates the item in 1C. Returns: its code."""
        body = {"name": PRODUCT["productName"], "article": PRODUCT["manufacturerCode"], **more}
        made = requests.post(f"{self.onec}/_simulator/items", json=body, timeout=TIMEOUT)
        made.raise_for_status()
        return str(made.json()["code"])

    def item_entered(self, code: str, picked: str | None = None) -> None:
        """The operator enters the code."""
        given = {"answer": "entered", "number": code, "picked": picked, "comment": None}
        self(OPERATOR).do(self.deal_id, "Task_EnterItem", **given)

    def trial_placed(self, **values: object) -> None:
        """The manager orders a trial lot."""
        day = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
        order = {"trialOrderNumber": "ЗП-118", "trialQuantity": 30, "trialDueOn": day, **values}
        self.answers(MANAGER, "Task_PlaceTrial", "placed", values=order)
        self(MANAGER).task(self.deal_id, "Task_AssessTrial")
        self.tell("Пробный заказ размещён, итоги через два месяца")

    def trial_assessed(self, answer: str = "accepted", reason: str | None = None) -> None:
        """The manager counts what was sold."""
        result = {"trialSold": 27, "trialResult": "Продали за шесть недель, возвратов нет"}
        self.answers(MANAGER, "Task_AssessTrial", answer, reason, result)


def play_product(product: NewProduct) -> str:
    """Play a new product from the application to the assortment. Returns: the deal's id."""
    product.applied()
    product.asks_for_check()
    product.is_unique()
    product.reviewed()
    product.approved()
    code = product.item_in_onec()
    product.item_entered(code)
    product.tell(f"Оператор завёл номенклатуру {code}, 1С подтвердила")
    product.trial_placed()
    product.trial_assessed()
    product.stage_is("inAssortment")
    product.tell(f"Товар {product.deal_id} в ассортименте")
    return product.deal_id
