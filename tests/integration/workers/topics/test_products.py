"""Topics of new products with a database: answers, refusals, repetition, similar products."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from db.domain.deals.field_updates import write
from db.domain.deals.history import Actor, Cause, Kind
from db.domain.errors import FieldsLocked, Unavailable
from db.domain.onec.bindings import BindingKind, BindingState
from tests.support.builders import NOW, a_deal
from tests.support.fakes.ports import Office, a_task
from workers.integrations.onec.manual import ManualGateway
from workers.ports.onec import (
    Found,
    MatchMethod,
    MatchResult,
    NumberQuery,
    OnecGateways,
    OnecRecord,
)
from workers.ports.onec_errors import OnecRejected
from workers.runtime.contract import DeliveredTask, Refused
from workers.topics.approval import close_approval_round, open_approval_round
from workers.topics.onec import close_correction, sync_onec_number
from workers.topics.product import find_similar_products, read_product_terms, record_product_step

STEP, FIND = record_product_step.TOPIC, find_similar_products.TOPIC
TERMS, SYNC = read_product_terms.TOPIC, sync_onec_number.TOPIC
CORRECTED = close_correction.TOPIC
OPEN, CLOSE = open_approval_round.TOPIC, close_approval_round.TOPIC
PRODUCT = {
    "productName": "Пила цепная P.I.T. GCS52",
    "productCategory": "chainsaw",
    "manufacturer": "P.I.T.",
    "manufacturerCode": "GCS52-C3",
    "supplier": "Завод",
    "purchasePrice": "11500.00",
    "retailPrice": "19990.00",
    "expectedDemand": 60,
    "firstPurchaseAmount": "499999.99",
    "vatRate": "vat22",
    "labellingRequired": False,
}
ORDER = {"trialOrderNumber": "ЗП-1", "trialQuantity": 5}


@dataclass
class Items:
    """An `ItemGateway` with one record."""

    record: OnecRecord
    down: bool = False
    barcode: str = ""
    hidden: bool = False
    """The user of 1C may not read barcodes."""
    verifies: bool = True
    asked: list[NumberQuery] = field(default_factory=list)

    def find(self, query: NumberQuery) -> MatchResult:
        self.asked.append(query)
        return Found(self.record, MatchMethod.EXACT, verified=True)

    def like(self, article: str, words: Sequence[str]) -> Sequence[OnecRecord]:
        if self.down:
            raise Unavailable("1C is down.")
        return [self.record]

    def with_barcode(self, barcode: str) -> Sequence[OnecRecord]:
        if self.hidden:
            raise OnecRejected(20, detail="")
        return [replace(self.record, barcode=barcode)] if barcode == self.barcode else []

    def fetch(self, keys: Sequence[str]) -> dict[str, OnecRecord]:
        raise AssertionError("no row is fetched in this test")

    def check(self) -> None: ...

    def close(self) -> None: ...


def an_item(**given: Any) -> OnecRecord:
    known = {
        "ref_key": "11111111-1111-1111-1111-111111111111",
        "number": "00-00000017",
        "code": "00-00000017",
        "date": None,
        "counterparty_ref": None,
        "counterparty_name": "",
        "inn": "",
        "organization": "",
        "deletion_mark": False,
        "data_version": "AAA=",
        "name": "Пила старая",
        "article": "gcs 52 c3",
        "manufacturer": "P.I.T.",
    }
    return OnecRecord(**{**known, **given})


@pytest.fixture
def items() -> Items:
    return Items(an_item())


@pytest.fixture
def office(office: Office, items: Items) -> Office:
    office.onec = OnecGateways.build(ManualGateway, items)
    return office


def keep(office: Office, stage: str, *files: str, **values: Any) -> str:
    given = {"direction": "newProduct", "manager": "category1", "stage": stage}
    deal = a_deal(values={**PRODUCT, **values}, **given)
    return office.keep(deal, "certificateFile", *files)


def said(deal_id: str, step: str, answer: object, **more: Any) -> DeliveredTask:
    values = more.pop("values", None)
    text = json.dumps(values) if values is not None else None
    given = {"values": text, "reason": None, "decidedBy": "category1", **more}
    return a_task(
        deal_id, id=f"{deal_id}-{step}-{answer}", productStep=step, answer=answer, **given
    )


def code_of(office: Office, task: DeliveredTask) -> str:
    outcome = office.do(STEP, task)
    assert isinstance(outcome, Refused), outcome
    return outcome.code


def test_an_answer_delivered_twice_is_recorded_once(office: Office) -> None:
    deal_id = keep(office, "duplicateCheck")
    task = said(deal_id, "duplicates", "duplicate", reason="Это 00-00000017")

    first, again = office.done(STEP, task), office.done(STEP, task)

    assert first == again
    assert (first["productAnswer"], first["outcome"]) == ("duplicate", "lost")
    assert office.deal(deal_id).values["lossReason"] == "productDuplicate"
    with office.database.reading() as store:
        rows = [row for row in store.history.of(deal_id) if row.kind is Kind.STAGE]
        notes = store.notes.of(deal_id)
    assert [row.new for row in rows] == ["rejected"]
    assert [note.text for note in notes] == ["Проверка дублей: Это 00-00000017"]


def test_the_check_leads_to_the_review_that_nobody_reaches_by_hand(office: Office) -> None:
    deal_id = keep(office, "duplicateCheck")

    assert office.done(STEP, said(deal_id, "duplicates", "unique"))["stage"] == "review"


@pytest.mark.parametrize(
    ("stage", "step", "answer", "more", "code"),
    [
        ("duplicateCheck", "duplicates", None, {}, "ANSWER_MISSING"),
        ("duplicateCheck", "duplicates", ["unique"], {}, "ANSWER_MISSING"),
        ("duplicateCheck", "duplicates", "accepted", {}, "ANSWER_MISSING"),
        ("duplicateCheck", "duplicates", "duplicate", {"reason": " — "}, "COMMENT_MISSING"),
        ("duplicateCheck", "duplicates", "rework", {"reason": 5}, "COMMENT_MISSING"),
        (
            "duplicateCheck",
            "duplicates",
            "unique",
            {"values": {"retailPrice": "1"}},
            "FIELDS_INVALID",
        ),
        ("trialOrder", "placeTrial", "placed", {}, "FIELDS_INVALID"),
        ("trialOrder", "placeTrial", "placed", {"values": ORDER}, "FIELDS_INVALID"),
        (
            "trialOrder",
            "placeTrial",
            "placed",
            {"values": {**ORDER, "trialDueOn": "2020-01-01"}},
            "FIELDS_INVALID",
        ),
        ("trialOrder", "assessTrial", "accepted", {"values": {"trialSold": 3}}, "FIELDS_INVALID"),
        ("trialOrder", "assessTrial", "accepted", {"values": {"trialSold": -1}}, "FIELDS_INVALID"),
        ("trialOrder", "assessTrial", "rejected", {"values": {"trialSold": 0}}, "COMMENT_MISSING"),
        ("onecItem", "assessTrial", "accepted", {}, "FIELDS_INVALID"),
        ("inAssortment", "assessTrial", "accepted", {}, "DEAL_CLOSED"),
    ],
)
def test_an_answer_is_refused(
    office: Office, stage: str, step: str, answer: object, more: dict[str, Any], code: str
) -> None:
    closed = {"closed_at": NOW} if stage == "inAssortment" else {}
    given = {"direction": "newProduct", "manager": "category1", "stage": stage, **closed}
    deal_id = office.keep(a_deal(values=PRODUCT, **given))

    assert code_of(office, said(deal_id, step, answer, **more)) == code
    assert office.deal(deal_id).stage == stage


def test_an_assessed_trial_brings_the_product_into_the_assortment(office: Office) -> None:
    deal_id = keep(office, "trialOrder", trialSold=3, trialResult="Хорошо")

    result = office.done(STEP, said(deal_id, "assessTrial", "accepted"))

    assert (result["stage"], result["outcome"]) == ("inAssortment", "won")


def test_the_last_day_of_a_trial_is_the_due_date_of_its_assessment(office: Office) -> None:
    deal_id = keep(office, "trialOrder")
    values = {**ORDER, "trialDueOn": "2099-03-31"}

    placed = office.done(STEP, said(deal_id, "placeTrial", "placed", values=values))

    assert placed["dueAt"] == placed["escalateAt"]
    assert placed["dueAt"].isoformat() == "2099-03-31T21:00:00+00:00"  # midnight in Moscow
    later = said(
        deal_id, "assessTrial", "prolonged", values={"trialDueOn": "2099-05-31"}, reason="Сезон"
    )
    assert office.done(STEP, later)["dueAt"] > placed["dueAt"]
    assert office.deal(deal_id).stage == "trialOrder"


def test_the_terms_reach_the_table_exactly(office: Office) -> None:
    terms = office.done(TERMS, a_task(keep(office, "review"), id="terms"))

    assert (terms["productCategory"], str(terms["firstPurchaseAmount"])) == (
        "chainsaw",
        "499999.99",
    )
    empty = keep(office, "review", productCategory=None, firstPurchaseAmount=None)
    assert set(office.done(TERMS, a_task(empty, id="none")).values()) >= {None}


def test_similar_products_come_from_deals_and_from_1c(office: Office, items: Items) -> None:
    twin = keep(office, "application", productName="Пила", manufacturerCode="gсs52-c3")
    named = keep(
        office, "application", manufacturerCode="X", productName="Пила цепная P.I.T. GCS60"
    )
    keep(office, "application", manufacturerCode="Y", productName="Насос садовый")
    office.keep(a_deal(values={"counterparty": "Пила цепная GCS52"}))
    deal_id = keep(office, "duplicateCheck", productName="Пила цепная GCS52")

    def found() -> dict[str, Any]:
        task = a_task(deal_id, id=f"similar-{items.down}")
        return dict(office.done(FIND, task)["similarProducts"])

    similar = found()
    assert similar["onecAsked"] is True
    assert [(one["code"], one["same"]) for one in similar["items"]] == [
        ("00-00000017", ["article"])
    ]
    assert {one["deal"]: one["same"] for one in similar["deals"]} == {
        named: ["name"],
        twin: ["article"],
    }
    items.down = True
    silent = found()
    assert (silent["onecAsked"], silent["items"]) == (False, [])
    assert silent["deals"] == similar["deals"]


@pytest.mark.parametrize(
    ("hidden", "same"), [(False, [["barcode", "article"]]), (True, [["article"]])]
)
def test_an_item_with_the_barcode_is_shown_once(
    office: Office, items: Items, hidden: bool, same: list[list[str]]
) -> None:
    deal_id = keep(office, "duplicateCheck", barcode="6941556200528")
    items.barcode, items.hidden = "6941556200528", hidden

    similar = office.done(FIND, a_task(deal_id))["similarProducts"]

    assert [one["same"] for one in similar["items"]] == same
    assert (similar["onecAsked"], similar["barcodesAsked"]) == (True, not hidden)


def test_only_a_product_with_a_barcode_asks_for_it(office: Office, items: Items) -> None:
    items.hidden = True

    similar = office.done(FIND, a_task(keep(office, "duplicateCheck")))["similarProducts"]

    assert similar["barcodesAsked"] is True


def entered(deal_id: str, answer: str = "entered", **more: Any) -> DeliveredTask:
    given = {"number": "17", "picked": None, "comment": None, "decidedBy": "onecMoscow", **more}
    return a_task(deal_id, id=f"item-{deal_id}-{answer}", kind="item", answer=answer, **given)


def test_an_item_is_bound_by_its_key_once(office: Office, items: Items) -> None:
    deal_id, other = keep(office, "onecItem"), keep(office, "onecItem")

    for _ in range(2):
        assert office.done(SYNC, entered(deal_id))["onecNumber"] == "00-00000017"

    assert office.deal(deal_id).values["onecItemCode"] == "00-00000017"
    assert [(one.article, one.manufacturer, one.inn) for one in items.asked][:1] == [
        ("GCS52-C3", "P.I.T.", "")
    ]
    with office.database.reading() as store:
        (bound,) = store.bindings.of(deal_id)
    assert (bound.kind, bound.ref_key) == (BindingKind.ITEM, items.record.ref_key)
    assert bound.state is BindingState.VERIFIED
    taken = office.do(SYNC, entered(other))
    assert isinstance(taken, Refused)
    assert "уже записана за сделкой" in taken.message


def test_a_returned_product_goes_back_to_its_application(office: Office) -> None:
    deal_id = keep(office, "onecItem")
    task = entered(deal_id, "returned", number=None, comment="Нет артикула на упаковке")

    for _ in range(2):
        assert office.done(SYNC, task)["orderReturned"] is True

    assert office.deal(deal_id).stage == "application"
    with office.database.reading() as store:
        notes = [note.text for note in store.notes.of(deal_id)]
    assert notes == ["Оператор 1С вернул товар менеджеру: Нет артикула на упаковке"]


def corrected(deal_id: str) -> DeliveredTask:
    return a_task(deal_id, id=f"corrected-{deal_id}", correctionOf="item", decidedBy="category1")


def patch(office: Office, deal_id: str, **values: Any) -> None:
    """The manager writes into the card by hand."""
    with office.database.writing() as store:
        deal = store.deals.get(deal_id, for_update=True)
        write(store.catalog, deal, values, store.lists)
        store.deals.save(deal, Actor("category1", Cause.API))


def test_a_typo_is_corrected_without_another_round(office: Office) -> None:
    deal_id = keep(office, "onecItem")
    with pytest.raises(FieldsLocked):
        patch(office, deal_id, manufacturerCode="GCS52-C4")
    asked = entered(deal_id, "correct", number=None, comment="В артикуле опечатка")

    for _ in range(2):
        result = office.done(SYNC, asked)
    assert (result["requisitesWrong"], result["orderReturned"]) == (True, False)
    assert result["correctionComment"] == "В артикуле опечатка"
    with pytest.raises(FieldsLocked):
        patch(office, deal_id, retailPrice="1")
    patch(office, deal_id, manufacturerCode="GCS52-C4", barcode="6941556200528")
    for _ in range(2):
        assert office.done(CORRECTED, corrected(deal_id))["stage"] == "onecItem"

    with pytest.raises(FieldsLocked):
        patch(office, deal_id, productName="Другой товар")
    with office.database.reading() as store:
        notes = [note.text for note in store.notes.of(deal_id)]
        rows = [row for row in store.history.of(deal_id) if row.kind is Kind.CORRECTION]
    assert notes == ["Оператор 1С просит исправить название или коды товара: В артикуле опечатка"]
    assert [(row.subject, row.new) for row in rows] == [
        ("onecItemCode", True),
        ("onecItemCode", False),
    ]


def test_a_correction_leaves_no_product_without_its_article(office: Office) -> None:
    deal_id = keep(office, "onecItem")
    office.done(SYNC, entered(deal_id, "correct", number=None, comment="Нет такого артикула"))
    patch(office, deal_id, manufacturerCode=None)

    outcome = office.do(CORRECTED, corrected(deal_id))

    assert isinstance(outcome, Refused)
    assert outcome.code == "FIELDS_MISSING"
    assert office.deal(deal_id).correcting is True


@pytest.mark.parametrize(
    ("kind", "comment", "code"),
    [("item", " \n", "COMMENT_MISSING"), ("shipment", "Ошибка", "DECISION_MISSING")],
)
def test_a_correction_needs_words_and_a_product(
    office: Office, kind: str, comment: str, code: str
) -> None:
    deal_id = keep(office, "onecItem")
    given: dict[str, Any] = {"number": None, "picked": None, "decidedBy": "onecMoscow"}
    task = a_task(deal_id, kind=kind, answer="correct", comment=comment, **given)

    outcome = office.do(SYNC, task)

    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert office.deal(deal_id).correcting is False


@pytest.mark.parametrize("stage", ["review", "directorDecision"])
def test_a_round_ends_at_the_stages_of_its_chain(office: Office, stage: str) -> None:
    """Wherever an earlier instance was lost, a round begins with the experts; a rejection leads to
    the application, not to the stage it came from."""
    deal_id = keep(office, stage)
    opening = a_task(deal_id, id=f"open-{stage}", instance="review-1")

    opened = office.done(OPEN, opening)
    assert (opened["stage"], opened["roundNumber"]) == ("review", 1)
    closing = a_task(deal_id, id=f"close-{stage}", instance="review-1", roundOutcome="rejected")
    assert office.done(CLOSE, closing)["stage"] == "application"
