"""The phone page without a network, in a real Chromium and over real HTTP."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.support.axe import violations
from tests.browser.support.desk import PHONE
from tests.browser.support.form_stand import a_window
from tests.browser.support.road import Road, a_road

pytestmark = pytest.mark.browser

KEPT = "navigator.serviceWorker.ready.then(({active}) => active.scriptURL)"
CACHED = """async () => (await Promise.all((await caches.keys()).map(async (name) =>
    (await (await caches.open(name)).keys()).map(({url}) => new URL(url).pathname)))).flat()"""


@pytest.fixture
def road() -> Iterator[Road]:
    with a_road() as served:
        yield served


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    with a_window(chromium, **PHONE["viewport"]) as page:  # type: ignore[arg-type]
        yield page


def visit(page: Page, road: Road) -> None:
    """Open the page and wait until the browser has kept it."""
    page.goto(f"{road.url}/phone")
    expect(page.locator("deal-form .deal-bar")).to_be_visible()
    assert page.evaluate(KEPT) == f"{road.url}/sw.js"


def test_after_a_visit_the_page_opens_without_a_network(phone: Page, road: Road) -> None:
    visit(phone, road)
    phone.context.set_offline(True)
    asked = len(road.asked)
    phone.reload()

    expect(phone.get_by_role("heading", level=1)).to_have_text("Не загрузилось")
    assert road.asked[asked:] == []
    assert violations(phone) == []
    phone.context.set_offline(False)
    phone.get_by_role("button", name="Повторить").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Доставить заказ")


def test_what_the_browser_keeps_has_no_answer_of_the_api(phone: Page, road: Road) -> None:
    visit(phone, road)
    kept = phone.evaluate(CACHED)

    assert "/phone" in kept
    assert [path for path in kept if path != "/phone" and not path.startswith("/desk/")] == []


def test_an_ended_session_leads_to_the_login_and_back(phone: Page, road: Road) -> None:
    visit(phone, road)
    road.login = None
    phone.reload()
    phone.get_by_label("Логин").fill("driver1")
    phone.get_by_label("Пароль").fill("geheim")
    phone.get_by_role("button", name="Войти").click()

    expect(phone.get_by_role("heading", level=1)).to_have_text("Доставить заказ")


def test_the_browser_finds_nothing_that_forbids_the_installation(
    chromium: Browser, phone: Page, road: Road
) -> None:
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
