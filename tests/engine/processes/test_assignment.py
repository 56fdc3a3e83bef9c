"""Who gets the tasks of a shipment on the real engine: lists, substitutes, people who leave."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ops.demo.employee import Employee
from ops.demo.scenario import Story
from tests.engine.processes.fulfillment import a_story, away, history, notified, ready_to_go
from tests.support.suite.running import RunningSuite
from tests.support.waiting import eventually

pytestmark = pytest.mark.engine


def waits_for_operator(suite: RunningSuite, direction: str, **more: str) -> Story:
    story = a_story(suite, direction, **more)
    story.until_agreed()
    story.order_placed()
    return story


def assignee(suite: RunningSuite, story: Story, key: str) -> str | None:
    """Who has the task, once it is there."""
    found = eventually(lambda: suite.engine.tasks(business_key=story.deal_id, key=key))
    return found[0].assignee


@contextmanager
def a_direction(portal: Employee, **attributes: Any) -> Iterator[str]:
    """A shipping direction of this test alone, retired at its end."""
    code = f"test{uuid.uuid4().hex[:8]}"
    known = {"branch": "Москва", "route": "pickup", "operator": "onecMoscow"}
    body = {"name": f"Проверка {code}", "active": True, "attributes": {**known, **attributes}}
    path = f"/lists/shippingDirections/items/{code}"
    assert portal.api("PUT", path, json=body).status_code == 201
    try:
        yield code
    finally:
        seen = {"If-Match": portal.api("GET", path).headers["ETag"]}
        retired = portal.api("PUT", path, json={**body, "active": False}, headers=seen)
        retired.raise_for_status()


def put(portal: Employee, code: str, **attributes: Any) -> None:
    path = f"/lists/shippingDirections/items/{code}"
    read = portal.api("GET", path)
    known = read.json()
    body = {key: known[key] for key in ("name", "active", "order")}
    body["attributes"] = {**known["attributes"], **attributes}
    seen = {"If-Match": read.headers["ETag"]}
    portal.api("PUT", path, json=body, headers=seen).raise_for_status()


def test_two_directions_have_two_operators_and_each_sees_only_their_own(
    suite: RunningSuite,
) -> None:
    moscow = waits_for_operator(suite, "moscowPickup")
    kazan = a_story(suite, "kazanPickup")
    kazan.parts = {"operator": "onecKazan"}
    kazan.until_agreed()
    kazan.order_placed()
    key = "Task_CreateRealization"

    assert assignee(suite, moscow, key) == "onecMoscow"
    assert assignee(suite, kazan, key) == "onecKazan"
    task = suite("onecMoscow").task(moscow.deal_id, key)
    assert suite("onecKazan").engine("GET", f"/task/{task['id']}").status_code in (403, 404)
    stolen = suite("onecKazan").engine(
        "POST", f"/task/{task['id']}/claim", json={"userId": "onecKazan"}
    )
    assert stolen.status_code >= 400


def test_a_changed_operator_gets_the_next_task_and_the_open_one_when_it_is_moved(
    suite: RunningSuite,
) -> None:
    portal = suite("portal1")
    with a_direction(portal, storekeeper="storeMoscow") as code:
        story = waits_for_operator(suite, code)
        assert assignee(suite, story, "Task_CreateRealization") == "onecMoscow"

        put(portal, code, operator="onecKazan")
        assert assignee(suite, story, "Task_CreateRealization") == "onecMoscow"
        preview = portal.api("GET", f"/lists/shippingDirections/items/{code}/assignees").json()
        review = portal.api("GET", "/assignments/review", params={"direction": code}).json()
        (open_task,) = review["items"]
        assert (open_task["now"]["login"], open_task["wouldBe"]["login"]) == (
            "onecMoscow",
            "onecKazan",
        )
        story.realization_entered(story.realization_in_onec())
        assert assignee(suite, story, "Task_PrepareUpd") == "onecKazan"

        put(portal, code, operator="onecMoscow")
        moved = portal.api(
            "POST", "/assignments/reassign", json={"direction": code, "role": "onecOperators"}
        )
        again = portal.api(
            "POST", "/assignments/reassign", json={"direction": code, "role": "onecOperators"}
        )

    assert [one["outcome"] for one in moved.json()["items"]] == ["done"]
    assert again.json()["items"] == []
    assert assignee(suite, story, "Task_PrepareUpd") == "onecMoscow"
    (row,) = history(story, "assignment")
    assert (row["subject"], row["old"], row["new"]) == (
        "Task_PrepareUpd",
        "onecKazan",
        "onecMoscow",
    )
    assert row["actor"]["login"] == "portal1"
    assert any("onecKazan" in str(one) for one in preview["items"])
    story("operator").do(story.deal_id, "Task_PrepareUpd")
    story.stage_is("delivery")


def test_only_the_portal_administrator_changes_lists_and_moves_tasks(suite: RunningSuite) -> None:
    body = {"name": "x", "attributes": {}}
    for login in ("manager1", "head1", "onecMoscow", "storeMoscow", "driver1", "dispatcher1"):
        person = suite(login)
        path = "/lists/shippingDirections/items/moscowPickup"
        assert person.api("PUT", path, json=body).status_code == 403, login
        moved = person.api("POST", "/assignments/reassign", json={"direction": "moscowPickup"})
        assert moved.status_code in (403, 422), login
        assert person.api("GET", "/lists/shippingDirections").status_code == 200


def test_a_substitute_gets_new_tasks_while_somebody_is_away(suite: RunningSuite) -> None:
    story = a_story(suite, "moscowPickup")
    story.until_agreed()
    with away(suite("portal1"), "onecMoscow", "onecKazan"):
        story.order_placed()
        assert assignee(suite, story, "Task_CreateRealization") == "onecKazan"
    story.parts = {"operator": "onecKazan"}
    story.realization_entered(story.realization_in_onec())

    assert assignee(suite, story, "Task_PrepareUpd") == "onecMoscow"


def test_a_task_of_somebody_who_is_no_operator_any_more_goes_to_the_group(
    suite: RunningSuite,
) -> None:
    leaver = f"leaver{uuid.uuid4().hex[:6]}"
    profile = {"id": leaver, "firstName": "Уволенный", "lastName": "Сотрудник"}
    password = {"password": "Aa1-Not-There-26"}
    suite.engine.post("/user/create", {"profile": profile, "credentials": password})
    with a_direction(suite("portal1"), operator=None) as code:
        story = a_story(suite, code)
        story.until_operator()
        (task,) = suite.engine.tasks(business_key=story.deal_id)

        suite.engine.assign(task.id, leaver)

        eventually(lambda: [row["old"] for row in history(story, "assignment")] == [leaver])
        assert assignee(suite, story, task.key) is None
        assert "onecOperators" in suite.engine.candidate_groups(task.id)
        assert [row["new"] for row in history(story, "assignment")] == [None]
        assert notified(story, "portal1", story.deal_id)
    story("operator").claim(story("operator").task(story.deal_id, task.key))
    suite.engine.delete(f"/user/{leaver}")


def test_the_new_manager_of_a_deal_gets_what_its_delivery_asks_of_a_manager(
    suite: RunningSuite,
) -> None:
    story = ready_to_go(a_story(suite, "moscowDelivery"))
    given, path = {"manager": "manager2"}, f"/deals/{story.deal_id}/manager"
    eventually(lambda: suite("head1").api("POST", path, json=given).status_code == 200)
    story.parts = {"manager": "manager2"}

    story.says("driver", "Task_DeliverOwn", "failed", reason="Склад клиента закрыт")
    eventually(lambda: assignee(suite, story, "Task_ReplanDelivery") == "manager2")

    assert notified(story, "manager2", "Вам передана задача")
    cancel = {"answer": "cancel", "shippingDirection": None, "reason": "Клиент отказался"}
    story("manager").do(story.deal_id, "Task_ReplanDelivery", **cancel)
    story.stage_is("termsAgreed")
