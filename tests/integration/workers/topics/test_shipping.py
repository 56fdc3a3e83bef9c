"""Topics of fulfillment: one effect per task however often it is delivered, Russian refusals."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from db.domain.catalog import ListItem
from db.domain.deals.entities import Attachment
from db.domain.deals.history import Actor, Cause, Kind
from db.domain.deals.stages import lose, move
from db.domain.shipping.fulfillment import RunState
from tests.support.builders import MANAGER, NOW, a_deal, ready_values
from tests.support.fakes.ports import FakePeople, Office, a_task, an_office
from workers.ports.employees import Employee
from workers.runtime.contract import AnyTopic, Completed, Refused
from workers.topics.lifecycle import advance_deal_stage, close_deal
from workers.topics.shipping import (
    assign_driver,
    clarify_direction,
    close_shipment,
    find_driver,
    find_route,
    open_shipment,
    plan_redelivery,
    record_delivery,
    record_picking,
    record_tracking,
)

DRIVER = "driver1"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    people = FakePeople({"drivers": [Employee(DRIVER, "Рулёв"), Employee("driver2", "Камалов")]})
    with an_office(tmp_path, people=people) as office:
        yield office


def a_shipping_deal(office: Office, stage: str = "realization", **values: Any) -> str:
    deal = a_deal(stage=stage, values=ready_values(shipmentNumber="ПТУТ-1", **values))
    return office.keep(deal)


def opened(office: Office, deal_id: str) -> str:
    office.done(open_shipment.TOPIC, a_task(deal_id, id=f"open-{deal_id}", instance=f"i-{deal_id}"))
    return deal_id


def twice(office: Office, topic: AnyTopic, deal_id: str, **said: Any) -> dict[str, Any]:
    """Execute a task twice and expect equal results."""
    task = a_task(deal_id, id=f"{topic.name}-{deal_id}-{len(said)}", instance="i", **said)
    first, again = office.done(topic, task), office.done(topic, task)
    assert first == again
    return dict(first)


def refused(office: Office, topic: AnyTopic, deal_id: str, **said: Any) -> Refused:
    outcome = office.do(topic, a_task(deal_id, id="refused", **said))
    assert isinstance(outcome, Refused), outcome
    return outcome


def rows(office: Office, deal_id: str, kind: Kind) -> list[Any]:
    with office.database.reading() as store:
        return [row.new for row in store.history.of(deal_id) if row.kind is kind]


def run_of(office: Office, deal_id: str) -> Any:
    with office.database.reading() as store:
        return store.runs.of(deal_id)[-1]


def a_paper(office: Office, deal_id: str, field: str, *, before: bool = False) -> str:
    at = run_of(office, deal_id).opened_at + timedelta(minutes=-1 if before else 1)
    paper = Attachment(
        f"{field}-{before}-{deal_id}", deal_id, field, 1, "x.pdf", 1, "application/pdf", "0" * 64,
        DRIVER, at,
    )  # fmt: skip
    with office.database.writing() as store:
        return store.attachments.add(paper, Actor(DRIVER, Cause.API)).id


def test_a_shipment_is_opened_once_and_remembers_where_the_deal_came_from(office: Office) -> None:
    deal_id = a_shipping_deal(office)

    found = twice(office, open_shipment.TOPIC, deal_id)

    assert found["numberKind"] == "shipment"
    assert found["runOpenedAt"]
    assert rows(office, deal_id, Kind.SHIPMENT) == [RunState.OPEN]
    assert run_of(office, deal_id).direction == "moscowTransport"


def test_a_repaired_process_goes_on_with_the_open_shipment(office: Office) -> None:
    deal_id = opened(office, a_shipping_deal(office))

    office.done(open_shipment.TOPIC, a_task(deal_id, id="repaired", instance="i2"))

    assert rows(office, deal_id, Kind.SHIPMENT) == [RunState.OPEN]
    assert run_of(office, deal_id).instance_id == "i2"


def test_the_process_moves_the_deal_on_and_never_back(office: Office) -> None:
    deal_id = a_shipping_deal(office)

    twice(office, advance_deal_stage.TOPIC, deal_id, toStage="assembly")
    office.done(advance_deal_stage.TOPIC, a_task(deal_id, id="next", toStage="delivery"))
    late = office.done(advance_deal_stage.TOPIC, a_task(deal_id, id="late", toStage="assembly"))

    assert late["stage"] == "delivery"
    assert rows(office, deal_id, Kind.STAGE) == ["assembly", "delivery"]


@pytest.mark.parametrize(
    ("card", "default", "refused_by", "known", "written"),
    [
        ({"driver": DRIVER}, None, None, True, DRIVER),
        ({"driver": "gone"}, None, None, False, "gone"),
        ({"carrierDriver": "ИП Сидоров"}, None, None, True, None),
        ({}, DRIVER, None, True, DRIVER),
        ({}, "gone", None, False, None),
        ({}, DRIVER, DRIVER, False, None),
        ({}, DRIVER, "his substitute", False, None),
        ({"shippingDirection": "moscowPickup"}, None, None, True, None),
    ],
)
def test_a_driver_comes_from_the_card_else_from_the_direction_else_from_a_dispatcher(
    office: Office, card: Any, default: Any, refused_by: Any, known: bool, written: Any
) -> None:
    name_driver(office, default)
    deal_id = a_shipping_deal(office, **card)

    found = twice(office, find_driver.TOPIC, deal_id, refusedBy=refused_by)

    assert found["driverKnown"] is known
    assert office.deal(deal_id).values.get("driver") == written


@pytest.mark.parametrize(
    ("card", "default", "known", "written"),
    [
        ({"driver": DRIVER}, None, True, DRIVER),
        ({"driver": "gone"}, None, False, "gone"),
        ({}, DRIVER, True, DRIVER),
        ({}, "gone", False, None),
        ({"shippingDirection": "moscowPickup"}, None, True, None),
    ],
)
def test_a_shipment_is_opened_with_its_driver_unless_a_dispatcher_has_to_choose(
    office: Office, card: Any, default: Any, known: bool, written: Any
) -> None:
    name_driver(office, default)
    deal_id = a_shipping_deal(office, **card)

    found = twice(office, open_shipment.TOPIC, deal_id)

    assert found["driverKnown"] is known
    assert office.deal(deal_id).values.get("driver") == written
    assert rows(office, deal_id, Kind.SHIPMENT) == [RunState.OPEN]


def test_the_task_of_the_next_stage_is_assigned_with_the_move(tmp_path: Path) -> None:
    people = FakePeople({"onecOperators": [Employee("onecMoscow", "Ольга")]})
    with an_office(tmp_path, people=people) as office:
        deal_id = a_shipping_deal(office)
        said = {"toStage": "assembly", "role": "onecOperators", "at": "source"}

        found = twice(office, advance_deal_stage.TOPIC, deal_id, **said)

        assert (found["stage"], found["assignee"], found["assigneeGroup"]) == (
            "assembly",
            None,
            "onecOperators",
        )
        name_operator(office, "onecMoscow")
        again = office.done(advance_deal_stage.TOPIC, a_task(deal_id, id="again", **said))
        assert (again["assignee"], again["assigneeGroup"]) == ("onecMoscow", "portalAdmins")


def name_operator(office: Office, login: str) -> None:
    with office.database.writing() as store:
        item = store.lists.item("shippingDirections", "moscowTransport")
        attributes = {**item.attributes, "operator": login}
        changed = ListItem(item.code, item.name, True, item.order, attributes)
        store.lists.put("shippingDirections", changed, Actor("portalAdmin", Cause.API))


def name_driver(office: Office, login: str | None) -> None:
    with office.database.writing() as store:
        item = store.lists.item("shippingDirections", "moscowTransport")
        attributes = {**item.attributes, "route": "transportCompany", "driver": login}
        store.lists.put(
            "shippingDirections",
            ListItem(item.code, item.name, True, item.order, attributes),
            Actor("portal1", Cause.API),
        )


@pytest.mark.parametrize(
    "said",
    [
        {"driver": None, "carrierDriver": " "},
        {"driver": DRIVER, "carrierDriver": "ИП Сидоров"},
        {"driver": MANAGER, "carrierDriver": None},
        {"driver": 7, "carrierDriver": None},
    ],
)
def test_a_dispatcher_names_exactly_one_driver(office: Office, said: Any) -> None:
    deal_id = a_shipping_deal(office)

    assert refused(office, assign_driver.TOPIC, deal_id, decidedBy="d1", **said).code == (
        "FIELDS_INVALID"
    )
    twice(office, assign_driver.TOPIC, deal_id, driver=None, carrierDriver="КамАЗ", decidedBy="d1")
    twice(office, assign_driver.TOPIC, deal_id, driver=DRIVER, carrierDriver=None)

    values = office.deal(deal_id).values
    assert (values["driver"], values.get("carrierDriver")) == (DRIVER, None)


def test_the_route_is_what_the_list_says_now(office: Office) -> None:
    through = a_shipping_deal(office, shippingDirection="moscowKazan")
    nowhere = a_shipping_deal(office, shippingDirection=None)

    assert twice(office, find_route.TOPIC, through, at="source")["route"] == "branchTransfer"
    assert (
        office.done(find_route.TOPIC, a_task(through, id="o", at="receiver"))["route"] == "pickup"
    )
    assert twice(office, find_route.TOPIC, nowhere, at="source")["route"] == "unknown"


def test_a_clarified_direction_has_a_route_and_the_run_follows_it(office: Office) -> None:
    deal_id = opened(office, a_shipping_deal(office))

    for wrong in (None, "", "noSuchItem", 5):
        code = refused(office, clarify_direction.TOPIC, deal_id, shippingDirection=wrong).code
        assert code == "FIELDS_INVALID"
    twice(office, clarify_direction.TOPIC, deal_id, shippingDirection="moscowPickup")

    assert run_of(office, deal_id).direction == "moscowPickup"
    assert office.deal(deal_id).values["shippingDirection"] == "moscowPickup"


@pytest.mark.parametrize(
    ("driver", "target", "left"),
    [
        (DRIVER, "kazanDelivery", None),  # the old default
        ("driver2", "kazanDelivery", None),  # chosen by hand, but of the other branch
        (DRIVER, "moscowDelivery", None),
        ("driver2", "moscowDelivery", "driver2"),
        (DRIVER, "moscowTransport", DRIVER),  # nothing changed
    ],
)
def test_a_driver_of_the_old_direction_does_not_follow_the_order(
    office: Office, driver: Any, target: str, left: Any
) -> None:
    name_driver(office, DRIVER)
    deal_id = opened(office, a_shipping_deal(office, driver=driver))

    twice(office, clarify_direction.TOPIC, deal_id, shippingDirection=target)

    assert office.deal(deal_id).values.get("driver") == left


def test_picking_is_told_once_with_its_words(office: Office) -> None:
    deal_id = opened(office, a_shipping_deal(office))

    twice(office, record_picking.TOPIC, deal_id, comment="Две паллеты", decidedBy="store1")

    assert rows(office, deal_id, Kind.DELIVERY) == [{"outcome": "picked"}]
    with office.database.reading() as store:
        assert [note.text for note in store.notes.of(deal_id)] == ["Сборка заказа: Две паллеты"]


def said(answer: object, **more: Any) -> dict[str, Any]:
    known = {
        "field": "ttnFile",
        "answers": "delivered failed driverChanged",
        "checks": None,
        "decidedBy": DRIVER,
        "answer": answer,
        "fileId": None,
        "reason": None,
        "identityChecked": None,
    }
    return {**known, **more}


def test_a_delivery_needs_a_paper_of_this_shipment(office: Office) -> None:
    deal_id = opened(office, a_shipping_deal(office, "delivery"))
    other = opened(office, a_shipping_deal(office, "delivery"))
    old, foreign = (
        a_paper(office, deal_id, "ttnFile", before=True),
        a_paper(office, other, "ttnFile"),
    )
    wrong = a_paper(office, deal_id, "updFile")

    for file_id in (None, 5, "nothing", old, foreign, wrong):
        outcome = refused(
            office, record_delivery.TOPIC, deal_id, **said("delivered", fileId=file_id)
        )
        assert outcome.code == "DOCUMENT_MISSING"
    paper = a_paper(office, deal_id, "ttnFile")
    found = twice(office, record_delivery.TOPIC, deal_id, **said("delivered", fileId=paper))

    assert (found["deliveryOutcome"], found["deliveryBy"]) == ("delivered", "Рулёв")
    told = {"outcome": "delivered", "reason": None, "file": paper}
    assert rows(office, deal_id, Kind.DELIVERY) == [told]


@pytest.mark.parametrize("answer", [None, "", "yes", 1, "cancel"])
def test_silence_never_delivers(office: Office, answer: Any) -> None:
    deal_id = opened(office, a_shipping_deal(office, "delivery"))

    outcome = refused(office, record_delivery.TOPIC, deal_id, **said(answer))

    assert outcome.code == "ANSWER_MISSING"
    assert outcome.variables["returnTo"] == DRIVER


@pytest.mark.parametrize("checked", [None, "", "false", True])
def test_goods_are_handed_out_to_somebody_whose_right_was_checked(
    office: Office, checked: Any
) -> None:
    deal_id = opened(office, a_shipping_deal(office, "delivery"))
    paper = a_paper(office, deal_id, "signedUpdFile")
    handed = {"field": "signedUpdFile", "checks": "identity", "fileId": paper}

    outcome = refused(
        office,
        record_delivery.TOPIC,
        deal_id,
        **said("delivered", **handed, identityChecked=checked),
    )

    assert outcome.code == "IDENTITY_UNCHECKED"
    office.done(
        record_delivery.TOPIC,
        a_task(deal_id, id="ok", **said("delivered", **handed, identityChecked="true")),
    )


def test_a_driver_who_hands_back_is_off_the_card(office: Office) -> None:
    deal_id = opened(office, a_shipping_deal(office, "delivery", driver=DRIVER))

    assert refused(office, record_delivery.TOPIC, deal_id, **said("driverChanged")).code == (
        "COMMENT_MISSING"
    )
    found = twice(office, record_delivery.TOPIC, deal_id, **said("driverChanged", reason="Болен"))

    assert (found["driverRefusedBy"], found["deliveryReason"]) == (DRIVER, "Болен")
    assert "driver" not in office.deal(deal_id).values


def test_a_tracking_number_is_written_and_somebody_asks_later(office: Office) -> None:
    deal_id = opened(office, a_shipping_deal(office, "delivery"))

    assert refused(office, record_tracking.TOPIC, deal_id, tracking=" ").code == "FIELDS_INVALID"
    found = twice(office, record_tracking.TOPIC, deal_id, tracking="EE1", decidedBy="op")

    assert office.deal(deal_id).values["trackingNumber"] == "EE1"
    assert found["remindAt"] > LATER


def test_a_manager_tries_again_another_way_or_calls_it_off_with_a_reason(office: Office) -> None:
    deal_id = opened(office, a_shipping_deal(office, "delivery"))
    plan = plan_redelivery.TOPIC

    assert refused(office, plan, deal_id, answer=None).code == "ANSWER_MISSING"
    assert refused(office, plan, deal_id, answer="cancel", reason=" ").code == "COMMENT_MISSING"
    assert refused(office, plan, deal_id, answer="again", shippingDirection="x").code == (
        "FIELDS_INVALID"
    )
    again = twice(office, plan, deal_id, answer="again", shippingDirection="moscowPickup")
    stop = twice(office, plan, deal_id, answer="cancel", reason="Отказ", decidedBy=MANAGER)

    assert (again["deliverAgain"], stop["deliverAgain"]) == (True, False)
    assert [row["outcome"] for row in rows(office, deal_id, Kind.DELIVERY)] == ["again", "cancel"]


def test_a_shipped_order_wins_the_deal(office: Office) -> None:
    deal_id = opened(office, a_shipping_deal(office, "delivery"))

    found = twice(office, close_shipment.TOPIC, deal_id, runOutcome="shipped")

    assert (found["outcome"], found["stage"], found["partsShipped"]) == ("won", "won", 1)
    assert rows(office, deal_id, Kind.SHIPMENT) == ["open", "shipped"]


@pytest.mark.parametrize(
    ("outcome", "template", "words"),
    [("shipped", "shipped", "Стадия сделки: «"), ("cancelled", "orderReturned", "причина в")],
)
def test_the_manager_hears_of_the_end_of_a_shipment_once(
    office: Office, outcome: str, template: str, words: str
) -> None:
    deal_id = opened(office, a_shipping_deal(office, "delivery"))

    twice(office, close_shipment.TOPIC, deal_id, runOutcome=outcome, template=template)
    by_hand = a_task(deal_id, id="by hand", runOutcome=outcome, template=template)
    office.done(close_shipment.TOPIC, by_hand)

    with office.database.reading() as store:
        (note,) = store.notifications.of(MANAGER)
    assert words in note.text


def test_a_part_returns_the_deal_to_its_manager(office: Office) -> None:
    deal_id = office.keep(
        a_deal(stage="termsAgreed", values=ready_values(shipmentNumber="1", shipsInParts=True))
    )
    with office.database.writing() as store:
        deal = store.deals.get(deal_id, for_update=True)
        move(store.catalog, deal, "realization", at=NOW)
        store.deals.save(deal, Actor(MANAGER, Cause.API))
    opened(office, deal_id)

    found = twice(office, close_shipment.TOPIC, deal_id, runOutcome="shipped")

    assert (found["outcome"], found["stage"], found["partsShipped"]) == ("open", "termsAgreed", 1)


def test_a_cancelled_shipment_forgets_its_number(office: Office) -> None:
    deal_id = opened(office, a_shipping_deal(office, "delivery"))

    found = twice(office, close_shipment.TOPIC, deal_id, runOutcome="cancelled")

    assert found["outcome"] == "open"
    assert "shipmentNumber" not in office.deal(deal_id).values
    assert run_of(office, deal_id).state is RunState.CANCELLED


def test_a_lost_deal_calls_its_shipment_off(office: Office) -> None:
    deal_id = opened(office, a_shipping_deal(office, "delivery"))
    with office.database.writing() as store:
        deal = store.deals.get(deal_id, for_update=True)
        lose(store.catalog, deal, "price", "", store.lists, at=NOW)
        store.deals.save(deal, Actor(MANAGER, Cause.API))

    twice(office, close_deal.TOPIC, deal_id)

    assert rows(office, deal_id, Kind.SHIPMENT) == ["open", "cancelled"]
    outcome = office.do(
        record_delivery.TOPIC, a_task(deal_id, id="late", **said("failed", reason="x"))
    )
    assert isinstance(outcome, Refused)
    assert outcome.code == "DEAL_CLOSED"
    assert isinstance(office.do(record_picking.TOPIC, a_task(deal_id, id="late2")), Completed)
