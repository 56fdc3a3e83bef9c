"""The form of every approval step: answers, changes of the deal, yes or no, at both widths."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.support.form_stand import Stand, a_card, a_field, a_rule, a_window

pytestmark = pytest.mark.browser
WIDTHS = (1440, 390)
STEP = {
    "code": "demand",
    "name": "Оценка спроса",
    "role": "salesHeads",
    "roleName": "Руководитель отдела продаж",
    "edits": ["limit"],
    "answers": [
        {
            "code": "monthlyDemand",
            "label": "Спрос, штук в месяц",
            "kind": "integer",
            "list": None,
            "hint": "За год",
        },
        {
            "code": "repairable",
            "label": "Можно чинить",
            "kind": "boolean",
            "list": None,
            "hint": "",
        },
    ],
    "parallel": "experts",
}
DECISION = {
    "step": "tax",
    "stepName": "Проверка налогов",
    "role": "lawyers",
    "roleName": "Юрист",
    "person": {"login": "lawyer1", "name": "Илья Юрьев"},
    "outcome": "rejected",
    "comment": "Ставка не та",
    "at": "2026-11-25T10:00:00Z",
    "changed": [],
    "answers": [{"code": "rate", "label": "Верная ставка", "text": "10 %"}],
}


def a_review() -> dict[str, Any]:
    first = {"number": 1, "state": "rejected", "openedAt": "2026-11-25T09:00:00Z"}
    approval = {
        "round": 2,
        "steps": [STEP],
        "rounds": [{**first, "closedAt": "2026-11-25T11:00:00Z", "decisions": [DECISION]}],
        "changedSinceLastRound": [],
        "rejection": None,
        "rejections": [],
    }
    return {**a_card(), "approval": approval}


@pytest.fixture(params=WIDTHS)
def stand(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Stand]:
    with a_window(chromium, request.param, 900) as page:
        yield Stand(page, a_review(), {"step": "demand"})


def test_an_expert_answers_and_changes_the_deal_in_one_press(stand: Stand) -> None:
    page = stand.open("decide.html")
    expect(page.get_by_text("Решения других откроются вам")).to_be_visible()
    page.get_by_label("Спрос, штук в месяц").fill("40")
    page.get_by_label("Можно чинить").select_option("false")
    page.get_by_label("Лимит", exact=True).fill("900 000")

    sent = stand.sends("Согласовать")

    said = {"limit": "900000.00", "monthlyDemand": 40, "repairable": False}
    assert (sent["decision"], sent["comment"]) == ("approved", "")
    assert json.loads(sent["edits"]) == said
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_approval_without_an_answer_is_not_sent(stand: Stand) -> None:
    page = stand.open("decide.html")
    page.get_by_label("Спрос, штук в месяц").fill("40")

    page.get_by_role("button", name="Согласовать").click()

    expect(page.get_by_label("Можно чинить")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Можно чинить")).to_be_focused()
    assert stand.sent == []


def test_a_rejection_needs_its_reason_only(stand: Stand) -> None:
    page = stand.open("decide.html")
    page.get_by_label("Комментарий, обязателен при отклонении").fill("Спроса нет")

    sent = stand.sends("Отклонить")

    assert sent == {"decision": "rejected", "comment": "Спроса нет", "edits": "{}"}


def test_what_came_back_is_filled_in_again(stand: Stand) -> None:
    typed = {"comment": "Хороший товар", "edits": '{"monthlyDemand": 0, "limit": "5.00"}'}
    stand.variables |= {
        "formError": "Исправьте поля",
        "formErrorCode": "FIELDS_INVALID",
        "returnedInput": typed,
    }

    page = stand.open("decide.html")

    expect(page.get_by_label("Спрос, штук в месяц")).to_have_value("0")
    expect(page.get_by_label("Комментарий, обязателен при отклонении")).to_have_value(
        "Хороший товар"
    )


def test_the_history_tells_the_answers_of_earlier_rounds(stand: Stand) -> None:
    page = stand.open("decide.html")

    rounds = page.locator("section", has_text="История согласования")
    expect(rounds).to_contain_text("Ставка не та")
    expect(rounds).to_contain_text("10 %")


def test_the_manager_reads_every_rejection_of_the_last_round(stand: Stand) -> None:
    other = {**DECISION, "step": "repair", "stepName": "Оценка ремонта", "comment": "Не чинится"}
    offer = {"code": "limit", "label": "Лимит", "old": "1", "new": "2", "value": "2.00"}
    stand.card["approval"] |= {
        "round": None,
        "rejections": [{**DECISION, "offer": []}, {**other, "offer": [offer]}],
    }

    page = stand.open("deal-work.html")

    expect(page.locator(".deal-banner", has_text="Ставка не та")).to_be_visible()
    expect(page.locator(".deal-banner", has_text="Не чинится")).to_be_visible()
    expect(page.get_by_role("button", name="Принять предложение")).to_have_count(1)


def test_what_a_change_makes_necessary_is_marked_and_asked_for_before_it_is_sent(
    stand: Stand,
) -> None:
    """A temporary limit without its period would never end: the server refuses it."""
    (terms,) = [group for group in stand.card["deal"]["groups"] if group["code"] == "terms"]
    terms["fields"] += [
        a_field("temporaryLimit", "Временный лимит", "", "money", value=None),
        a_field("temporaryPeriod", "Период", "", "dateRange", value=None),
    ]
    stand.card["required"] = [
        a_rule("temporaryPeriod", when={"field": "temporaryLimit", "filled": True})
    ]
    edits = ["limit", "temporaryLimit", "temporaryPeriod"]
    stand.card["approval"]["steps"] = [{**STEP, "edits": edits, "answers": []}]
    page = stand.open("decide.html")
    period = page.locator("[data-field=temporaryPeriod]")
    expect(period).not_to_contain_text("*")
    page.get_by_label("Временный лимит").fill("2 000 000")
    expect(period).to_contain_text("*")

    page.get_by_role("button", name="Согласовать").click()

    expect(period).to_contain_text("Нужно, раз заполнено «Временный лимит».")
    expect(period.locator("input:focus")).to_have_count(1)
    assert stand.sent == []
    period.locator("input[type=text]").first.fill("01.12.2026")
    period.locator("input[type=text]").last.fill("31.12.2026")
    assert stand.sends("Согласовать")["decision"] == "approved"
