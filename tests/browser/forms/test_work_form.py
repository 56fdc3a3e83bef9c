"""The manager's form: what it says of the next stage follows what is typed, at both widths."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.support.form_stand import Stand, a_card, a_field, a_rule, a_stage, a_window

pytestmark = pytest.mark.browser
WIDTHS = (1440, 390)
HELP = "Заполните карточку и передайте сделку на согласование."
DRAFT = """localStorage.setItem('deal-draft:person1:task-1', JSON.stringify(
  {at: Date.now(), typed: {fields: {kpp: '771'}}}))"""


@pytest.fixture(params=WIDTHS)
def stand(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Stand]:
    """A client whose terms need a tax number, and a period if the limit is temporary."""
    card = a_card()
    terms = [
        a_field("temporaryLimit", "Временный лимит", "", "money", value=None, editable=True),
        a_field("temporaryPeriod", "Период", "", "dateRange", value=None, editable=True),
    ]
    requisites = [
        a_field("inn", "ИНН", "", "inn", value=None, editable=True, required=True),
        a_field("kpp", "КПП", "", "kpp", value=None, editable=True),
    ]
    card["deal"]["groups"] = [
        {"code": "requisites", "label": "Реквизиты", "fields": requisites},
        {"code": "terms", "label": "Условия", "fields": terms},
    ]
    rules = [
        a_rule("inn"),
        a_rule("temporaryPeriod", when={"field": "temporaryLimit", "filled": True}),
        a_rule("hidden"),  # a field that this person may not see, filled by another
    ]
    forward = a_stage(
        "termsApproval",
        "Условия согласования",
        missing=["ИНН"],
        missingFields=[["inn"]],
        required=rules,
    )
    card["stages"] = [forward, a_stage("lost", "Сделка проиграна", "lost")]
    with a_window(chromium, request.param, 900) as page:
        yield Stand(page, card)


def field(page: Page, code: str) -> Locator:
    return page.locator(f"[data-field={code}]")


def test_what_is_typed_counts_at_once(stand: Stand) -> None:
    page = stand.open("deal-work.html")
    forward = page.get_by_role("button", name="Условия согласования →")
    expect(forward).to_have_text("Условия согласования → не хватает: 1")

    page.get_by_label("ИНН").fill("7712345671")
    expect(forward).to_have_text("Условия согласования →")
    expect(field(page, "temporaryPeriod")).not_to_contain_text("*")

    page.get_by_label("Временный лимит").fill("2 000 000")
    expect(forward).to_contain_text("не хватает: 1")
    expect(field(page, "temporaryPeriod")).to_contain_text("Период *")

    page.get_by_label("Временный лимит").fill("")
    expect(forward).to_have_text("Условия согласования →")
    expect(field(page, "temporaryPeriod")).not_to_contain_text("*")
    expect(field(page, "inn")).to_contain_text("*")


def test_the_word_about_a_draft_goes_with_the_draft(stand: Stand) -> None:
    stand.open("deal-work.html")
    stand.page.evaluate(DRAFT)
    page = stand.open("deal-work.html")
    restored = page.get_by_text("Восстановлено введённое раньше")
    expect(restored).to_be_visible()
    expect(page.get_by_label("КПП")).to_have_value("771")

    page.get_by_label("КПП").fill("")

    expect(restored).to_have_count(0)
    expect(page.get_by_text("Не сохранено")).to_have_count(0)


def test_the_form_says_what_is_to_be_done_until_it_is_closed(stand: Stand) -> None:
    stand.card["task"]["description"] = HELP
    page = stand.open("deal-work.html")
    expect(page.get_by_text(HELP)).to_be_visible()

    page.get_by_text("Что нужно сделать").press("Enter")
    expect(page.get_by_text(HELP)).to_be_hidden()
    page.wait_for_function("Object.values(localStorage).includes('closed')")  # a task later
    page = stand.open("deal-work.html")

    expect(page.get_by_text("Что нужно сделать")).to_be_visible()
    expect(page.get_by_text(HELP)).to_be_hidden()
