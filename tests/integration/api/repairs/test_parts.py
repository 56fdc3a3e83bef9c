"""Orders of parts for a repair: made once, by its manager, while it waits."""

from typing import Any

from tests.integration.api.conftest import Office
from tests.integration.api.engine_stand_in import StandInTask
from tests.support.builders import a_deal

MACHINE = {"equipmentType": "chainsaw", "equipmentModel": "GCS46", "serialNumber": "PIT-1"}
PART = {"part": "Поршневая группа", "quantity": 2}


def a_repair(office: Office, stage: str = "awaitingParts", **given: Any) -> str:
    deal = a_deal(direction="paidService", manager="engineer1", stage=stage, values=MACHINE)
    return office.keep(deal, **given)


def test_an_order_is_a_deal_of_its_own_and_is_made_once(office: Office) -> None:
    repair, engineer = a_repair(office), office.person("engineer1")
    key = {"Idempotency-Key": f"parts-{repair}"}

    first = engineer.post(f"/deals/{repair}/parts", PART, headers=key)
    again = engineer.post(f"/deals/{repair}/parts", PART, headers=key)

    assert (first.status_code, first.json()) == (201, again.json())
    order = first.json()
    assert (order["part"], order["stage"], order["isOpen"]) == (
        "Поршневая группа",
        "Запрос запчасти",
        True,
    )
    with office.database.reading() as store:
        (parts,) = store.deals.parts_of(repair)
        (start,) = store.outbox.pending(parts.id)
    assert (parts.id, parts.manager) == (order["dealId"], "engineer1")
    assert parts.values == {
        "equipmentType": "chainsaw",
        "equipmentModel": "GCS46",
        "serialNumber": "PIT-1",
        "subject": "Поршневая группа",
        "partQuantity": 2,
        "forRepair": repair,
    }
    assert start.payload["process"] == "deal"


def test_a_repair_that_does_not_wait_orders_nothing(office: Office) -> None:
    engineer = office.person("engineer1")

    at_work = engineer.post(f"/deals/{a_repair(office, 'repair')}/parts", PART)

    assert (at_work.status_code, at_work.json()["code"]) == (409, "REPAIR_NOT_WAITING")
    assert "Ожидание запчастей" in at_work.json()["detail"]


def test_an_order_without_a_part_or_of_nothing_is_refused(office: Office) -> None:
    path, engineer = f"/deals/{a_repair(office)}/parts", office.person("engineer1")

    for body in ({"part": "  "}, {"part": "Поршень", "quantity": 0}, {"part": "а" * 501}, {}):
        assert engineer.post(path, body).status_code == 422


def test_nobody_else_orders(office: Office) -> None:
    path = f"/deals/{a_repair(office)}/parts"

    assert office.person("manager2").post(path, PART).status_code == 404
    assert office.person("serviceHead").post(path, PART).status_code in (403, 404)


def test_the_number_of_the_repair_is_not_written_by_hand(office: Office) -> None:
    repair, engineer = a_repair(office), office.person("engineer1")
    body = {"direction": "spareParts", "fields": {"forRepair": repair}}

    answer = engineer.post("/deals", body)

    assert answer.status_code == 422
    with office.database.reading() as store:
        assert store.deals.parts_of(repair) == []


def test_the_task_of_a_waiting_repair_shows_its_orders(office: Office) -> None:
    repair, engineer = a_repair(office), office.person("engineer1")
    engineer.post(f"/deals/{repair}/parts", PART).raise_for_status()
    task = StandInTask(f"task-{repair}", "Task_WorkDeal", repair, "engineer1")
    office.engine.tasks = [task]

    (order,) = engineer.get(f"/tasks/{task.id}").json()["parts"]

    assert (order["part"], order["isOpen"]) == ("Поршневая группа", True)
