"""The page of one task at a time on a phone, with the API and the engine played by the test."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from api.pages import HEADERS
from api.pages.shells import ASSETS, PAGES
from tests.browser.support.axe import violations
from tests.browser.support.form_stand import HTML, ROOT, TASK, a_card, a_window

pytestmark = pytest.mark.browser

(SHELL,) = [page.html for page in PAGES if page.path == "/phone"]
DELIVERED = "Доставлено"
STORED = {
    "id": "file-1",
    "field": "signedUpdFile",
    "label": "signedUpdFile",
    "name": "фото.jpg",
    "size": 4,
    "mediaType": "image/jpeg",
    "version": 1,
    "uploadedAt": "2026-11-26T10:00:00Z",
    "uploadedBy": {"login": "person1", "name": "Сергей Водитель"},
    "restricted": False,
}


def a_task(task_id: str, name: str, *, mine: bool = True) -> dict[str, Any]:
    person = "person1" if mine else None
    task = {"id": task_id, "key": "Task_1", "name": name, "dueAt": None, "assignee": person}
    return {**task, "mine": mine, "deal": {"client": "ООО «Садовый мир»"}}


class Road:
    """The server of a driver: two tasks, of which the free one is the more urgent."""

    def __init__(self) -> None:
        self.tasks = [
            a_task("task-2", "Доставить по второму адресу", mine=False),
            a_task(TASK, "Доставить заказ"),
        ]
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def answer(self, route: Route) -> None:
        path = unquote(urlsplit(route.request.url).path)
        parts = path.split("/")
        if path == "/phone":
            route.fulfill(body=SHELL, content_type="text/html", headers=HEADERS)
        elif path.startswith("/desk/"):
            asset = ASSETS["/".join(parts[3:])]
            route.fulfill(body=asset.content, content_type=asset.media_type)
        elif path == "/api/v1/me":
            route.fulfill(json=ME)
        elif path == "/api/v1/tasks":
            route.fulfill(json={"items": self.tasks, "counts": {}})
        elif path.startswith("/api/v1/tasks/"):
            (task,) = [one for one in self.tasks if one["id"] == parts[4]]
            route.fulfill(json={**a_card(), "task": task})
        elif "/files/" in path:
            route.fulfill(json=STORED, status=201)
        elif path.endswith("/deployed-form"):
            route.fulfill(body=HTML["deliver-own.html"], content_type="text/html")
        elif path.endswith("/form-variables"):
            route.fulfill(json={})
        elif path.endswith("/submit-form"):
            task_id = parts[parts.index("task") + 1]
            given = json.loads(route.request.post_data or "{}")["variables"]
            self.sent.append((task_id, {name: one["value"] for name, one in given.items()}))
            self.tasks = [one for one in self.tasks if one["id"] != task_id]
            route.fulfill(json={})
        else:
            route.fulfill(status=404, json={"status": 404})


ME = {
    "login": "person1",
    "name": "Сергей Водитель",
    "roles": [{"code": "drivers", "name": "Водитель"}],
    "leads": [],
    "heads": [],
    "unread": 0,
    "news": "",
}


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    with a_window(chromium, 390, 844) as page:
        yield page


def test_a_driver_goes_from_task_to_task_with_route_call_and_photo(phone: Page) -> None:
    road = Road()
    phone.route("**/*", road.answer)
    phone.goto(f"{ROOT}/phone")

    expect(phone.get_by_role("heading", level=1)).to_have_text("Доставить заказ")
    phone.locator("deal-form .deal-bar").wait_for()
    route = phone.get_by_role("link", name="Маршрут").get_attribute("href") or ""
    assert unquote(route).endswith("rtext=~127018, Москва, ул. Складочная, 1")
    call = phone.get_by_role("link", name="Позвонить")
    expect(call).to_have_attribute("href", "tel:+74951234567")
    assert all((box := link.bounding_box()) and box["height"] >= 64 for link in ways(phone))
    expect(phone.locator(".rest")).to_contain_text("Потом: 1 дело")
    assert violations(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390

    photo = {"name": "фото.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0"}
    phone.locator("input[type=file]").first.set_input_files([photo])  # type: ignore[arg-type]
    phone.get_by_text("Файл загружен").wait_for()
    phone.get_by_role("button", name=DELIVERED, exact=True).click()

    expect(phone.get_by_role("heading", level=1)).to_have_text("Доставить по второму адресу")
    expect(phone.locator("deal-form").get_by_role("button", name="Взять в работу")).to_be_visible()
    assert road.sent == [(TASK, {"answer": "delivered", "fileId": "file-1", "reason": None})]


def test_without_a_task_the_page_says_so(phone: Page) -> None:
    road = Road()
    road.tasks = []
    phone.route("**/*", road.answer)
    phone.goto(f"{ROOT}/phone")

    expect(phone.locator(".empty")).to_contain_text("Сейчас ничего не ждёт")
    assert violations(phone) == []


def ways(phone: Page) -> list[Any]:
    return phone.locator(".ways a").all()
