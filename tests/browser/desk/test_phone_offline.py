"""The phone page without a network, in a real Chromium and over real HTTP."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.support.axe import violations
from tests.browser.support.desk import PHONE
from tests.browser.support.form_stand import TASK, a_window
from tests.browser.support.road import Road, a_road

pytestmark = pytest.mark.browser

FIRST, SECOND = "Доставить заказ", "Доставить по второму адресу"
DELIVERED = "Доставлено"
SENT = {"answer": "delivered", "fileId": "file-1", "reason": None}
CACHED = """async () => (await Promise.all((await caches.keys()).map(async (name) =>
    (await (await caches.open(name)).keys()).map(({url}) => new URL(url).pathname)))).flat()"""


@pytest.fixture(scope="module")
def chromium(chromium_with_windows: Browser) -> Browser:
    return chromium_with_windows


@pytest.fixture
def road() -> Iterator[Road]:
    with a_road() as served:
        yield served


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    with a_window(chromium, **PHONE["viewport"]) as page:  # type: ignore[arg-type]
        yield page


def visit(page: Page, road: Road) -> None:
    """Open the page and wait until it says that it works without a network."""
    page.goto(f"{road.url}/phone")
    expect(page.locator("deal-form .deal-bar")).to_be_visible()
    expect(page.get_by_text("Открываются и без связи: 2 ваших дела")).to_be_visible()


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def waiting(page: Page) -> Locator:
    return page.get_by_role("region", name="Не отправлено")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).last.click()


def take_photo(page: Page) -> None:
    photo = {"name": "фото.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0"}
    page.locator("input[type=file]").set_input_files([photo])  # type: ignore[arg-type]
    expect(page.locator("deal-form .deal-file")).to_contain_text("фото.jpg")


def deliver(page: Page) -> None:
    """Photograph the paper and press, with or without a network."""
    take_photo(page)
    press(page, DELIVERED)
    expect(heading(page)).to_have_text(SECOND)


def log_in(page: Page, login: str) -> None:
    page.get_by_label("Логин").fill(login)
    page.get_by_label("Пароль").fill("geheim")
    page.get_by_role("button", name="Войти", exact=True).click()


def test_after_a_visit_the_own_tasks_open_without_a_network(phone: Page, road: Road) -> None:
    visit(phone, road)
    phone.context.set_offline(True)
    asked = len(road.asked)
    phone.reload()

    expect(heading(phone)).to_have_text(FIRST)
    expect(phone.locator("deal-form .deal-bar")).to_be_visible()
    assert violations(phone) == []
    phone.locator(".later button", has_text=SECOND).click()
    expect(heading(phone)).to_have_text(SECOND)
    expect(phone.locator("deal-form .deal-bar")).to_be_visible()
    assert road.asked[asked:] == []


def test_a_photo_and_a_press_survive_a_reload_and_are_sent_once_in_order(
    phone: Page, road: Road
) -> None:
    visit(phone, road)
    phone.context.set_offline(True)
    take_photo(phone)
    expect(phone.locator("deal-form .deal-file")).to_contain_text("ждёт отправки")
    phone.reload()
    expect(phone.locator("deal-form .deal-file")).to_contain_text("ждёт отправки")
    press(phone, DELIVERED)
    expect(heading(phone)).to_have_text(SECOND)
    phone.reload()

    expect(heading(phone)).to_have_text(SECOND)
    expect(waiting(phone)).to_contain_text("Не отправлено: 2 действия")
    expect(waiting(phone)).to_contain_text("Нет связи")
    assert violations(phone) == []
    phone.get_by_role("button", name="Отправить сейчас").click()
    expect(phone.locator("#news")).to_contain_text("Связи всё ещё нет")
    assert (road.pressed, road.files) == ([], {})

    phone.context.set_offline(False)
    expect(waiting(phone)).to_be_hidden()
    assert road.pressed == [("driver1", TASK, SENT)]
    assert list(road.files.values()) == [("driver1", "фото.jpg")]
    expect(phone.locator("#news")).to_contain_text(f"Отправлено: {FIRST}, «{DELIVERED}»")


def test_lost_answers_make_nothing_twice(phone: Page, road: Road) -> None:
    visit(phone, road)
    road.lost = {"signedUpdFile", "submit-form"}
    deliver(phone)
    while road.lost:  # what was lost is tried again when the person says so
        phone.get_by_role("button", name="Отправить сейчас").click()
        expect(waiting(phone)).not_to_contain_text("Отправляем")
    phone.get_by_role("button", name="Отправить сейчас").click()

    expect(waiting(phone)).to_be_hidden()
    assert road.pressed == [("driver1", TASK, SENT)]
    assert list(road.files.values()) == [("driver1", "фото.jpg")]


def test_another_person_neither_sees_nor_sends_what_waits(phone: Page, road: Road) -> None:
    visit(phone, road)
    phone.context.set_offline(True)
    deliver(phone)
    road.login = None
    phone.context.set_offline(False)
    log_in(phone, "driver2")

    expect(phone.locator("#who")).to_have_text("Олег Сменщик")
    expect(phone.locator(".empty")).to_be_visible()
    expect(waiting(phone)).to_be_hidden()
    phone.context.set_offline(True)
    phone.reload()
    expect(phone.locator(".empty")).to_be_visible()
    expect(phone.get_by_text("Садовый мир")).to_have_count(0)
    phone.context.set_offline(False)
    assert (road.pressed, road.files) == ([], {})

    phone.get_by_role("button", name="Выйти").click()
    log_in(phone, "driver1")
    expect(phone.locator("#who")).to_have_text("Сергей Водитель")
    phone.goto(f"{road.url}/phone")
    expect(phone.locator("#news")).to_contain_text("Отправлено")
    assert road.pressed == [("driver1", TASK, SENT)]


def test_after_an_ended_session_the_person_logs_in_and_everything_goes(
    phone: Page, road: Road
) -> None:
    visit(phone, road)
    phone.context.set_offline(True)
    deliver(phone)
    road.login = None
    phone.context.set_offline(False)
    log_in(phone, "driver1")

    expect(waiting(phone)).to_be_hidden()
    assert road.pressed == [("driver1", TASK, SENT)]


def test_what_a_colleague_did_first_is_said_and_stays_until_it_is_removed(
    phone: Page, road: Road
) -> None:
    visit(phone, road)
    phone.context.set_offline(True)
    press(phone, "Не доставлено…")
    phone.get_by_label("Что помешало").fill("Ворота закрыты")
    press(phone, "Не доставлено")
    expect(heading(phone)).to_have_text(SECOND)
    road.ends(TASK, "driver2")
    phone.context.set_offline(False)

    expect(waiting(phone)).to_contain_text("Задачу уже выполнил или забрал другой сотрудник")
    expect(waiting(phone)).to_contain_text("Ворота закрыты")
    assert violations(phone) == []
    phone.reload()
    expect(waiting(phone)).to_contain_text("Ворота закрыты")
    phone.get_by_role("button", name="Убрать").click()
    phone.get_by_role("dialog").get_by_role("button", name="Убрать").click()
    expect(waiting(phone)).to_be_hidden()
    assert road.pressed == []


def test_a_refused_press_is_mended_with_what_was_typed(phone: Page, road: Road) -> None:
    visit(phone, road)
    phone.context.set_offline(True)
    press(phone, "Не доставлено…")
    phone.get_by_label("Что помешало").fill("Ворота закрыты")
    press(phone, "Не доставлено")
    expect(heading(phone)).to_have_text(SECOND)
    road.refused["submit-form"] = (422, {"code": "TEXT_REFUSED", "message": "Напишите подробнее."})
    phone.context.set_offline(False)
    expect(waiting(phone)).to_contain_text("Напишите подробнее.")

    phone.get_by_role("button", name="Открыть задачу").click()
    expect(phone.get_by_label("Что помешало")).to_have_value("Ворота закрыты")
    expect(waiting(phone)).to_be_hidden()
    press(phone, "Не доставлено")
    expect(phone.locator("deal-form [role=alert]", has_text="подробнее")).to_be_visible()
    expect(phone.get_by_label("Что помешало")).to_have_value("Ворота закрыты")
    road.refused.clear()
    press(phone, "Не доставлено")
    expect(heading(phone)).to_have_text(SECOND)
    assert [values["reason"] for _, _, values in road.pressed] == ["Ворота закрыты"]


def test_a_press_waits_for_its_refused_photo_which_can_be_saved(phone: Page, road: Road) -> None:
    visit(phone, road)
    phone.context.set_offline(True)
    deliver(phone)
    road.refused["signedUpdFile"] = (422, {"code": "FILE_REFUSED", "detail": "Файл повреждён."})
    phone.context.set_offline(False)

    expect(waiting(phone)).to_contain_text("Файл повреждён.")
    with phone.expect_download() as saved:
        phone.get_by_role("button", name="Сохранить файл").click()
    assert saved.value.suggested_filename == "фото.jpg"
    assert road.pressed == []
    road.refused.clear()
    phone.get_by_role("button", name="Отправить ещё раз").click()
    expect(waiting(phone)).to_be_hidden()
    assert road.pressed == [("driver1", TASK, SENT)]


def test_another_photo_takes_the_place_of_a_refused_one(phone: Page, road: Road) -> None:
    visit(phone, road)
    phone.context.set_offline(True)
    deliver(phone)
    road.refused["signedUpdFile"] = (422, {"code": "FILE_REFUSED", "detail": "Файл повреждён."})
    phone.context.set_offline(False)
    phone.get_by_role("button", name="Открыть задачу").click()
    expect(heading(phone)).to_have_text(FIRST)
    expect(waiting(phone)).to_contain_text("Не отправлено: 1 действие")
    road.refused.clear()
    deliver(phone)

    expect(waiting(phone)).to_be_hidden()
    assert road.pressed == [("driver1", TASK, SENT)]


def test_who_logs_out_is_told_what_waits_and_leaves_nothing_to_read(
    phone: Page, road: Road
) -> None:
    visit(phone, road)
    phone.context.set_offline(True)
    deliver(phone)
    phone.get_by_role("button", name="Выйти").click()
    dialog = phone.get_by_role("dialog")
    expect(dialog).to_contain_text("Не отправлено: 2")
    assert violations(phone) == []
    dialog.get_by_role("button", name="Выйти").click()
    expect(phone.locator("#news")).to_contain_text("Нет связи, выйти не удалось")

    road.refused["submit-form"] = (503, {"message": "Движок процессов сейчас не отвечает."})
    phone.context.set_offline(False)
    expect(waiting(phone)).to_contain_text("Сервер пока не смог это принять")
    phone.get_by_role("button", name="Выйти").click()
    dialog.get_by_role("button", name="Выйти").click()
    expect(phone.get_by_label("Пароль")).to_be_visible()
    names = phone.evaluate("indexedDB.databases().then((all) => all.map(({name}) => name))")
    assert names == ["pit-outbox"]
    phone.context.set_offline(True)
    phone.goto(f"{road.url}/phone")
    expect(heading(phone)).to_have_text("Не загрузилось")
    expect(phone.get_by_text("Садовый мир")).to_have_count(0)


def test_what_the_browser_keeps_has_no_answer_of_the_api(phone: Page, road: Road) -> None:
    visit(phone, road)
    kept = phone.evaluate(CACHED)

    assert "/phone" in kept
    assert [path for path in kept if path != "/phone" and not path.startswith("/desk/")] == []


def test_an_ended_session_leads_to_the_login_and_back(phone: Page, road: Road) -> None:
    visit(phone, road)
    road.login = None
    phone.reload()
    log_in(phone, "driver1")

    expect(heading(phone)).to_have_text(FIRST)


def test_the_browser_finds_nothing_that_forbids_the_installation(phone: Page, road: Road) -> None:
    visit(phone, road)
    tools = phone.context.new_cdp_session(phone)
    told = tools.send("Page.getAppManifest")
    assert told["errors"] == []
    found = tools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Every window of the tests is private, and those install nothing.
    assert [one["errorId"] for one in found] == ["in-incognito"]


def test_the_offer_to_install_asks_the_browser(phone: Page, road: Road) -> None:
    visit(phone, road)
    phone.evaluate("""dispatchEvent(Object.assign(new Event('beforeinstallprompt'),
        {prompt: async () => { window.asked = true; }}))""")
    offer = phone.get_by_role("button", name="Добавить на экран телефона")
    expect(offer).to_be_visible()
    assert violations(phone) == []
    offer.click()

    expect(offer).to_be_hidden()
    assert phone.evaluate("window.asked")
