"""A new product on the real engine: every step, refusal, return, threshold and item of 1C."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from bpmn.camunda.client.values import decode
from ops.demo.product import DIRECTOR, EXPERTS, MANAGER, OPERATOR, TASKS, NewProduct, play_product
from tests.engine.processes.fulfillment import fire
from tests.engine.processes.test_failures import manage
from tests.support.suite.running import PASSWORD, RunningSuite
from tests.support.waiting import eventually

pytestmark = pytest.mark.engine

CHECK, ENTER, FIX = "Task_CompareProducts", "Task_EnterItem", "Task_CorrectItem"
PLACE, ASSESS = "Task_PlaceTrial", "Task_AssessTrial"
CHEAP = "499999.99"
"""First purchase of a chainsaw just below the director's threshold."""
NOTHING: dict[str, Any] = {"values": None, "reason": None}
ITEMS = "Catalog_Номенклатура"


@pytest.fixture
def product(suite: RunningSuite) -> NewProduct:
    return NewProduct(suite.url, PASSWORD, lambda _: None, suite.people, onec=suite.onec)


@pytest.fixture
def mended(suite: RunningSuite) -> Iterator[None]:
    yield
    throw(suite)


def throw(suite: RunningSuite, **faults: Any) -> None:
    url = f"{suite.onec}/_simulator/faults"
    requests.put(url, json=faults, timeout=10).raise_for_status()


def own(product: NewProduct, article: str, **fields: Any) -> dict[str, Any]:
    """The application of a product that no other test has."""
    name = f"Триммер {article}"
    return {"productName": name, "manufacturerCode": article, "barcode": None, **fields}


def task_id(product: NewProduct, key: str) -> str:
    return str(product(MANAGER).task(product.deal_id, key)["id"])


def refuses(product: NewProduct, login: str, key: str, code: str, **sent: Any) -> dict[str, Any]:
    """The answer comes back to the same person with a reason. Returns: what the form reads."""
    first = task_id(product, key)
    product(login).do(product.deal_id, key, **sent)
    again = eventually(lambda: found if (found := task_id(product, key)) != first else None)
    seen = product(login).engine("GET", f"/task/{again}/form-variables").json()
    assert seen["formErrorCode"]["value"] == code
    assert product(login).task(product.deal_id, key)["assignee"] == login
    return decode(seen)


def by_hand(product: NewProduct, stage: str) -> requests.Response:
    path = f"/deals/{product.deal_id}/stage"
    return product(MANAGER).api("POST", path, json={"stage": stage})


def ended(suite: RunningSuite, product: NewProduct) -> None:
    eventually(lambda: not suite.engine.root_instances(product.deal_id))
    assert suite.engine.tasks(business_key=product.deal_id) == []


def approvals(product: NewProduct, login: str = MANAGER) -> dict[str, Any]:
    answer = product(login).api("GET", f"/deals/{product.deal_id}/approvals")
    answer.raise_for_status()
    return dict(answer.json())


def to_item(product: NewProduct, article: str) -> None:
    """A product below the threshold, up to the 1C operator's task."""
    product.applied(**own(product, article, firstPurchaseAmount=CHEAP))
    product.asks_for_check()
    product.is_unique()
    product.reviewed()
    product.stage_is("onecItem")


def item(product: NewProduct, article: str, **more: Any) -> str:
    return product.item_in_onec(name=f"Триммер {article}", article=article, **more)


def test_the_whole_life_of_a_new_product(suite: RunningSuite, product: NewProduct) -> None:
    play_product(product)

    ended(suite, product)
    states = [one["state"] for one in approvals(product)["rounds"]]
    assert states == ["approved"]
    assert product.value_of("retailPrice") == "20990.00"
    assert product.value_of("onecItemCode").startswith("00-")


def test_an_application_that_lacks_something_and_is_rejected_in_the_card(
    suite: RunningSuite, product: NewProduct
) -> None:
    product.applied(supplier=None)
    twin = suite.engine.start("new-product", product.deal_id, {})
    eventually(lambda: twin not in {i.id for i in suite.engine.root_instances(product.deal_id)})
    empty = {"seenVersion": None, "lossReason": None, "lossComment": None}
    wanted = {"wantedStage": "duplicateCheck", **empty}
    refuses(product, MANAGER, "Task_WorkDeal", "FIELDS_MISSING", **wanted)
    product.fill(supplier="Завод")
    assert by_hand(product, "duplicateCheck").status_code == 200
    product(MANAGER).task(product.deal_id, CHECK)
    for stage in ("review", "onecItem", "trialOrder", "inAssortment"):
        assert by_hand(product, stage).status_code == 409
    body = {"reason": "supplierRefused", "comment": ""}
    path = f"/deals/{product.deal_id}/lost"
    product(MANAGER).api("POST", path, json=body).raise_for_status()
    ended(suite, product)

    product.applied()
    product.moves("Task_WorkDeal", "rejected", lossReason="supplierRefused")
    product.stage_is("rejected")
    ended(suite, product)


def test_the_check_shows_similar_products_and_a_person_decides(
    suite: RunningSuite, product: NewProduct
) -> None:
    product.applied(**own(product, "TRM-77/A", barcode="4600000000077"))
    first = product.deal_id
    code = product.item_in_onec(name="Коса бензиновая", article="trm 77a")
    same = "4600000000077"
    coded = product.item_in_onec(name="Воздуходувка", article="BLW-1", barcode=same)
    product.applied(**own(product, "ТRM 77a", productName="Триммер садовый"))
    by_hand(product, "duplicateCheck").raise_for_status()

    found = json_of(product, CHECK)
    assert found["onecAsked"] is True
    assert [(one["code"], one["same"]) for one in found["items"]] == [(code, ["article"])]
    refuses(product, MANAGER, CHECK, "COMMENT_MISSING", answer="duplicate", values=None, reason="—")
    product.fill(barcode=same)
    first_task = task_id(product, CHECK)
    product.answers(MANAGER, CHECK, "again")
    eventually(lambda: task_id(product, CHECK) != first_task)
    found = json_of(product, CHECK)
    assert found["barcodesAsked"] is True
    assert {one["code"]: one["same"] for one in found["items"]} == {
        coded: ["barcode"],
        code: ["article"],
    }
    (twin,) = found["deals"]
    assert (twin["deal"], twin["same"]) == (first, ["barcode", "article"])

    by_hand(product, "application").raise_for_status()
    product.moves("Task_WorkDeal", "duplicateCheck")
    product.answers(MANAGER, CHECK, "rework", "Уточните артикул")
    product.stage_is("application")
    product.moves("Task_WorkDeal", "duplicateCheck")
    product.answers(MANAGER, CHECK, "duplicate", f"Это {code}")
    product.stage_is("rejected")
    ended(suite, product)
    assert product.value_of("lossReason") == "productDuplicate"
    assert product.value_of("lossComment") == f"Это {code}"


def json_of(product: NewProduct, key: str) -> dict[str, Any]:
    """The candidates that the form of the check reads."""
    task = product(MANAGER).task(product.deal_id, key)
    seen = product(MANAGER).engine("GET", f"/task/{task['id']}/form-variables").json()
    return dict(decode(seen)["similarProducts"])


def test_rounds_return_with_every_comment_and_show_what_changed(
    suite: RunningSuite, product: NewProduct
) -> None:
    product.applied(**own(product, "RND-1", firstPurchaseAmount=CHEAP))
    product.asks_for_check()
    product.is_unique()
    empty = {"decision": "approved", "comment": "", "edits": ""}
    for step, login in EXPERTS.items():
        refuses(product, login, TASKS[step], "FIELDS_INVALID", **empty)
    assert locked(product)

    def no(step: str) -> None:
        product.decides(step, "rejected", f"Отказ: {step}")

    with ThreadPoolExecutor(2) as pool:  # two press at once
        for press in [pool.submit(no, step) for step in ("demand", "service")]:
            press.result()
    eventually(lambda: not seen(product, MANAGER) and seen(product, "head1") == {"demand"})
    product.decides("accountant")
    product.stage_is("application")
    assert {one["comment"] for one in approvals(product)["rejections"]} == {
        "Отказ: demand",
        "Отказ: service",
    }
    assert product.value_of("retailPrice") == "19990.00"

    product.fill(purchasePrice="11000", firstPurchaseAmount="500000.00")
    product.asks_for_check()
    product.is_unique()
    product("engineer1").task(product.deal_id, TASKS["service"])
    changed = approvals(product, "engineer1")["changedSinceLastRound"]
    assert {one["code"] for one in changed} == {"purchasePrice", "firstPurchaseAmount"}
    product.reviewed()
    product.stage_is("directorDecision")
    assert by_hand(product, "onecItem").status_code == 409
    said = {"decision": "rejected", "comment": " ", "edits": ""}
    refuses(product, DIRECTOR, TASKS["director"], "COMMENT_MISSING", **said)
    product.decides("director", "rejected", "Дорого")
    product.stage_is("application")
    assert [one["comment"] for one in approvals(product)["rejections"]] == ["Дорого"]
    states = [one["state"] for one in approvals(product)["rounds"]]
    assert sorted(states) == ["rejected", "rejected"]


def locked(product: NewProduct) -> bool:
    """What is being approved cannot be changed by its manager."""
    version = {"If-Match": f'"{product.card()["version"]}"'}
    body = {"fields": {"purchasePrice": "1"}}
    path = f"/deals/{product.deal_id}"
    answer = product(MANAGER).api("PATCH", path, json=body, headers=version)
    return answer.status_code in (403, 409, 422) and product.value_of("purchasePrice") != "1.00"


def seen(product: NewProduct, login: str) -> set[str]:
    """Steps of the decisions that a person sees."""
    answer = product(login).api("GET", f"/deals/{product.deal_id}/approvals")
    rounds = answer.json()["rounds"] if answer.status_code == 200 else []
    return {one["step"] for one in rounds[-1]["decisions"]} if rounds else set()


def test_an_item_is_bound_only_if_1c_confirms_it(suite: RunningSuite, product: NewProduct) -> None:
    to_item(product, "ITM-1")
    given: dict[str, Any] = {"answer": "entered", "picked": None, "comment": None}

    def refused(code: str) -> dict[str, Any]:
        sent = {**given, "number": code}
        form = refuses(product, OPERATOR, ENTER, "ONEC_NUMBER_REFUSED", **sent)
        return dict(form["formDetails"])

    assert refused("00-99999999")["candidates"] == []
    other = item(product, "ITM-1", manufacturer="Другой завод")
    assert refused(other)["kind"] == "MISMATCH"
    deleted = item(product, "ITM-1")
    key = next(row["Ref_Key"] for row in rows(suite) if row["Code"] == deleted)
    path = f"{suite.onec}/_simulator/rows/{ITEMS}/{key}"
    requests.patch(path, json={"DeletionMark": True}, timeout=10).raise_for_status()
    assert refused(deleted)["kind"] == "MARKED_DELETED"
    right, twin = item(product, "ITM-1"), item(product, "ITM-1")
    several = refused(right)
    assert several["kind"] == "AMBIGUOUS"
    assert {one["code"] for one in several["candidates"]} == {right, twin}

    picked = next(one["ref"] for one in several["candidates"] if one["code"] == right)
    product.item_entered(right, picked)
    product.stage_is("trialOrder")
    assert product.value_of("onecItemCode") == right


def rows(suite: RunningSuite) -> list[dict[str, Any]]:
    answer = requests.get(f"{suite.onec}/_simulator/rows/{ITEMS}", timeout=10)
    return list(answer.json())


def test_an_operator_returns_a_product_that_cannot_be_entered(
    suite: RunningSuite, product: NewProduct
) -> None:
    to_item(product, "RET-1")
    none = {"answer": "returned", "number": None, "picked": None}
    product(OPERATOR).do(product.deal_id, ENTER, **none, comment="Название длиннее 100 знаков")
    product.stage_is("application")
    product(MANAGER).task(product.deal_id, "Task_WorkDeal")
    notes = product(MANAGER).api("GET", f"/deals/{product.deal_id}/notes").json()["items"]
    assert any("Название длиннее" in one["text"] for one in notes)


def test_a_typo_is_corrected_and_the_operator_goes_on(
    suite: RunningSuite, product: NewProduct
) -> None:
    to_item(product, "TYP-1")
    none = {"answer": "correct", "number": None, "picked": None}
    product(OPERATOR).do(product.deal_id, ENTER, **none, comment="Артикул с опечаткой")
    product(MANAGER).task(product.deal_id, FIX)
    product.fill(manufacturerCode=None)
    refuses(product, MANAGER, FIX, "FIELDS_MISSING")
    product.fill(manufacturerCode="TYP-2")
    product(MANAGER).do(product.deal_id, FIX)

    product.item_entered(item(product, "TYP-2"))

    product.stage_is("trialOrder")
    assert [one["state"] for one in approvals(product)["rounds"]] == ["approved"]


def test_a_silent_1c_leaves_the_decision_to_an_administrator(
    suite: RunningSuite, product: NewProduct, mended: None
) -> None:
    to_item(product, "SIL-1")
    code = item(product, "SIL-1")
    throw(suite, instead="unavailable")
    product.item_entered(code)
    for answer, comment in (("retry", None), ("override", "1С обновляют")):
        fire(suite, product, "BoundaryEvent_ItemOnecSilent")
        key = "Task_DecideOverride"
        product("portal1").do(product.deal_id, key, answer=answer, comment=comment)
    product.stage_is("trialOrder")
    assert product.value_of("onecItemCode") == code


def test_a_trial_order_is_refused_prolonged_and_fails(
    suite: RunningSuite, product: NewProduct
) -> None:
    to_item(product, "TRL-1")
    product.item_entered(item(product, "TRL-1"))
    refuses(product, MANAGER, PLACE, "FIELDS_INVALID", answer="placed", **NOTHING)
    past = {"trialOrderNumber": "1", "trialQuantity": 5, "trialDueOn": "2020-01-01"}
    sent = {"answer": "placed", "values": json.dumps(past), "reason": None}
    refuses(product, MANAGER, PLACE, "FIELDS_INVALID", **sent)
    product.trial_placed()
    due = product(MANAGER).task(product.deal_id, ASSESS)["dueAt"]
    day = product.value_of("trialDueOn")
    assert (date.fromisoformat(day) - date.fromisoformat(due[:10])) <= timedelta(days=1)
    refuses(product, MANAGER, ASSESS, "FIELDS_INVALID", answer="accepted", **NOTHING)
    later = (date.fromisoformat(day) + timedelta(days=30)).isoformat()
    first = task_id(product, ASSESS)
    product.answers(MANAGER, ASSESS, "prolonged", "Сезон впереди", {"trialDueOn": later})
    eventually(lambda: task_id(product, ASSESS) != first)
    assert product(MANAGER).task(product.deal_id, ASSESS)["dueAt"] > due
    product.trial_assessed("rejected", "Не покупают")

    product.stage_is("rejected")
    ended(suite, product)
    assert product.value_of("lossComment") == "Не покупают"


def test_a_trial_that_was_closed_by_hand_ends(suite: RunningSuite, product: NewProduct) -> None:
    to_item(product, "HND-1")
    product.item_entered(item(product, "HND-1"))
    product(MANAGER).task(product.deal_id, PLACE)
    product.fill(trialSold=3, trialResult="Взяли на витрину")
    by_hand(product, "inAssortment").raise_for_status()
    product.stage_is("inAssortment")
    ended(suite, product)


@pytest.mark.parametrize("stage", ["application", "trialOrder"])
def test_a_deal_of_the_default_process_goes_on_by_the_new_one(
    suite: RunningSuite, product: NewProduct, stage: str
) -> None:
    if stage == "trialOrder":
        to_item(product, "OLD-2")
        product.item_entered(item(product, "OLD-2"))
        product(MANAGER).task(product.deal_id, PLACE)
    else:
        product.applied(**own(product, "OLD-1"))
    (born,) = suite.engine.root_instances(product.deal_id)
    names = suite.engine.instance_variables(born.id)
    known = {name: value for name, value in names.items() if not name.startswith("taken_")}
    suite.engine.delete(f"/process-instance/{born.id}")
    suite.engine.start("deal", product.deal_id, known, at="Task_WorkDeal")
    before = task_id(product, "Task_WorkDeal")

    done = manage(suite, "repair", product.deal_id)

    assert "Процесс переведён" in done.stdout + done.stderr
    (now,) = suite.engine.root_instances(product.deal_id)
    assert now.process_key == "new-product"
    if stage == "application":
        assert task_id(product, "Task_WorkDeal") == before
        product.asks_for_check()
    else:
        product.trial_placed()
