"""The board, the list, a deal's page, a new deal and the search in a real browser, on the real API.

The engine is the stand-in of the API's tests: what these pages show and send is decided by the API
and its database, and starting an engine would take a minute.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from db.domain.approval.rounds import DecisionOutcome, RoundState
from tests.browser.support.axe import violations
from tests.browser.support.desk import PATIENCE, talkative
from tests.integration.api.conftest import PDF, Office, a_running_office
from tests.integration.api.deals.test_processes import visit, with_history
from tests.integration.api.engine_stand_in import PASSWORD, StandInTask
from tests.integration.api.tasks.test_tasks import a_decision, a_round
from tests.support.builders import COMPANY_INN, a_deal, a_ready_deal
from tests.support.documents.samples import a_docx, a_png

pytestmark = pytest.mark.browser

WIDE, PHONE = (1440, 900), (390, 844)
sizes = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("desk")
    with a_running_office(f"sqlite:///{folder / 'deals.sqlite3'}", folder / "files") as office:
        yield office


@dataclass
class Windows:
    """Opens browser windows of employees; page errors are collected and must stay none."""

    browser: Browser
    office: Office
    errors: list[str]
    contexts: list[Any]

    def open(self, login: str, path: str, size: tuple[int, int] = WIDE) -> Page:
        secret = base64.b64encode(f"{login}:{PASSWORD}".encode()).decode()
        context = self.browser.new_context(
            locale="ru-RU",
            viewport={"width": size[0], "height": size[1]},
            extra_http_headers={"Authorization": f"Basic {secret}"},
        )
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = talkative(context.new_page())
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(f"{self.office.url}{path}")
        return page


@pytest.fixture
def windows(chromium: Browser, office: Office) -> Iterator[Windows]:
    opened = Windows(chromium, office, [], [])
    yield opened
    for context in opened.contexts:
        context.close()
    assert opened.errors == []


def fits(page: Page) -> None:
    """Nothing sticks out of the window sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{page.url} is {wide} pixels too wide"


def field(page: Page, code: str) -> Any:
    return page.locator(f"[data-field={code}]").locator("input, select, textarea").first


@sizes
def test_a_new_deal_survives_a_reload_and_names_its_duplicates(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    known = office.keep(a_deal(values={"counterparty": "ООО «Двойник»", "inn": COMPANY_INN}))
    page = windows.open("manager1", "/deals/new?direction=newClients", size)
    field(page, "counterparty").fill("ООО «Сад и лес»")
    field(page, "inn").fill("7712345672")
    expect(page.locator("[data-field=inn] .deal-error")).to_contain_text("контрольные цифры")
    field(page, "inn").fill(COMPANY_INN)
    expect(page.locator(".duplicates")).to_contain_text(known)
    fits(page)

    page.reload()
    expect(field(page, "counterparty")).to_have_value("ООО «Сад и лес»")
    page.get_by_role("button", name="Создать сделку").dblclick()
    page.wait_for_url("**/deals/D-*")

    deal_id = page.url.rpartition("/")[2]
    expect(page.get_by_role("heading", level=1)).to_contain_text("ООО «Сад и лес»")
    mine = office.person("manager1").get("/deals?text=Сад и лес&limit=200").json()["items"]
    assert [one["id"] for one in mine if one["id"] >= deal_id] == [deal_id]
    page.goto(f"{office.url}/deals/new?direction=newClients")
    expect(field(page, "counterparty")).to_have_value("")


@sizes
def test_what_is_missing_leads_to_its_field_and_the_past_can_be_seen(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    deal_id = office.a_deal(counterparty="ООО «Прежнее»", inn=COMPANY_INN)
    office.person("manager1").post(f"/deals/{deal_id}/stage", {"stage": "collectingDocuments"})
    page = windows.open("manager1", f"/deals/{deal_id}", size)
    fits(page)

    page.locator(".missing").get_by_role("link", name="ОГРН").press("Enter")
    expect(field(page, "ogrn")).to_be_focused()
    field(page, "counterparty").fill("ООО «Новое»")
    page.reload()
    expect(field(page, "counterparty")).to_have_value("ООО «Новое»")
    page.get_by_role("button", name="Сохранить", exact=True).click()
    expect(page.locator("#news")).to_contain_text("Сохранено")
    change = page.locator(".timeline li", has_text="ООО «Прежнее»").filter(has_text="→").first
    expect(change).to_contain_text("ООО «Новое»")
    fits(page)

    page.locator(".timeline li", has_text="Сделка создана").get_by_role("button").click()
    expect(page.get_by_text("Так сделка выглядела")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ООО «Прежнее»")
    expect(page.get_by_role("button", name="Изменить")).to_have_count(0)


def test_two_ways_into_the_card_at_once_open_one_editor(windows: Windows, office: Office) -> None:
    """A second editor would take away what is typed in the first."""
    deal_id = office.a_deal(counterparty="ООО «Прежнее»", inn=COMPANY_INN)
    office.person("manager1").post(f"/deals/{deal_id}/stage", {"stage": "collectingDocuments"})
    page = windows.open("manager1", f"/deals/{deal_id}")
    held: list[Route] = []
    page.route("**/api/v1/directions/*/values", lambda route: held.append(route))

    page.locator(".missing").get_by_role("link", name="ОГРН").press("Enter")
    page.get_by_role("button", name="Изменить").click()
    for route in held:
        route.continue_()
    page.unroute("**/api/v1/directions/*/values")

    expect(field(page, "counterparty")).to_be_visible()
    asked = [route.request.url for route in held]
    assert asked
    assert len(asked) == len(set(asked))


def test_a_change_before_the_stream_opens_is_shown(windows: Windows, office: Office) -> None:
    deal_id = office.a_deal(counterparty="ООО «Прежнее»")
    page = windows.open("manager1", "/login")
    held: list[Route] = []
    page.route("**/api/v1/events?*", lambda route: held.append(route))
    page.goto(f"{office.url}/deals/{deal_id}")
    title = page.get_by_role("heading", level=1)
    expect(title).to_contain_text("ООО «Прежнее»")
    while not held:
        page.wait_for_timeout(50)

    other, change = office.person("manager1"), {"fields": {"counterparty": "ООО «Новое»"}}
    other.patch(f"/deals/{deal_id}", change, headers=other.seen(f"/deals/{deal_id}"))
    for route in held:
        route.continue_()

    expect(title).to_contain_text("ООО «Новое»")


@sizes
def test_the_picture_of_the_process_stands_at_the_position_of_the_deal(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    deal_id = office.a_deal(counterparty="ООО «Схема»")
    main, _ = with_history(office, deal_id)
    page = windows.open("manager1", f"/deals/{deal_id}", size)

    page.get_by_text("Схема процесса").press("Enter")
    page.get_by_role("button", name="Новый клиент: идёт").click()
    frame = page.get_by_role("region", name="Схема «Новый клиент»")
    frame.scroll_into_view_if_needed()
    expect(frame.locator("[data-element=Task_ApproveTerms]")).to_be_in_viewport()
    expect(page.locator(".legend")).to_contain_text("Сейчас: «Согласовать условия»")
    expect(page.locator("#process .timeline")).to_contain_text("Собрать документы · Имя manager1")
    fits(page)
    assert violations(page) == []
    page.get_by_role("button", name="Схема целиком").press("Enter")
    inside = frame.evaluate("e => e.firstChild.clientWidth <= e.clientWidth")
    assert inside
    office.engine.visits[main] += [
        visit("Task_RenegotiateTerms", "userTask", 20, None, assignee="manager1")
    ]
    other = office.person("manager1")
    change = {"fields": {"counterparty": "ООО «Дальше»"}}
    other.patch(f"/deals/{deal_id}", change, headers=other.seen(f"/deals/{deal_id}"))
    expect(page.locator(".legend")).to_contain_text("«Пересогласовать условия»")


@sizes
def test_goods_are_pasted_from_a_spreadsheet_corrected_and_survive_a_conflict(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    deal_id = office.a_deal(counterparty="ООО «Товары»")
    page = windows.open("manager1", f"/deals/{deal_id}", size)
    page.get_by_role("button", name="Изменить").click()
    goods = page.locator("[data-field=goods]")
    goods.get_by_text("Вставить из Excel").click()
    goods.get_by_label("Строки, скопированные").fill(
        "Номенклатура\tАртикул\tКол-во\tЦена\tСумма\n"
        "Пила цепная\tПЦ-16\t2\t8 990,50\t17 981,00\n"
        '"Масло ""Стандарт"",\n1 л"\tМ-1\tдва\t\t'
    )
    goods.get_by_role("button", name="Добавить строки").click()
    expect(goods.locator("output")).to_have_text("17\u00a0981 ₽")
    expect(goods.locator("tbody tr")).to_have_count(2)
    fits(page)
    assert violations(page) == []
    page.get_by_role("button", name="Сохранить", exact=True).click()
    expect(goods.locator(".deal-error")).to_contain_text("Строка 2: укажите количество")
    expect(goods.get_by_label("Кол-во, строка 2")).to_have_attribute("aria-invalid", "true")
    expect(goods.get_by_label("Кол-во, строка 1")).to_have_attribute("aria-invalid", "false")

    other = office.person("manager1")
    theirs = {"fields": {"goods": [{"name": "Чужое", "quantity": "1"}]}}
    other.patch(f"/deals/{deal_id}", theirs, headers=other.seen(f"/deals/{deal_id}"))
    expect(goods).to_contain_text("Сейчас в карточке: 1 позиция, без цены: 1")
    page.reload()
    expect(goods.get_by_label("Наименование, строка 2")).to_have_value('Масло "Стандарт", 1 л')
    goods.get_by_label("Кол-во, строка 2").fill("2,5")
    page.get_by_role("button", name="Сохранить", exact=True).click()

    expect(page.locator("#news")).to_contain_text("Сохранено")
    table = page.locator("#card .deal-goods")
    expect(table.locator("tbody tr").first).to_contain_text("8\u00a0990,50")
    expect(table.locator("tfoot")).to_contain_text("17\u00a0981 ₽")
    told = "2 позиции на 17\u00a0981\u00a0₽, без цены: 1"
    expect(page.locator(".timeline")).to_contain_text(told)
    groups = other.get(f"/deals/{deal_id}").json()["groups"]
    fields = {one["code"]: one["value"] for group in groups for one in group["fields"]}
    stored = [(one["article"], one["quantity"], one["price"]) for one in fields["goods"]]
    assert stored == [("ПЦ-16", "2", "8990.50"), ("М-1", "2.5", None)]
    fits(page)
    assert violations(page) == []


def test_a_dropped_file_is_stored_and_shown(windows: Windows, office: Office) -> None:
    deal_id = office.a_deal()
    page = windows.open("manager1", f"/deals/{deal_id}")
    place = page.locator("[data-field=companyCard]")

    place.locator("input[type=file]").set_input_files(
        {"name": "Карточка.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )

    expect(place.get_by_role("link", name="Карточка.pdf")).to_be_visible()
    stored = office.person("manager1").get(f"/deals/{deal_id}").json()["files"]
    assert [file["name"] for file in stored] == ["Карточка.pdf"]


def test_the_approval_sheet_is_printed_with_every_decision(
    windows: Windows, office: Office
) -> None:
    deal_id = office.keep(a_ready_deal(stage="termsApproval"))
    a_round(office, deal_id, 1, RoundState.REJECTED, limit="900000.00")
    a_decision(
        office, deal_id, 1, "head", changed={"limit": {"old": "900000.00", "new": "500000.00"}}
    )
    a_round(office, deal_id, 2, RoundState.OPEN, limit="500000.00")
    approved = {"outcome": DecisionOutcome.APPROVED, "comment": ""}
    a_decision(office, deal_id, 2, "head", **approved)
    page = windows.open("manager1", f"/deals/{deal_id}")
    page.evaluate("window.print = () => {}")

    page.get_by_role("button", name="Напечатать лист…").click()
    page.emulate_media(media="print")

    sheet = page.locator(".sheet article")
    expect(sheet).to_be_visible()
    expect(page.locator("body > header")).to_be_hidden()
    expect(page.locator(".deal-page")).to_be_hidden()
    expect(sheet.get_by_role("heading", level=2)).to_have_text(["Круг 1: отклонён", "Круг 2: идёт"])
    rows = sheet.locator("section tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Лимит велик.")
    expect(rows.first).to_contain_text("Имя salesHead, Руководитель отдела продаж")
    expect(rows.last).to_contain_text("согласовано")
    expect(sheet.locator(".sheet-facts")).to_contain_text("Садовый мир")
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(sheet).to_have_count(0)
    expect(page.locator(".deal-page")).to_be_visible()


@sizes
def test_a_person_chooses_what_comes_by_mail_and_at_the_bell(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    head, digest = office.person("salesHead"), "/notifications/preferences/digest"
    head.put(digest, {"mail": True, "bell": True})
    page = windows.open("salesHead", "/notifications", size)

    page.get_by_text("Что и как мне присылать").press("Enter")
    letter = page.get_by_role("checkbox", name="Письмо: Утренняя сводка")
    expect(letter).to_be_checked()
    letter.press("Space")
    expect(page.locator("#news")).to_contain_text("Сохранено")
    fits(page)
    assert violations(page) == []
    chosen = head.get("/notifications/preferences").json()["items"][-1]
    assert (chosen["kind"], chosen["mail"], chosen["bell"]) == ("digest", False, True)
    page.route("**/api/v1/notifications/preferences/*", lambda route: route.abort())
    bell = page.get_by_role("checkbox", name="Колокольчик: Утренняя сводка")
    bell.press("Space")
    expect(page.locator("#news")).to_contain_text("Ответ не пришёл")
    expect(bell).to_be_checked()
    page.unroute("**/api/v1/notifications/preferences/*")
    page.reload()
    page.get_by_text("Что и как мне присылать").click()
    expect(letter).not_to_be_checked()
    letter.check()
    expect(page.locator("#news")).to_contain_text("Сохранено")


@sizes
def test_a_picture_and_a_pdf_are_seen_without_leaving_the_deal(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    deal_id = office.a_deal()
    manager = office.person("manager1")
    manager.upload(deal_id, "companyCard", "Карточка.pdf", PDF)
    manager.upload(deal_id, "signatureCard", "Подписи.png", a_png(640, 480))
    manager.upload(deal_id, "charterFirstPage", "Устав.docx", a_docx())
    page = windows.open("manager1", f"/deals/{deal_id}", size)
    dialog = page.get_by_role("dialog")

    picture = page.locator("#documents").get_by_role("link", name="Подписи.png")
    picture.press("Enter")
    loaded = dialog.get_by_role("img", name="Подписи.png")
    expect(loaded).to_be_visible()
    page.wait_for_function("document.querySelector('dialog img').naturalWidth === 640")
    expect(dialog.get_by_role("alert")).to_be_hidden()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(picture).to_be_focused()

    with page.expect_response(lambda answer: "/files/" in answer.url) as answered:
        page.locator("#documents").get_by_role("link", name="Карточка.pdf").click()
    expect(dialog.locator("iframe[title='Документ «Карточка.pdf»']")).to_be_visible()
    assert answered.value.status == 200
    assert answered.value.headers["content-type"] == "application/pdf"
    dialog.get_by_role("button", name="Закрыть").click()
    expect(dialog).to_have_count(0)
    assert page.url.endswith(f"/deals/{deal_id}")
    word = page.locator("#documents").get_by_role("link", name="Устав.docx")
    assert word.get_attribute("data-preview") is None
    assert word.get_attribute("download") == "Устав.docx"


def test_two_people_who_change_one_deal_do_not_overwrite_each_other(
    windows: Windows, office: Office
) -> None:
    deal_id = office.a_deal(counterparty="ООО «Было»")
    page = windows.open("manager1", f"/deals/{deal_id}")
    page.get_by_role("button", name="Изменить").click()
    field(page, "counterparty").fill("ООО «Моё»")
    other = office.person("manager1")

    changes = [{"fields": {"counterparty": "ООО «Чужое»"}}]

    def be_first(route: Route) -> None:
        """Change the deal while the page's change is on its way: news of it come too late."""
        if route.request.method == "PATCH" and changes:
            seen = other.seen(f"/deals/{deal_id}")
            other.patch(f"/deals/{deal_id}", changes.pop(), headers=seen)
        route.continue_()

    page.route(f"**/api/v1/deals/{deal_id}", be_first)
    page.get_by_role("button", name="Сохранить", exact=True).click()

    expect(page.locator("#card [role=alert]")).to_contain_text("Контрагент")
    expect(field(page, "counterparty")).to_have_value("ООО «Моё»")
    expect(page.locator("[data-field=counterparty]")).to_contain_text("ООО «Чужое»")
    third = {"fields": {"subject": "Пилы к весне"}}
    other.patch(f"/deals/{deal_id}", third, headers=other.seen(f"/deals/{deal_id}"))
    expect(field(page, "subject")).to_have_value("Пилы к весне")
    expect(page.locator("[data-field=counterparty]")).to_contain_text("ООО «Чужое»")
    expect(page.locator("#card [role=alert]")).to_contain_text("Контрагент")
    page.get_by_role("button", name="Сохранить", exact=True).click()
    expect(page.locator("#news")).to_contain_text("Сохранено")
    expect(page.get_by_role("heading", level=1)).to_contain_text("ООО «Моё»")


@sizes
def test_a_card_moves_from_the_keyboard_and_says_what_is_missing(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    deal_id = office.a_deal(counterparty=f"ООО «Клавиши {size[0]}»")
    office.engine.tasks.append(
        StandInTask(f"k{deal_id}", "Task_CollectDocuments", deal_id, "manager1", name="Собрать")
    )
    page = windows.open("manager1", "/board?direction=newClients", size)
    move = page.get_by_role("button", name=f"Переместить: ООО «Клавиши {size[0]}»")
    fits(page)

    move.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Сбор документов").press("Enter")
    expect(page.locator("#news")).to_contain_text("Сбор документов")
    column = page.locator(".column[data-stage=collectingDocuments]")
    expect(column).to_contain_text(f"ООО «Клавиши {size[0]}»")
    expect(page.locator(f"[data-key='{deal_id}']")).to_be_focused()
    move.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Условия согласования").press("Enter")
    missing = page.get_by_role("dialog").get_by_role("link", name="ОГРН")
    assert missing.get_attribute("href") == f"/deals/{deal_id}#ogrn"
    missing.click()

    expect(field(page, "ogrn")).to_be_focused()


def drag(source: Locator, target: Locator) -> None:
    """Drag by the events of the browser: on a loaded machine the moves of a played mouse overtake
    the beginning of the drag, and nothing is dropped."""
    held = source.evaluate_handle("() => new DataTransfer()")
    source.dispatch_event("dragstart", {"dataTransfer": held})
    for kind in ("dragenter", "dragover", "drop"):
        target.dispatch_event(kind, {"dataTransfer": held})


def test_a_card_is_dragged_to_an_allowed_stage_only(windows: Windows, office: Office) -> None:
    deal_id = office.keep(a_ready_deal(stage="collectingDocuments"))
    page = windows.open("manager1", "/board?direction=newClients")
    card = page.locator(".card", has_text=deal_id)

    drag(card, page.locator(".column[data-stage=newClient] .cards"))
    expect(page.locator(".column[data-stage=newClient]")).to_have_class("column refused")
    card.dispatch_event("dragend")
    expect(page.locator(".column[data-stage=newClient]")).to_have_class("column")
    assert office.person("manager1").get(f"/deals/{deal_id}").json()["version"] == 1
    drag(card, page.locator(".column[data-stage=termsApproval] .cards"))

    expect(page.locator(".column[data-stage=termsApproval]")).to_contain_text(deal_id)
    stage = office.person("manager1").get(f"/deals/{deal_id}").json()["stage"]["code"]
    assert stage == "termsApproval"


SCROLLED = """count => {
  const list = document.querySelector(".column[data-stage=registered] .cards");
  list.scrollTo(0, 1e6);
  return list.querySelectorAll(".card").length >= count;
}"""


def test_a_long_column_loads_as_one_scrolls(windows: Windows, office: Office) -> None:
    deals = [office.keep(a_deal(direction="claims", stage="registered")) for _ in range(45)]
    page = windows.open("manager1", "/board?direction=claims")
    cards = page.locator(".column[data-stage=registered] .card")
    expect(page.locator(".column[data-stage=registered] header")).to_contain_text("45")
    expect(cards).to_have_count(20)

    for count in (40, 45):  # news may replace the list between two looks: scroll what is shown now
        page.wait_for_function(SCROLLED, arg=count)
        expect(cards).to_have_count(count)

    expect(cards.locator(".facts span:first-child")).to_have_text(deals[::-1])


@sizes
def test_a_deal_is_found_from_the_header_of_any_page(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    values = {"counterparty": f"ООО «Находка {size[0]}»", "contactPhone": "+7 812 555-01-02"}
    deal_id = office.keep(a_deal(values=values))
    page = windows.open("manager1", "/deals", size)
    fits(page)

    search = page.get_by_role("searchbox", name="Найти сделку")
    search.fill("8 812 5550102")
    search.press("Enter")
    expect(page.locator(".found")).to_contain_text("совпало: Телефон")
    fits(page)
    page.locator(".found li", has_text=deal_id).get_by_role("link").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(f"ООО «Находка {size[0]}»")


def test_a_late_answer_does_not_replace_what_was_chosen_after_it(
    windows: Windows, office: Office
) -> None:
    stage = office.database.catalog.directions["claims"].first_stage.code
    wanted = office.keep(a_deal(direction="claims", stage=stage))
    other = office.keep(a_deal(values={"counterparty": "ООО «Другое направление»"}))
    page = windows.open("salesHead", "/deals?direction=claims&open=")
    expect(page.locator("tbody")).to_contain_text(wanted)
    held: list[Route] = []
    page.route("**/api/v1/deals?limit=50", lambda route: held.append(route))
    with page.expect_request("**/api/v1/deals?limit=50"):
        page.get_by_label("Направление", exact=True).select_option("")
    with page.expect_response("**/api/v1/deals?direction=claims*"):
        page.get_by_label("Направление", exact=True).select_option("claims")

    with page.expect_response("**/api/v1/deals?limit=50") as late:
        for route in held:
            route.continue_()
    late.value.finished()
    page.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(done), 300))")

    expect(page.locator("tbody")).to_contain_text(wanted)
    expect(page.locator("tbody")).not_to_contain_text(other)


def test_a_head_filters_saves_the_filter_and_gives_deals_away(
    windows: Windows, office: Office
) -> None:
    stage = office.database.catalog.directions["tenders"].first_stage.code
    deal = a_deal(direction="tenders", stage=stage, values={"counterparty": "АО «Отдать»"})
    given = office.keep(deal)
    page = windows.open("salesHead", "/deals")
    page.get_by_label("Направление", exact=True).select_option("tenders")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Сохранить отбор…").click()
    page.get_by_role("dialog").get_by_label("Название").fill("Тендеры")
    page.get_by_role("dialog").get_by_role("button", name="Сохранить").click()
    expect(page.get_by_role("link", name="Тендеры", exact=True)).to_be_visible()

    page.get_by_label(f"Выбрать: АО «Отдать», {given}").check()
    page.get_by_role("button", name="Передать менеджеру…").click()
    page.get_by_role("dialog").get_by_label("Новый менеджер").select_option("manager2")
    page.get_by_role("dialog").get_by_role("button", name="Передать", exact=True).click()

    expect(page.locator("#news")).to_contain_text("Передано: 1.")
    expect(page.locator("tbody tr")).to_contain_text("manager2")
    # Chromium downloads without the header by which this window is logged in.
    address = page.get_by_role("link", name="Выгрузить CSV").get_attribute("href")
    assert given in office.person("salesHead").http.get(str(address)).text
    managers = windows.open("manager2", "/deals")
    expect(managers.locator("tbody tr")).to_contain_text("АО «Отдать»")
    expect(managers.get_by_role("checkbox")).to_have_count(0)
