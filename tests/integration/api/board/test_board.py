"""The board over HTTP: who sees which cards, what they show, and how many requests it takes."""

from typing import Any

import pytest

from db.domain.deals.history import Actor, Cause
from db.domain.deals.stages import lose
from tests.integration.api.conftest import Office
from tests.integration.api.engine_stand_in import StandInTask
from tests.support.builders import NOW, a_deal

BOARD = "/directions/{}/board"


def a_lone_direction(office: Office) -> str:
    """A direction whose deals of other tests are closed, so that the columns are known."""
    with office.database.writing() as store:
        for deal_id in store.deals.open_ids():
            deal = store.deals.get(deal_id)
            if deal.direction == "tenders":
                lose(store.catalog, deal, "price", None, store.lists, at=NOW)
                store.deals.save(deal, Actor("manager1", Cause.API))
    return "tenders"


def kept(office: Office, direction: str, stage: str, **given: Any) -> str:
    return office.keep(a_deal(direction=direction, stage=stage, **given))


def first_stage(office: Office, direction: str) -> str:
    return office.database.catalog.directions[direction].first_stage.code


def cards(answer: dict[str, Any], stage: str) -> list[dict[str, Any]]:
    (found,) = [each for each in answer["columns"] if each["stage"]["code"] == stage]
    shown: list[dict[str, Any]] = found["cards"]
    return shown


def test_a_head_sees_all_columns_with_exact_sums_and_a_manager_the_own_deals(
    office: Office,
) -> None:
    direction = a_lone_direction(office)
    stage = first_stage(office, direction)
    own = kept(office, direction, stage, values={"counterparty": "ООО «Сад»", "ourPrice": "0.10"})
    other = kept(office, direction, stage, manager="manager2", values={"ourPrice": "0.20"})

    head = office.person("salesHead").get(BOARD.format(direction)).json()
    manager = office.person("manager1").get(BOARD.format(direction)).json()

    stages = office.database.catalog.directions[direction].stages
    assert [each["stage"]["code"] for each in head["columns"]] == [
        each.code for each in stages if each.outcome is None
    ]
    assert [each["outcome"] for each in head["closing"]] == ["won", "lost"]
    assert (head["columns"][0]["count"], head["columns"][0]["amount"]) == (2, "0.30")
    assert head["columns"][0]["amountText"] == "0,30\u00a0₽"
    assert head["amountLabel"] == office.database.catalog.fields["ourPrice"].label
    assert {card["id"] for card in cards(head, stage)} == {own, other}
    (card,) = cards(manager, stage)
    assert (card["id"], card["counterparty"], card["amount"]) == (own, "ООО «Сад»", "0.10")
    assert (manager["columns"][0]["count"], manager["columns"][0]["amount"]) == (1, "0.10")
    narrowed = office.person("salesHead").get(f"{BOARD.format(direction)}?manager=manager2").json()
    assert [card["id"] for card in cards(narrowed, stage)] == [other]


def test_another_manager_learns_nothing_of_ones_deals_by_asking_for_them(office: Office) -> None:
    direction = a_lone_direction(office)
    stage = first_stage(office, direction)
    kept(office, direction, stage, manager="manager1", values={"ourPrice": "5.00"})

    asked = [
        office.person(login).get(f"{BOARD.format(direction)}{more}").json()
        for login in ("manager2", "engineer1", "lawyer1")
        for more in ("", "?manager=manager1")
    ]

    for answer in asked:
        assert all(each["count"] == 0 and each["cards"] == [] for each in answer["columns"])
        assert {each["amount"] for each in answer["columns"]} == {"0.00"}


def test_a_card_tells_the_task_who_has_it_or_whose_group_it_waits_for(office: Office) -> None:
    direction = "newClients"
    taken, free = office.a_deal(), office.a_deal()
    office.engine.tasks = [
        StandInTask("t1", "Task_CollectDocuments", taken, assignee="manager1"),
        StandInTask(
            "t2",
            "Task_ReviewReliability",
            free,
            groups=("deputyChiefAccountants",),
            process="new-client-approval",
        ),
    ]

    answer = office.person("salesHead").get(BOARD.format(direction)).json()

    by_id = {card["id"]: card for card in cards(answer, "newClient")}
    (task,) = by_id[taken]["tasks"]
    assert (task["id"], task["person"]["name"], task["mine"]) == ("t1", "Имя manager1", False)
    assert task["group"] is None
    (task,) = by_id[free]["tasks"]
    assert task["person"] is None
    assert answer["tasksKnown"] is True


def test_the_board_works_while_the_engine_is_down(office: Office) -> None:
    deal_id = office.a_deal()
    manager = office.person("manager1")
    assert manager.get("/me").status_code == 200
    office.engine.down = True

    answer = manager.get(BOARD.format("newClients"))

    assert answer.status_code == 200
    assert answer.json()["tasksKnown"] is False
    assert deal_id in {card["id"] for card in cards(answer.json(), "newClient")}


def test_a_column_is_read_page_by_page_without_a_gap(office: Office) -> None:
    direction = a_lone_direction(office)
    stage = first_stage(office, direction)
    deals = [kept(office, direction, stage) for _ in range(5)]
    head = office.person("salesHead")

    answer = head.get(f"{BOARD.format(direction)}?limit=2&manager=manager1").json()
    seen, more = cards(answer, stage), answer["columns"][0]["next"]
    while more is not None:
        page = head.get(more.removeprefix("/api/v1")).json()
        seen, more = seen + page["cards"], page["next"]

    assert [card["id"] for card in seen] == deals[::-1]


@pytest.mark.parametrize("login", ["salesHead", "manager1"])
def test_requests_to_the_engine_do_not_grow_with_the_deals(office: Office, login: str) -> None:
    person = office.person(login)

    def asked() -> list[str]:
        person.get(BOARD.format("newClients"))
        office.engine.asked.clear()
        assert person.get(BOARD.format("newClients")).status_code == 200
        return [one for one in office.engine.asked if "verify" not in one]

    office.engine.tasks = [StandInTask("t0", "Task_CollectDocuments", office.a_deal(), "manager1")]
    few = asked()
    for number in range(15):
        deal_id = office.a_deal()
        office.engine.tasks.append(
            StandInTask(f"t{number + 1}", "Task_CollectDocuments", deal_id, "manager1")
        )

    assert sorted(asked()) == sorted(few)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/directions/moonTrade/board", 404),
        ("/directions/newClients/board/moon", 422),
        ("/directions/newClients/board/newClient?after=1-2-3", 422),
        ("/directions/newClients/board/newClient?after=9999999999999999-999999999", 200),
        ("/directions/newClients/board?limit=41", 422),
        ("/directions/newClients/board?manager=a%27b", 422),
        ("/directions/newClients/board?color=red", 422),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(office: Office, path: str, status: int) -> None:
    assert office.person("salesHead").get(path).status_code == status
