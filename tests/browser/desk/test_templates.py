"""Document templates in a real browser: the administrator keeps them, the lawyer uses them."""

import io
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from db.domain.documents.placeholders import TemplateKind
from db.domain.documents.templates import Template, TemplateVersion
from tests.browser.desk.test_deal_pages import Windows, fits, office, sizes, windows
from tests.browser.support.axe import violations
from tests.browser.support.form_stand import Stand, a_window
from tests.integration.api.conftest import Office
from tests.integration.api.engine_stand_in import StandInTask
from tests.support.builders import NOW, a_deal
from tests.support.documents.samples import a_docx
from tests.support.documents.templates import CONTRACT

pytestmark = pytest.mark.browser
__all__ = ["office", "windows"]  # fixtures
USED = "11111111-2222-3333-4444-555555555555"
EXPRESSIONS = ("Номер сделки", "Контрагент", "инн", "Лимит", "limit | прописью", "Телефон")


def send(page: Page, button: str, folder: Path, content: bytes) -> None:
    file = folder / "Договор поставки.docx"
    file.write_bytes(content)
    page.get_by_label("Файл Word").set_input_files(file)
    page.get_by_role("button", name=button, exact=True).click()


@sizes
def test_an_administrator_adds_replaces_and_retires_a_template(
    windows: Windows, office: Office, tmp_path: Path, size: tuple[int, int]
) -> None:
    name = f"Лист {size[0]}"
    page = windows.open("admin1", "/lists#templates", size)

    page.get_by_role("button", name="Добавить шаблон").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Название").fill(name)
    dialog.get_by_label("Вид").select_option("Лист согласования")
    dialog.get_by_label("Новые клиенты").check()
    send(page, "Проверить и добавить", tmp_path, a_docx("{{Контагент}} и {{Погода}}"))
    problems = dialog.get_by_role("alert").get_by_role("listitem")
    expect(problems).to_have_count(2)
    expect(problems.first).to_contain_text("возможно, «Контрагент» (основной текст, абзац 1")
    assert violations(page) == []
    fits(page)
    send(page, "Проверить и добавить", tmp_path, CONTRACT)
    row = page.locator("tbody tr", has_text=name)
    expect(row).to_contain_text("Лист согласованияНовые клиенты")

    row.get_by_role("button", name=f"Новая версия: {name}").click()
    send(page, "Проверить и загрузить", tmp_path, a_docx("{{ИНН}}"))
    expect(row).to_contain_text("1 прежняя версия")
    page.get_by_text("Что можно подставить").click()
    expect(page.get_by_text("{{Товар.Цена}}")).to_be_visible()
    assert violations(page) == []
    fits(page)

    row.get_by_role("button", name=f"Вывести из работы: {name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Вывести из работы").click()
    expect(row).to_have_count(0)
    page.get_by_label("Показать выведенные из работы").check()
    expect(row.get_by_role("button", name=f"Вернуть в работу: {name}")).to_be_visible()


@sizes
def test_the_lawyer_sees_the_contract_and_downloads_what_was_shown(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    values = {"counterparty": "ООО «Садовый мир»", "inn": "7712345671", "limit": "1500000.00"}
    deal_id = office.keep(a_deal(values=values))
    version = TemplateVersion(1, "д.docx", len(CONTRACT), "1" * 64, EXPRESSIONS, "admin1", NOW)
    with office.database.writing() as store:
        for other in store.templates.all():
            if other.id != USED:  # the only one in use is shown at once
                store.templates.set_retired(other.id, "admin1", NOW)
        if store.templates.get(USED) is None:
            contract = Template(USED, TemplateKind.CONTRACT, "Договор поставки", (), (version,))
            store.templates.add(contract, CONTRACT)
    office.engine.tasks = [StandInTask("task-t", "Task_EnterContract", deal_id, "lawyer1")]
    page = windows.open("lawyer1", f"/deals/{deal_id}", size)

    page.get_by_role("button", name="Договор по шаблону").click()
    dialog = page.get_by_role("dialog", name="Договор по шаблону")
    paper = dialog.get_by_role("region", name="Что написано в документе")
    expect(paper).to_contain_text(f"Договор № {deal_id}")
    expect(paper).to_contain_text("Один миллион пятьсот тысяч рублей 00 копеек")
    expect(dialog).to_contain_text("останется пустым: Телефон")
    assert violations(page) == []
    fits(page)
    with page.expect_download() as started:
        dialog.get_by_role("button", name="Скачать для Word").click()
    assert started.value.suggested_filename == f"Договор поставки {deal_id}.docx"
    with zipfile.ZipFile(io.BytesIO(Path(started.value.path()).read_bytes())) as archive:
        assert "ООО «Садовый мир»" in archive.read("word/document.xml").decode()

    manager = office.person("manager1")
    seen = manager.seen(f"/deals/{deal_id}")
    manager.patch(f"/deals/{deal_id}", {"fields": {"contactPhone": "+7 495 1"}}, headers=seen)
    dialog.get_by_role("button", name="Скачать для Word").click()
    expect(dialog.get_by_role("alert")).to_contain_text("изменили после просмотра")
    dialog.get_by_role("button", name="Посмотреть заново").click()
    expect(paper).to_contain_text("Телефон +7 495 1")


@sizes
def test_the_form_of_the_lawyer_offers_the_templates(
    chromium: Browser, size: tuple[int, int]
) -> None:
    offered = {"id": USED, "kind": "contract", "name": "Договор поставки", "version": 1}
    other = {**offered, "id": "other", "name": "Договор с отсрочкой"}
    block = {"text": "Предмет договора ____________", "heading": True, "align": "", "rows": []}
    preview = {
        **other,
        "fingerprint": "0" * 64,
        "fileName": "Договор.docx",
        "sections": [{"name": "основной текст", "blocks": [block]}],
        "missing": [],
        "undeclined": ["Иванов И. И."],
    }
    with a_window(chromium, *size) as page:
        Stand(page).open("draft-contract.html")
        page.route("**/templates", lambda route: route.fulfill(json={"items": [offered, other]}))
        page.route("**/templates/other", lambda route: route.fulfill(json=preview))

        page.get_by_role("button", name="Договор по шаблону").click()
        dialog = page.get_by_role("dialog", name="Договор по шаблону")
        expect(dialog.get_by_role("alert")).to_be_visible()  # the stand has no first template
        dialog.get_by_label("Шаблон").select_option("Договор с отсрочкой")
        expect(dialog.get_by_role("region")).to_contain_text("Предмет договора")
        expect(dialog).to_contain_text("Просклоняйте в Word сами: Иванов И. И.")
        expect(dialog.get_by_role("button", name="Скачать для Word")).to_be_enabled()
        assert violations(page) == []
        fits(page)
        dialog.get_by_role("button", name="Закрыть").click()
        expect(dialog).to_have_count(0)
