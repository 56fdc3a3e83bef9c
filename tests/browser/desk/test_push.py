"""Notifications by the browser in a real Chromium: its switch, what is shown, what a click opens.

Only the browser's own push service is replaced, since it is Google's and not within reach: the
subscription that a page would get from it, and the delivery, which DevTools make instead.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, Worker, expect

from db.application.notices import tell
from db.domain.people.notices import NoticeKind
from db.vapid import PushKey
from tests.browser.desk.test_deal_pages import PHONE, WIDE, Windows, fits, sizes, windows
from tests.browser.support.axe import violations
from tests.integration.api.conftest import Office, a_running_office
from workers.background.push_sender import PushSender

pytestmark = pytest.mark.browser
__all__ = ["windows"]  # a fixture

ENDPOINT = "https://fcm.googleapis.com/wp/of-this-browser"
SUBSCRIPTION = """() => {
  const made = {endpoint: '%s', options: {applicationServerKey: null}, toJSON: () =>
    ({endpoint: '%s', keys: {p256dh: '%s', auth: 'AAAAAAAAAAAAAAAAAAAAAA'}}),
    unsubscribe: async () => sessionStorage.removeItem('subscribed')};
  const now = async () => (sessionStorage.getItem('subscribed') ? made : null);
  PushManager.prototype.getSubscription = now;
  PushManager.prototype.subscribe = async (options) => {
    if (window.outOfReach) throw new DOMException('push service error', 'AbortError');
    if (options.applicationServerKey.length !== 65) throw new TypeError('no key');
    sessionStorage.setItem('subscribed', 'yes');
    return made;
  };
}"""


@pytest.fixture(scope="module")
def chromium(chromium_with_windows: Browser) -> Browser:
    return chromium_with_windows


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("push")
    with a_running_office(f"sqlite:///{folder / 'deals.sqlite3'}", folder / "files") as office:
        yield office


def choices(windows: Windows, size: tuple[int, int] = WIDE, script: str = "") -> Page:
    """The page of notifications with its choices open, in a browser with a push service."""
    page = windows.open("driver1", "/lists", size)
    page.context.grant_permissions(["notifications"], origin=windows.office.url)
    service = SUBSCRIPTION % (ENDPOINT, ENDPOINT, PushKey.new().public)
    page.add_init_script(f"({service})(); {script}")
    page.goto(f"{windows.office.url}/notifications")
    page.get_by_text("Что и как мне присылать").click()
    expect(page.get_by_role("heading", name="Уведомления браузера")).to_be_visible()
    return page


def switch(page: Page) -> None:
    page.get_by_role("button", name="Включить в этом браузере").click()
    expect(page.get_by_role("list", name="Где включено")).to_contain_text("этот браузер")


@sizes
def test_a_person_switches_this_browser_on_and_off(
    windows: Windows, office: Office, size: tuple[int, int]
) -> None:
    page = choices(windows, size)
    expect(page.get_by_role("checkbox", name="Браузер: Скоро срок")).to_be_checked()
    page.evaluate("window.outOfReach = true")
    page.get_by_role("button", name="Включить в этом браузере").click()
    expect(page.locator("#news")).to_contain_text("не получил ответа от своей службы")
    page.evaluate("window.outOfReach = false")
    switch(page)
    fits(page)
    assert violations(page) == []

    page.reload()
    page.get_by_text("Что и как мне присылать").click()
    page.get_by_role("button", name="Выключить: Chrome").click()
    expect(page.get_by_role("button", name="Включить в этом браузере")).to_be_visible()
    assert office.person("driver1").get("/notifications/browsers").json()["items"] == []


def test_a_notification_is_shown_and_its_click_opens_the_deal(
    windows: Windows, office: Office
) -> None:
    """From the step of a process to the screen; a repeated one replaces the first."""
    page = choices(windows)
    switch(page)
    deal_id = office.a_deal()
    tools = page.context.new_cdp_session(page)
    registrations: list[str] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: registrations.extend(one["registrationId"] for one in told["registrations"]),
    )
    tools.send("ServiceWorker.enable")
    while not registrations:  # told after the answer; any call lets the news in
        page.evaluate("new Promise(requestAnimationFrame)")
    worker = the_worker(page)
    for number in range(2):
        with office.database.writing() as store:
            key, text = f"assigned-{number}", "Вам передали задачу клиента."
            tell(store, "driver1", key, text, deal_id, NoticeKind.TASK)
        (content,) = sent(office)
        assert "клиента" not in content
        tools.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": office.url, "registrationId": registrations[-1], "data": content},
        )
        page.wait_for_function(SHOWN, arg=number)

    shown = worker.evaluate(
        """async () => (await registration.getNotifications()).map(({title, body, tag}) =>
            ({title, body, tag}))"""
    )
    title, tag = "Задача передана вам", f"{deal_id}:task"
    assert shown == [{"title": title, "body": f"Сделка {deal_id}", "tag": tag}]
    # A script cannot press a notification, and only a press may open a window.
    opened = worker.evaluate(
        """async () => {
          const opened = [];
          self.clients.openWindow = async (address) => opened.push(address);
          const [notification] = await registration.getNotifications();
          const event = new NotificationEvent('notificationclick', {notification});
          const over = [];
          event.waitUntil = (work) => over.push(work);
          dispatchEvent(event);
          await Promise.all(over);
          return {opened, left: (await registration.getNotifications()).length};
        }"""
    )
    assert opened == {"opened": [f"{office.url}/deals/{deal_id}"], "left": 0}


SHOWN = """async (number) => {
  const registration = await navigator.serviceWorker.getRegistration('/phone');
  const shown = await registration.getNotifications();
  const before = window.before;
  if (!shown.length || (number && shown[0].timestamp === before)) return false;
  window.before = shown[0].timestamp;
  return true;
}"""


def the_worker(page: Page) -> Worker:
    found = page.context.service_workers
    return found[0] if found else page.context.wait_for_event("serviceworker")


def sent(office: Office) -> list[str]:
    """Send what waits to a push service that only keeps it."""

    class Kept:
        def __init__(self) -> None:
            self.contents: list[str] = []

        def send(self, browser: object, message: bytes, topic: str, life: timedelta) -> None:
            self.contents.append(message.decode())

    kept = Kept()
    sender = PushSender(office.database.writing, kept)
    while sender.round():
        pass
    return kept.contents


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (
            "Object.defineProperty(Notification, 'permission', {get: () => 'denied'})",
            "Уведомления этому сайту в браузере запрещены",
        ),
        ("delete window.PushManager", "не умеет показывать уведомления"),
        (
            "delete window.PushManager;"
            "Object.defineProperty(navigator, 'userAgent', {get: () => 'iPhone Safari'})",
            "приложению с экрана «Домой»",
        ),
    ],
    ids=["denied", "unable", "iphone"],
)
def test_a_browser_that_cannot_says_why(windows: Windows, script: str, words: str) -> None:
    page = choices(windows, PHONE, script)

    expect(page.get_by_role("region").or_(page.locator("details"))).to_contain_text(words)
    expect(page.get_by_role("button", name="Включить в этом браузере")).to_have_count(0)
    fits(page)
    assert violations(page) == []


def test_whoever_logs_out_takes_the_notifications_along(windows: Windows) -> None:
    page = choices(windows)
    switch(page)
    page.route("**/auth/user/default/logout", lambda route: route.fulfill(status=204))

    page.get_by_role("button", name="Выйти").click()
    page.wait_for_url("**/login")

    assert page.evaluate("sessionStorage.getItem('subscribed')") is None


def test_without_a_key_the_page_offers_nothing(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("silent")
    address = f"sqlite:///{folder / 'deals.sqlite3'}"
    with a_running_office(address, folder / "files", push_private_key=None) as office:
        opened = Windows(chromium, office, [], [])
        page = opened.open("driver1", "/notifications")
        page.get_by_text("Что и как мне присылать").click()

        expect(page.get_by_role("checkbox", name="Колокольчик: Скоро срок")).to_be_visible()
        expect(page.get_by_role("columnheader")).to_have_text(["О чём", "Письмо", "Колокольчик"])
        expect(page.get_by_text("Уведомления браузера")).to_have_count(0)
        opened.contexts[0].close()
    assert opened.errors == []
