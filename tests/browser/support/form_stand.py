"""One form in a real Chromium, with Tasklist and the deal API played by the test.

The form files, elements and styles are those of the product. Nothing leaves the browser: every
address is answered here.
"""

import json
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, Route

from bpmn.camunda.client.values import encode
from forms import WEBAPP
from forms.task_forms import FORMS
from tests.browser.support.desk import PATIENCE

ROOT = "http://tasks.test"
HTML = {form.name: form.html.decode() for form in FORMS}
APP = "META-INF/resources/webjars/camunda/app/tasklist"
TASK, DEAL = "task-1", "D-2026-00042"

TASKLIST = """
<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><title>Задачи</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/app/styles/user-styles.css">
<style>* { box-sizing: border-box } body { margin: 12px; font-family: sans-serif }</style>
</head><body><main></main><script type="module">
import '/app/deal/elements.js';

const heard = {};
const given = new Map(Object.entries(await (await fetch('/variables')).json()));
const fetched = new Map();
const camForm = {
  taskId: 'task-1',
  on: (event, listener) => { (heard[event] ??= []).push(listener); },
  variableManager: {
    fetchVariable: (name) => fetched.set(name, {value: given.get(name) ?? null}),
    variable: (name) => fetched.get(name),
    variableNames: () => [...fetched.keys()],
    destroyVariable: (name) => fetched.delete(name),
    createVariable: ({name, type, value}) => fetched.set(name, {type, value}),
  },
};
const tell = (event) => { for (const listener of heard[event] ?? []) listener(camForm, []); };
const scope = {
  $root: {authentication: {name: 'person1'}, $broadcast: () => {}},
  options: {disableForm: false},
  $watch: () => {},
  $applyAsync: (act) => setTimeout(act),
  complete: async () => {
    tell('submit');
    if (camForm.submitPrevented) return;
    const sent = Object.fromEntries([...fetched].map(([name, {value}]) => [name, value]));
    await fetch('/complete', {method: 'POST', body: JSON.stringify(sent)});
    tell('submit-success');
  },
};
const form = new DOMParser().parseFromString(await (await fetch('/form')).text(), 'text/html');
camForm.formElement = [document.querySelector('main').appendChild(form.querySelector('form'))];
const script = document.querySelector('script[cam-script]');
new Function('camForm', '$scope', script.textContent)(camForm, scope);
tell('variables-applied');
</script></body></html>
"""


GOODS = [
    {
        "article": "ПЦ-16",
        "name": "Пила цепная бензиновая с шиной 16 дюймов",
        "quantity": "2",
        "unit": "шт.",
        "price": "8990.50",
    },
    {"article": "", "name": "Масло", "quantity": "2.5", "unit": "л", "price": None},
]


def a_field(code: str, label: str, text: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    given = {"code": code, "label": label, "kind": kind, "text": text, "value": text}
    return {**given, "hint": "", "list": None, "editable": False, "required": False, **more}


def a_rule(*codes: str, when: dict[str, Any] | None = None) -> dict[str, Any]:
    """A requirement of a stage: one of these fields."""
    condition = when and {"oneOf": [], "length": None, "filled": False, **when}
    return {"anyOf": list(codes), "when": condition, "unless": None}


def a_stage(code: str, name: str, outcome: str | None = None, **more: Any) -> dict[str, Any]:
    """A stage that may be chosen in a task."""
    return {
        "code": code,
        "name": name,
        "outcome": outcome,
        "missing": [],
        "missingFields": [],
        "required": [],
        **more,
    }


def a_file(field_code: str, version: int = 1, at: str = "2026-11-25T10:00:00Z") -> dict[str, Any]:
    return {
        "id": f"{field_code}-{version}",
        "field": field_code,
        "label": field_code,
        "name": f"{field_code}.pdf",
        "size": 84_000,
        "mediaType": "application/pdf",
        "version": version,
        "uploadedAt": at,
        "uploadedBy": {"login": "driver1", "name": "Сергей Водитель"},
        "restricted": False,
    }


def a_card() -> dict[str, Any]:
    """What GET /tasks/{id} gives for a deal that is being shipped."""
    direction = a_field(
        "shippingDirection",
        "Направление отгрузки",
        "Москва, транспортная компания",
        "list",
        value="moscowTransport",
        list="shippingDirections",
    )
    groups = {
        "request": [a_field("contactPhone", "Телефон", "+7 495 123-45-67", "phone")],
        "requisites": [
            a_field("counterparty", "Контрагент", "ООО «Садовый мир»"),
            a_field("inn", "ИНН", "7712345671", "inn"),
            a_field("kpp", "КПП", "771201001", "kpp"),
        ],
        "terms": [a_field("limit", "Лимит", "1 500 000 ₽", "money", value="1500000.00")],
        "shipping": [
            direction,
            a_field("deliveryAddress", "Адрес доставки", "127018, Москва, ул. Складочная, 1"),
            a_field("trackingNumber", "Трек-номер", "RA123456789RU"),
        ],
        "order": [a_field("goods", "Товары заказа", "2 позиции на 17 981 ₽", "goods", value=GOODS)],
        "contract": [a_field("contractNumber", "Номер договора", "П-000123")],
        "fulfilment": [a_field("shipmentNumber", "Номер реализации", "УТ-000457")],
    }
    papers = ("ttnFile", "signedUpdFile", "transferFile", "discrepancyFile", "receiptFile")
    return {
        "task": {
            "id": TASK,
            "key": "Task_1",
            "name": f"Задача: {DEAL}",
            "dueAt": None,
            "assignee": "person1",
            "mine": True,
            "description": None,
        },
        "deal": {
            "id": DEAL,
            "title": f"{DEAL} ООО «Садовый мир»",
            "version": 7,
            "direction": {"code": "newClients", "name": "Новые клиенты"},
            "stage": {"code": "delivery", "name": "Доставка"},
            "manager": {"login": "manager1", "name": "Анна Менеджер"},
            "groups": [
                {"code": code, "label": code, "fields": fields} for code, fields in groups.items()
            ],
            "files": [],
        },
        "fileFields": [
            {"code": code, "label": code, "hint": "", "editable": True} for code in papers
        ],
        "stages": [],
        "required": [],
        "lists": {
            "shippingDirections": [
                {"code": "moscowTransport", "name": "Москва, транспортная компания"},
                {"code": "moscowPickup", "name": "Москва, самовывоз"},
            ]
        },
        "approval": {"round": 0, "rounds": []},
        "reliability": None,
    }


@contextmanager
def a_window(chromium: Browser, width: int, height: int) -> Iterator[Page]:
    """Open a window in Moscow; errors inside its page fail the test."""
    context = chromium.new_context(
        locale="ru-RU",
        viewport={"width": width, "height": height},
        timezone_id="Europe/Moscow",
    )
    context.set_default_timeout(PATIENCE)
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@dataclass
class Stand:
    """A window with one form; ``sent`` are the variables of every completion."""

    page: Page
    card: dict[str, Any] = field(default_factory=a_card)
    variables: dict[str, Any] = field(default_factory=dict)
    drivers: list[dict[str, str]] | None = None
    """None: the list of people does not answer."""
    notes: list[dict[str, Any]] = field(default_factory=list)
    """The oldest first; the API gives three per page."""
    sent: list[dict[str, Any]] = field(default_factory=list)
    form: str = ""
    replies: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Last part of a deal's path → what a POST there is answered with."""
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def open(self, form: str) -> Page:
        """Show the form of the file as Tasklist does, after the task was taken."""
        self.form = form
        self.page.route("**/*", self._answer)
        self.page.goto(ROOT)
        self.page.locator("deal-form .deal-bar").wait_for()
        return self.page

    def sends(self, button: str) -> dict[str, Any]:
        """Press the button twice, as hasty people do. Returns: what was sent, once."""
        self.page.get_by_role("button", name=button, exact=True).last.dblclick()
        self.page.get_by_text("Готово, задача завершена").wait_for()
        (sent,) = self.sent
        return sent

    def attach(self, name: str = "фото.jpg") -> None:
        """Choose a file and wait until it is stored."""
        content = {"name": name, "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0"}
        self.page.locator("input[type=file]").set_input_files([content])  # type: ignore[arg-type]
        self.page.get_by_text("Файл загружен").wait_for()

    def _notes_after(self, query: str) -> dict[str, Any]:
        after = int(parse_qs(query).get("after", ["0"])[0])
        following = f"/api/v1/deals/{DEAL}/notes?after={after + 3}&limit=3"
        more = len(self.notes) > after + 3
        return {"items": self.notes[after : after + 3], "next": following if more else None}

    def _answer(self, route: Route) -> None:
        request, path = route.request, urlsplit(route.request.url).path
        if path == "/":
            route.fulfill(body=TASKLIST, content_type="text/html")
        elif path == "/form":
            route.fulfill(body=HTML[self.form], content_type="text/html")
        elif path.startswith("/app/"):
            kind = mimetypes.guess_type(path)[0] or "text/plain"
            route.fulfill(path=WEBAPP / APP / path.removeprefix("/app/"), content_type=kind)
        elif path == "/variables":
            typed = encode(self.variables)
            route.fulfill(json={name: one["value"] for name, one in typed.items()})
        elif path == "/complete":
            self.sent.append(json.loads(request.post_data or "{}"))
            route.fulfill(json={})
        elif path == f"/api/v1/tasks/{TASK}":
            route.fulfill(json=self.card)
        elif path == f"/api/v1/deals/{DEAL}/notes":
            route.fulfill(json=self._notes_after(urlsplit(request.url).query))
        elif path.startswith(f"/api/v1/deals/{DEAL}/files/"):
            code = path.rpartition("/")[2]
            stored = a_file(code, len(self.card["deal"]["files"]) + 1, "2026-11-26T10:00:00Z")
            self.card["deal"]["files"].append(stored)
            route.fulfill(json=stored, status=201)
        elif request.method == "POST" and (end := path.rpartition("/")[2]) in self.replies:
            self.posted.append((end, json.loads(request.post_data or "{}")))
            route.fulfill(json=self.replies[end], status=201)
        elif path == "/api/v1/roles/drivers/people" and self.drivers is not None:
            route.fulfill(json={"items": self.drivers})
        else:
            route.fulfill(status=404, json={"status": 404})
