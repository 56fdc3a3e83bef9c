"""Orders shipped on the real engine: every route to its end, and what goes wrong on the way."""

from typing import Any

import pytest

from ops.demo.employee import Employee
from ops.demo.scenario import Story
from tests.engine.processes.fulfillment import (
    a_story,
    away,
    change_in_onec,
    fire,
    form,
    history,
    notified,
    post_in_onec,
    ready_to_go,
    refused,
    won,
)
from tests.support.documents.samples import a_pdf
from tests.support.engine.harness import Tasklist
from tests.support.suite.running import PASSWORD, RunningSuite
from tests.support.waiting import eventually

pytestmark = pytest.mark.engine


def open_keys(suite: RunningSuite, story: Story) -> list[str]:
    return sorted(task.key for task in suite.engine.tasks(business_key=story.deal_id))


def test_a_transport_company_takes_the_goods_and_the_deal_is_won_by_itself(
    suite: RunningSuite,
) -> None:
    story = a_story(suite)
    story.until_prepared()

    assert open_keys(suite, story) == ["Task_PickOrder", "Task_PrepareUpd"]
    assert story.card()["stage"]["code"] == "assembly"
    story("operator").do(story.deal_id, "Task_PrepareUpd")
    story.stage_is("delivery")
    assert open_keys(suite, story) == ["Task_PickOrder"], "nothing unpicked is handed over"
    story("storekeeper").do(story.deal_id, "Task_PickOrder", comment="Две коробки")
    task = story("driver").task(story.deal_id, "Task_DeliverByCarrier")
    assert task["assignee"] == "driver1"
    story.delivers("driver", "Task_DeliverByCarrier", "ttnFile")

    won(suite, story)
    stages = [row["new"] for row in history(story, "stage")][-4:]
    assert stages == ["realization", "assembly", "delivery", "won"]
    runs = [(row["subject"], row["new"]) for row in history(story, "shipment")]
    assert runs == [("1", "open"), ("1", "shipped")]
    said = [row["new"]["outcome"] for row in history(story, "delivery")]
    assert said == ["picked", "delivered"]
    assert [row["actor"]["login"] for row in history(story, "delivery")] == [
        "storeMoscow",
        "driver1",
    ]
    assert notified(story, "manager", "отгружен. Стадия")


def test_without_the_paper_nothing_is_delivered_neither_by_form_nor_by_rest(
    suite: RunningSuite,
) -> None:
    story = ready_to_go(a_story(suite))
    other = ready_to_go(a_story(suite))
    key = "Task_DeliverByCarrier"
    task = other("driver").task(other.deal_id, key)
    other("driver").claim(task)
    foreign = other.upload("driver", "ttnFile").json()["id"]

    story.says("driver", key, "")
    refused(story, "driver", key, "ANSWER_MISSING")
    story.says("driver", key, "delivered")
    refused(story, "driver", key, "DOCUMENT_MISSING")
    story.says("driver", key, "delivered", fileId=foreign)
    refused(story, "driver", key, "DOCUMENT_MISSING")
    story.says("driver", key, "failed", reason=" … ")
    refused(story, "driver", key, "COMMENT_MISSING")
    story.says("driver", key, "cancel", reason="Хочу")
    refused(story, "driver", key, "ANSWER_MISSING")
    past_the_door = suite.engine.tasks(business_key=story.deal_id, key=key)[0]
    engine = Tasklist(suite.state["addresses"]["engine"], "driver1", PASSWORD)
    forged = {"deliveryOutcome": "delivered", "answer": "delivered"}
    engine.complete(past_the_door.id, forged).raise_for_status()
    eventually(
        lambda: (
            past_the_door.id
            not in [one.id for one in suite.engine.tasks(business_key=story.deal_id, key=key)]
        )
    )
    story("driver").task(story.deal_id, key)

    assert story.card()["stage"]["code"] == "delivery"
    story.delivers("driver", key, "ttnFile")
    won(suite, story)


def test_a_driver_hands_the_order_back_and_a_dispatcher_names_another(suite: RunningSuite) -> None:
    story = ready_to_go(a_story(suite))
    key = "Task_DeliverByCarrier"

    story.says("driver", key, "driverChanged", reason="Сломалась машина")
    task = story("dispatcher").task(story.deal_id, "Task_AssignDriver")
    assert form(story, "dispatcher", task)["deliveryReason"] == "Сломалась машина"
    both = {"driver": "driver2", "carrierDriver": "ИП Сидоров"}
    story("dispatcher").do(story.deal_id, "Task_AssignDriver", **both)
    refused(story, "dispatcher", "Task_AssignDriver", "FIELDS_INVALID")
    story("dispatcher").do(
        story.deal_id, "Task_AssignDriver", driver="manager1", carrierDriver=None
    )
    refused(story, "dispatcher", "Task_AssignDriver", "FIELDS_INVALID")
    story("dispatcher").do(story.deal_id, "Task_AssignDriver", driver="driver2", carrierDriver=None)

    story.parts = {"driver": "driver2"}
    story.delivers("driver", key, "ttnFile")
    won(suite, story)


def test_a_carriers_driver_without_a_login_is_the_dispatchers_care(suite: RunningSuite) -> None:
    story = a_story(suite, carrierDriver="Сидоров С. С., +7 900 000-00-00, КамАЗ")
    ready_to_go(story)

    story.delivers("dispatcher", "Task_DeliverByCarrier", "ttnFile")

    won(suite, story)


def test_a_direction_without_a_driver_asks_the_dispatcher_before_anything_else(
    suite: RunningSuite,
) -> None:
    story = a_story(suite, "ekaterinburgTransport")
    story.until_agreed()
    story.order_placed()

    task = story("dispatcher").task(story.deal_id, "Task_AssignDriver")
    assert open_keys(suite, story) == ["Task_AssignDriver"]
    assert task["assignee"] is None
    story("dispatcher").do(story.deal_id, "Task_AssignDriver", driver="driver1", carrierDriver=None)
    eventually(lambda: open_keys(suite, story) == ["Task_CreateRealization"])
    assert story.value_of("driver") == "driver1"
    lose(story)


def lose(story: Story) -> None:
    """The manager closes the deal as lost, whatever is under way."""
    body = {"reason": "price"}
    story("manager").api("POST", f"/deals/{story.deal_id}/lost", json=body).raise_for_status()


def test_a_deal_lost_in_the_middle_of_its_shipment_leaves_nothing_open(suite: RunningSuite) -> None:
    story = a_story(suite)
    story.until_prepared()

    lose(story)

    eventually(lambda: not suite.engine.root_instances(story.deal_id))
    assert open_keys(suite, story) == []
    assert [row["new"] for row in history(story, "shipment")] == ["open", "cancelled"]


def test_own_transport_that_fails_is_planned_anew_by_another_way(suite: RunningSuite) -> None:
    story = ready_to_go(a_story(suite, "moscowDelivery"))
    key = "Task_ReplanDelivery"

    story.says("driver", "Task_DeliverOwn", "delivered")
    refused(story, "driver", "Task_DeliverOwn", "DOCUMENT_MISSING")
    story.says("driver", "Task_DeliverOwn", "driverChanged", reason="Заболел")
    story("dispatcher").do(story.deal_id, "Task_AssignDriver", driver="driver2", carrierDriver=None)
    story.parts = {"driver": "driver2"}
    story.says("driver", "Task_DeliverOwn", "failed", reason="Склад клиента закрыт")
    task = story("manager").task(story.deal_id, key)
    seen = form(story, "manager", task)
    assert (seen["deliveryReason"], seen["deliveryBy"]) == ("Склад клиента закрыт", "Марат Камалов")
    nowhere = {"answer": "again", "shippingDirection": "noSuchDirection", "reason": None}
    story("manager").do(story.deal_id, key, **nowhere)
    refused(story, "manager", key, "FIELDS_INVALID")
    otherwise = {"answer": "again", "shippingDirection": "moscowPickup", "reason": None}
    story("manager").do(story.deal_id, key, **otherwise)
    handed = story("storekeeper").task(story.deal_id, "Task_HandOver")

    assert handed["assignee"] == "storeMoscow"
    assert story.value_of("shippingDirection") == "moscowPickup"
    story.delivers("storekeeper", "Task_HandOver", "signedUpdFile", identityChecked="true")
    won(suite, story)


def test_own_transport_brings_the_signed_upd(suite: RunningSuite) -> None:
    story = ready_to_go(a_story(suite, "moscowDelivery"))

    story.delivers("driver", "Task_DeliverOwn", "signedUpdFile")

    won(suite, story)


def test_a_pickup_needs_a_checked_identity_and_reminds_the_manager(suite: RunningSuite) -> None:
    story = ready_to_go(a_story(suite, "moscowPickup"))
    key = "Task_HandOver"

    fire(suite, story, "BoundaryEvent_PickupWaits")
    eventually(lambda: notified(story, "manager", "Позвоните клиенту"))
    story.delivers("storekeeper", key, "signedUpdFile", identityChecked=None)
    refused(story, "storekeeper", key, "IDENTITY_UNCHECKED")
    story.delivers("storekeeper", key, "signedUpdFile", identityChecked="true")

    won(suite, story)


def test_a_client_who_did_not_come_and_a_shipment_called_off(suite: RunningSuite) -> None:
    story = ready_to_go(a_story(suite, "moscowPickup"))
    number = story.value_of("shipmentNumber")
    key = "Task_ReplanDelivery"

    story.says("storekeeper", "Task_HandOver", "failed", reason="Не пришёл", identityChecked=None)
    story("manager").task(story.deal_id, key)
    story("manager").do(story.deal_id, key, answer="cancel", shippingDirection=None, reason="")
    refused(story, "manager", key, "COMMENT_MISSING")
    story("manager").do(
        story.deal_id, key, answer="cancel", shippingDirection=None, reason="Передумал"
    )
    story.stage_is("termsAgreed")
    story("manager").task(story.deal_id, "Task_LeadClient")

    assert [row["new"] for row in history(story, "shipment")] == ["open", "cancelled"]
    assert story.value_of("shipmentNumber") is None
    story.order_placed()
    story.realization_entered(number)
    story.order_prepared()
    story.delivers("storekeeper", "Task_HandOver", "signedUpdFile", identityChecked="true")
    won(suite, story)


def test_a_substitute_confirms_what_the_operator_sent_by_courier(suite: RunningSuite) -> None:
    story = ready_to_go(a_story(suite, "moscowCourier"))
    story("operator").task(story.deal_id, "Task_EnterTracking")

    with away(suite("portal1"), "onecMoscow", "onecKazan"):  # who keeps the open task
        story("operator").do(story.deal_id, "Task_EnterTracking", tracking="EE123456789RU")
        task = suite("onecKazan").task(story.deal_id, "Task_ConfirmReceipt")
        assert task["assignee"] == "onecKazan"
    assert story.value_of("trackingNumber") == "EE123456789RU"
    lose(story)


def through_kazan(suite: RunningSuite, **more: str) -> Story:
    """Sent off by the Moscow storekeeper, on its way to Kazan's."""
    return ready_to_go(a_story(suite, "moscowKazan", **more))


def test_a_branch_accepts_the_goods_and_hands_them_out(suite: RunningSuite) -> None:
    story = through_kazan(suite)

    story.says("storekeeper", "Task_SendToBranch", "")
    refused(story, "storekeeper", "Task_SendToBranch", "ANSWER_MISSING")
    story.says("storekeeper", "Task_SendToBranch", "delivered")
    task = story("receiver").task(story.deal_id, "Task_AcceptAtBranch")
    assert task["assignee"] == "storeKazan"
    story.says("receiver", "Task_AcceptAtBranch", "failed", reason="Нет")
    refused(story, "receiver", "Task_AcceptAtBranch", "ANSWER_MISSING")
    story.says("receiver", "Task_AcceptAtBranch", "delivered")
    handed = story("receiver").task(story.deal_id, "Task_HandOver")

    assert handed["assignee"] == "storeKazan"
    story.delivers("receiver", "Task_HandOver", "signedUpdFile", identityChecked="true")
    won(suite, story)


def test_a_branch_that_counts_otherwise_asks_the_manager(suite: RunningSuite) -> None:
    story = through_kazan(suite)
    key = "Task_SettleDiscrepancy"

    story.says("storekeeper", "Task_SendToBranch", "delivered")
    story.says("receiver", "Task_AcceptAtBranch", "discrepancy", reason="Нет одной пилы")
    task = story("manager").task(story.deal_id, key)
    assert form(story, "manager", task)["deliveryReason"] == "Нет одной пилы"
    story("manager").do(story.deal_id, key, answer="", reason=None)
    refused(story, "manager", key, "ANSWER_MISSING")
    story("manager").do(story.deal_id, key, answer="proceed", reason=None)
    story.delivers("receiver", "Task_HandOver", "signedUpdFile", identityChecked="true")

    won(suite, story)


def test_a_discrepancy_may_stop_the_shipment_and_the_manager_is_not_asked_twice(
    suite: RunningSuite,
) -> None:
    story = through_kazan(suite)

    story.says("storekeeper", "Task_SendToBranch", "delivered")
    story.says("receiver", "Task_AcceptAtBranch", "discrepancy", reason="Всё разбито")
    story("manager").do(
        story.deal_id, "Task_SettleDiscrepancy", answer="cancel", reason="Везём обратно"
    )

    story.stage_is("termsAgreed")
    eventually(lambda: open_keys(suite, story) == ["Task_LeadClient"])
    lose(story)


def test_goods_that_cannot_be_sent_to_the_branch_are_planned_anew(suite: RunningSuite) -> None:
    story = through_kazan(suite)

    story.says("storekeeper", "Task_SendToBranch", "failed", reason="Нет машины")
    again = {"answer": "again", "shippingDirection": None, "reason": None}
    story("manager").do(story.deal_id, "Task_ReplanDelivery", **again)

    story("storekeeper").task(story.deal_id, "Task_SendToBranch")
    lose(story)


def put_direction(portal: Employee, code: str, **attributes: Any) -> None:
    """The portal administrator changes an item of «Направления отгрузки»."""
    path = f"/lists/shippingDirections/items/{code}"
    read = portal.api("GET", path)
    known = read.json()
    body = {
        "name": known["name"],
        "active": known["active"],
        "order": known["order"],
        "attributes": {**known["attributes"], **attributes},
    }
    seen = {"If-Match": read.headers["ETag"]}
    portal.api("PUT", path, json=body, headers=seen).raise_for_status()


def test_from_the_branch_our_own_driver_may_go_on(suite: RunningSuite) -> None:
    portal = suite("portal1")
    put_direction(portal, "moscowKazan", onward="ownDelivery")
    try:
        story = through_kazan(suite)
        story.says("storekeeper", "Task_SendToBranch", "delivered")
        story.says("receiver", "Task_AcceptAtBranch", "delivered")

        story.delivers("driver", "Task_DeliverOwn", "signedUpdFile")
        won(suite, story)
    finally:
        put_direction(portal, "moscowKazan", onward="pickup")


def test_a_direction_without_a_route_is_clarified_by_the_operator(suite: RunningSuite) -> None:
    portal = suite("portal1")
    put_direction(portal, "kazanTransport", route=None)
    try:
        story = a_story(suite, "kazanTransport", driver="driver2")
        story.parts = {"operator": "onecKazan", "storekeeper": "storeKazan", "driver": "driver2"}
        story.until_prepared()
        with away(portal, "onecKazan", "onecMoscow"):
            story.order_prepared()
            key = "Task_ClarifyDirection"
            assert suite("onecMoscow").task(story.deal_id, key)["assignee"] == "onecMoscow"
        story.parts = {**story.parts, "operator": "onecMoscow"}
        story("operator").do(story.deal_id, key, shippingDirection="kazanTransport")
        refused(story, "operator", key, "FIELDS_INVALID")
        story("operator").do(story.deal_id, key, shippingDirection="kazanPickup")
        story.delivers("storekeeper", "Task_HandOver", "signedUpdFile", identityChecked="true")
        won(suite, story)
    finally:
        put_direction(portal, "kazanTransport", route="transportCompany")


def test_an_order_in_parts_comes_back_until_everything_is_shipped(suite: RunningSuite) -> None:
    story = ready_to_go(a_story(suite, shipsInParts=True))
    key, paper = "Task_DeliverByCarrier", story.upload
    story.delivers("driver", key, "ttnFile")
    story.stage_is("termsAgreed")
    task = story("manager").task(story.deal_id, "Task_LeadClient")
    assert task["name"].startswith("Отгрузить следующую часть")
    assert form(story, "manager", task)["partsShipped"] == 1
    first = next(f["id"] for f in story.card()["files"] if f["field"] == "ttnFile")

    story.order_placed()
    story.realization_entered(story.realization_in_onec())
    story.order_prepared()
    story.says("driver", key, "delivered", fileId=first)
    refused(story, "driver", key, "DOCUMENT_MISSING")
    assert paper("driver", "ttnFile").status_code == 201
    story.delivers("driver", key, "ttnFile")
    story.stage_is("termsAgreed")
    eventually(lambda: open_keys(suite, story) == ["Task_LeadClient"])
    story.stage_wanted("Task_LeadClient", "won")

    won(suite, story)
    runs = [(row["subject"], row["new"]) for row in history(story, "shipment")]
    assert runs == [("1", "open"), ("1", "shipped"), ("2", "open"), ("2", "shipped")]


def test_a_deal_is_not_won_by_hand_before_anything_was_shipped(story_agreed: Story) -> None:
    moved = story_agreed("manager").api(
        "POST", f"/deals/{story_agreed.deal_id}/stage", json={"stage": "won"}
    )

    assert moved.status_code == 409
    assert moved.json()["code"] == "FIELDS_MISSING"
    for stage in ("assembly", "delivery"):
        moved = story_agreed("manager").api(
            "POST", f"/deals/{story_agreed.deal_id}/stage", json={"stage": stage}
        )
        assert moved.status_code == 409


@pytest.fixture
def story_agreed(suite: RunningSuite) -> Story:
    story = a_story(suite)
    story.until_agreed()
    return story


def test_an_operator_who_cannot_ship_gives_the_order_back(suite: RunningSuite) -> None:
    story = a_story(suite)
    story.until_agreed()
    story.order_placed()
    key = "Task_CreateRealization"

    story("operator").do(
        story.deal_id, key, answer="returned", number=None, picked=None, comment=" "
    )
    refused(story, "operator", key, "COMMENT_MISSING")
    story("operator").do(
        story.deal_id, key, answer="returned", number=None, picked=None, comment="Нет остатка"
    )

    story.stage_is("termsAgreed")
    story("manager").task(story.deal_id, "Task_LeadClient")
    notes = story("manager").api("GET", f"/deals/{story.deal_id}/notes").json()["items"]
    assert [note["text"] for note in notes] == ["Оператор 1С вернул заказ менеджеру: Нет остатка"]
    assert notified(story, "manager", "не может отгрузить")
    lose(story)


def test_an_upd_waits_while_its_realization_is_not_in_order(suite: RunningSuite) -> None:
    story = a_story(suite)
    story.until_prepared()
    number = str(story.value_of("shipmentNumber"))
    key = change_in_onec(suite, number)

    post_in_onec(suite, key, "unpost")
    story("operator").do(story.deal_id, "Task_PrepareUpd")
    task = refused(story, "operator", "Task_PrepareUpd", "ONEC_NUMBER_REFUSED")
    assert "проведение в 1С отменено" in form(story, "operator", task)["formError"]
    post_in_onec(suite, key, "post")
    renumbered = f"{number[:-6]}9{number[-5:]}"
    change_in_onec(suite, number, Number=renumbered)
    story("operator").do(story.deal_id, "Task_PrepareUpd")
    story.stage_is("delivery")

    assert story.value_of("shipmentNumber") == renumbered
    assert [row["new"]["number"] for row in history(story, "onec")] == [renumbered]
    story("storekeeper").do(story.deal_id, "Task_PickOrder", comment="")
    story.says("driver", "Task_DeliverByCarrier", "failed", reason="Терминал закрыт")
    story("manager").task(story.deal_id, "Task_ReplanDelivery")
    lose(story)


def test_an_upd_goes_on_with_the_realization_that_replaced_the_first(suite: RunningSuite) -> None:
    story = a_story(suite)
    story.until_prepared()
    old = str(story.value_of("shipmentNumber"))
    change_in_onec(suite, old, DeletionMark=True)

    story("operator").do(story.deal_id, "Task_PrepareUpd")
    task = refused(story, "operator", "Task_PrepareUpd", "ONEC_NUMBER_REFUSED")
    seen = form(story, "operator", task)
    assert "введите её номер" in seen["formError"]
    assert '"MARKED_DELETED"' in seen["formDetails"]
    story("operator").do(story.deal_id, "Task_PrepareUpd", number="ПТУТ-777778", picked=None)
    task = refused(story, "operator", "Task_PrepareUpd", "ONEC_NUMBER_REFUSED")
    assert "ПТУТ-777778" in form(story, "operator", task)["returnedInput"]
    new = story.realization_in_onec()
    story("operator").do(story.deal_id, "Task_PrepareUpd", number=new, picked=None)
    story.stage_is("delivery")

    assert story.value_of("shipmentNumber") == new
    assert [row["new"]["number"] for row in history(story, "number")][-2:] == [old, new]
    lose(story)


def test_another_deals_people_can_neither_see_nor_do_the_tasks(suite: RunningSuite) -> None:
    story = ready_to_go(a_story(suite))
    task = story("driver").task(story.deal_id, "Task_DeliverByCarrier")

    for login in ("driver2", "storeKazan", "onecKazan", "manager2", "lawyer1"):
        seen = suite(login).engine("GET", f"/task/{task['id']}")
        assert seen.status_code in (403, 404), login
        uploaded = suite(login).api(
            "POST",
            f"/deals/{story.deal_id}/files/ttnFile",
            params={"name": "x.pdf"},
            data=a_pdf(),
            headers={"Content-Type": "application/pdf"},
        )
        assert uploaded.status_code in (403, 404, 409, 422), login
    lose(story)
