"""The forms in the real Tasklist, as employees use them."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from ops.demo.scenario import Story
from tests.browser.conftest import OpenTasklist
from tests.browser.support.desk import open_task, search, take, wait_until_done
from tests.support.documents.samples import a_pdf
from tests.support.suite.running import PASSWORD, RunningSuite

pytestmark = pytest.mark.browser


@pytest.fixture
def story(suite: RunningSuite) -> Story:
    """A new client with a complete card."""
    told = Story(suite.url, PASSWORD, suite.onec)
    told.request_arrives()
    told.documents_collected()
    return told


def completions(page: Page) -> list[dict[str, object]]:
    """The variables of every completion that the page sends from now on."""
    sent: list[dict[str, object]] = []

    def listen(request: Request) -> None:
        if request.url.endswith("/submit-form"):
            told = json.loads(request.post_data or "{}")["variables"]
            sent.append({name: variable["value"] for name, variable in told.items()})

    page.on("request", listen)
    return sent


def test_an_approver_cannot_reject_without_a_reason(tasklist: OpenTasklist, story: Story) -> None:
    story.approval_requested()
    page = tasklist("head1")
    open_task(page, "Рассмотреть условия", story.deal_id, "Задачи моей группы")
    take(page)
    sent = completions(page)

    page.get_by_role("button", name="Отклонить").click()
    page.keyboard.press("Control+Enter")

    comment = page.get_by_label("Комментарий, обязателен при отклонении")
    expect(comment).to_have_attribute("aria-invalid", "true")
    expect(comment).to_be_focused()
    expect(page.locator("deal-form")).to_contain_text("Напишите причину отказа")
    assert sent == []


def test_changed_terms_are_sent_once_however_often_one_clicks(
    tasklist: OpenTasklist, story: Story
) -> None:
    story.approval_requested()
    page = tasklist("head1")
    open_task(page, "Рассмотреть условия", story.deal_id, "Задачи моей группы")
    take(page)
    sent = completions(page)

    page.get_by_label("Лимит", exact=True).fill("800 000,50")
    page.get_by_role("button", name="Согласовать").dblclick()
    wait_until_done(page)
    story("accountant").task(story.deal_id, "Task_DecideContract")

    assert sent == [{"decision": "approved", "comment": "", "edits": '{"limit":"800000.50"}'}]
    limit = [
        field["value"]
        for group in story.card()["groups"]
        for field in group["fields"]
        if field["code"] == "limit"
    ]
    assert limit == ["800000.50"]


def test_the_accountant_reads_what_changed_as_the_head_has_left_it(
    tasklist: OpenTasklist, story: Story
) -> None:
    story.approval_requested()
    story.decides("head", "Task_ReviewTerms", "rejected", "Слишком большой лимит")
    story("manager").task(story.deal_id, "Task_RenegotiateTerms")
    story.fill(limit="900000.00").raise_for_status()
    story.approval_requested("Task_RenegotiateTerms")
    story.decides("head", "Task_ReviewTerms", "approved", edits='{"limit": "800000.00"}')
    story("accountant").task(story.deal_id, "Task_DecideContract")
    page = tasklist("accountant1")

    open_task(page, "", story.deal_id, "Задачи моей группы")

    changes = page.locator("deal-form section", has_text="Что изменилось с прошлого круга")
    expect(changes).to_contain_text("1 500 000 ₽ → 800 000 ₽")
    expect(changes).not_to_contain_text("900 000")


def test_what_was_typed_survives_a_reload(tasklist: OpenTasklist, story: Story) -> None:
    story.approval_requested()
    page = tasklist("head1")
    open_task(page, "Рассмотреть условия", story.deal_id, "Задачи моей группы")
    take(page)

    page.get_by_label("Комментарий, обязателен при отклонении").fill("Слишком большой лимит")
    page.reload()

    comment = page.get_by_label("Комментарий, обязателен при отклонении")
    expect(comment).to_have_value("Слишком большой лимит")


def test_text_of_a_client_never_becomes_markup(tasklist: OpenTasklist, story: Story) -> None:
    trap = '<img src=x onerror="window.caught=1"> {{constructor.constructor("window.caught=1")()}}'
    story.fill(courtCases=trap).raise_for_status()
    story.approval_requested()
    page = tasklist("head1")

    open_task(page, "Рассмотреть условия", story.deal_id, "Задачи моей группы")

    expect(page.locator("deal-form")).to_contain_text(trap)
    assert page.evaluate("window.caught") is None


def test_a_manager_sees_everything_that_is_missing_and_goes_on_when_it_is_there(
    tasklist: OpenTasklist, story: Story
) -> None:
    story.stage_wanted("Task_CollectDocuments", "collectingDocuments")
    story.stage_is("collectingDocuments")
    story("manager").task(story.deal_id, "Task_CollectDocuments")
    story.fill(limit=None).raise_for_status()
    page = tasklist("manager1")
    search(page, story.deal_id)
    open_task(page, "Собрать документы", story.deal_id, "Мои задачи")
    sent = completions(page)

    page.get_by_role("button", name="Условия согласования").click()
    expect(page.locator(".deal-missing")).to_have_text("Лимит")
    page.locator(".deal-missing").get_by_role("button", name="Лимит").click()
    page.keyboard.type("900000")
    page.get_by_role("button", name="Условия согласования").dblclick()
    wait_until_done(page)
    story.stage_is("termsApproval")

    assert [one["wantedStage"] for one in sent] == ["termsApproval"]


def test_the_lawyer_needs_the_contract_file(
    tasklist: OpenTasklist, story: Story, tmp_path: Path
) -> None:
    story.approval_requested()
    story.decides("head", "Task_ReviewTerms", "approved")
    story.decides("accountant", "Task_DecideContract", "approved")
    story.decides("lawyer", "Task_CheckClient", "approved")
    number = f"П-{story.deal_id[-5:]}"
    story.contract_in_onec(number)
    story.number_entered(number)
    contract = tmp_path / "Договор поставки.pdf"
    contract.write_bytes(a_pdf())
    page = tasklist("lawyer1")
    open_task(page, "Составить договор", story.deal_id, "Задачи моей группы")
    take(page)
    sent = completions(page)

    page.get_by_role("button", name="Договор составлен").click()
    expect(page.locator("deal-form")).to_contain_text("Приложите файл договора")
    expect(page.locator(".deal-number")).to_contain_text(number)
    page.locator("deal-form input[type=file]").set_input_files(contract)
    expect(page.locator("deal-form")).to_contain_text("Файл загружен")
    page.get_by_role("button", name="Договор составлен").click()
    wait_until_done(page)
    story.stage_is("termsAgreed")

    assert len(sent) == 1


def test_the_operator_of_the_demo_creates_the_contract_in_the_form(
    tasklist: OpenTasklist, suite: RunningSuite
) -> None:
    story = Story(suite.url, PASSWORD, suite.onec)
    story.until_operator()
    page = tasklist("onecMoscow")
    open_task(page, "Завести контрагента в 1С", story.deal_id, "Мои задачи")

    page.get_by_role("button", name="Создать в 1С", exact=True).click()
    number = page.get_by_label("Номер договора из 1С")
    expect(number).not_to_have_value("")
    created = number.input_value()
    page.get_by_role("button", name="Номер внесён", exact=True).click()
    wait_until_done(page)

    story("lawyer").task(story.deal_id, "Task_DraftContract")
    assert story.value_of("contractNumber") == created
