"""All cells of the endpoint permissions: each role and machines call each endpoint."""

import hashlib
import secrets
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx2
import pytest

from api.auth import SCOPES
from api.auth.endpoint_permissions import ANY_TOKEN, TABLE, Reach, access_of_roles
from bpmn.lint.worker_contracts import TEMPORARY_TERMS
from db.domain.approval.temporary_terms import side_key
from db.domain.catalog import Access, ListItem
from db.domain.deals.entities import Token
from db.domain.deals.history import Actor, Cause
from db.domain.deals.side_processes import SideProcess
from db.domain.documents.placeholders import TemplateKind
from db.domain.documents.templates import Template, TemplateVersion
from db.domain.fields.goods import GoodsLine
from db.domain.onec.orders import FoundOrder, OrderRequest
from db.domain.people.absences import Absence
from db.vapid import PushKey
from tests.integration.api.conftest import PDF, Office, Person
from tests.integration.api.engine_stand_in import PASSWORD, StandInTask
from tests.support.builders import NOW, a_catalog, a_deal
from tests.support.documents.templates import CONTRACT

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")
"""Permissions do not depend on the database."""

ABOUT_DEALS = [cell for cell in TABLE if "{deal_id}" in cell[1] or "{file_id}" in cell[1]]
ROLES = tuple(a_catalog().roles)
PERFORMERS = [r.code for r in a_catalog().roles.values() if r.access is Access.PERFORMERS]
PERSON = {"firstName": "Пётр", "lastName": "Иванов", "roles": ["drivers"]}
BODIES: dict[tuple[str, str], object] = {
    ("POST", "/deals"): {"direction": "newClients", "manager": "manager1"},
    ("PATCH", "/deals/{deal_id}"): {"version": 1, "fields": {}},
    ("POST", "/deals/{deal_id}/manager"): {"manager": "manager2"},
    ("PUT", "/deals/{deal_id}/temporary-period"): {"to": "2026-12-31", "version": 1},
    ("POST", "/deals/{deal_id}/stage"): {"stage": "collectingDocuments"},
    ("POST", "/deals/{deal_id}/lost"): {"reason": "price"},
    ("POST", "/saved-views"): {"name": "Крупные", "query": {"sort": "amount"}},
    ("POST", "/deals/reassign"): {
        "deals": [{"id": "D-2026-00001", "version": 1}],
        "manager": "manager2",
    },
    ("POST", "/deals/duplicates"): {"inn": "7712345671"},
    ("POST", "/deals/{deal_id}/parts"): {"part": "Мембрана"},
    ("POST", "/deals/{deal_id}/cost-offer"): {"readyBy": "2026-12-04", "email": "a@b.ru"},
    ("POST", "/deals/{deal_id}/notes"): {"text": "Звонил."},
    ("POST", "/deals/{deal_id}/order-requests"): {"number": "ЗКУТ-000014"},
    ("PUT", "/lists/{list_code}/items/{code}"): {"name": "Марка"},
    ("POST", "/tasks/{task_id}/delegate"): {"person": "manager1", "reason": "Уезжаю"},
    ("POST", "/notifications/read"): {"upTo": 1},
    ("PUT", "/notifications/preferences/{kind}"): {"mail": True, "bell": True, "push": True},
    ("PUT", "/notifications/browsers"): {
        "endpoint": "https://fcm.googleapis.com/wp/1",
        "key": PushKey.new().public,
        "auth": "A" * 22,
    },
    ("POST", "/me/password"): {"presentPassword": PASSWORD, "newPassword": PASSWORD},
    ("POST", "/people"): PERSON | {"login": "fresh1"},
    ("PUT", "/people/{login}"): PERSON,
    ("POST", "/people/{login}/handover"): {"to": "manager1", "reason": "Увольняется"},
    ("POST", "/templates/{template_id}/use"): {"inUse": True},
    ("POST", "/absences"): {"person": "onec1", "firstDay": "2200-01-01", "lastDay": "2200-01-01"},
    ("POST", "/assignments/reassign"): {"tasks": [{"id": "task-1"}]},
}
TERMS = {
    "temporaryLimit": "900000.00",
    "temporaryPeriod": {"from": "2026-12-01", "to": "2026-12-20"},
}
DEAL_OF_NOBODY = "nobody1"
"""Manager of the deal, so that only a caller's role decides."""
OF_REPAIRS = ("/parts", "/cost-offer")
"""Ends of paths that refuse any other deal, after they have checked the caller."""
GUARDED = "Ваша роль не позволяет это действие."


@pytest.fixture
def deal_id(office: Office) -> str:
    """A deal with approved temporary terms, which every endpoint accepts."""
    deal = a_deal(manager=DEAL_OF_NOBODY, values=TERMS, files=frozenset({"companyCard"}))
    deal_id = office.keep(deal)
    side = SideProcess(side_key(deal_id), deal_id, TEMPORARY_TERMS, {}, deal.created_at)
    with office.database.writing() as store:
        store.side_processes.open(side)
    return deal_id


SAW = GoodsLine("", "Пила", Decimal(1), "шт.", None)
FIRST = TemplateVersion(1, "д.docx", len(CONTRACT), "0" * 64, ("ИНН",), "admin1", NOW)
TEMPLATE = Template(str(uuid.UUID(int=7)), TemplateKind.CONTRACT, "Договор", (), (FIRST,))
UNUSED = ListItem("neverUsed", "Не нужно никому")
AWAY = Absence("away-1", "onec1", None, date(2026, 1, 1), date(2026, 1, 1), "", "admin1", NOW)


def place_of(office: Office, path: str, deal_id: str) -> str:
    """Create the entities of a path; they may be changed or deleted."""
    office.engine.people.setdefault("nobody2", frozenset())
    with office.database.writing() as store:
        file_id = store.attachments.of(deal_id)[0].id
        store.lists.put("brands", UNUSED, Actor("admin1", Cause.API))
        for absence in store.absences.all():
            store.absences.cancel(absence.id, "admin1", NOW)
        if store.templates.get(TEMPLATE.id) is None:
            store.templates.add(TEMPLATE, CONTRACT)
        if store.absences.get(AWAY.id) is None:
            store.absences.add(AWAY)
        order = OrderRequest(str(uuid.uuid4()), deal_id, "manager1", "1", None, NOW)
        store.order_requests.add(order)
        store.order_requests.answer(order.id, FoundOrder("1", None, (SAW,)), NOW)
    return path.format(
        deal_id=deal_id,
        file_id=file_id,
        instance_id=f"instance-{deal_id}",
        request_id=order.id,
        kind="due",
        task_id=f"task-{deal_id}",
        field="companyCard",
        list_code="brands",
        code="moscowTransport" if path.endswith("/assignees") else UNUSED.code,
        role="drivers",
        direction="newClients",
        template_id=TEMPLATE.id,
        number=1,
        view_id=2**31 - 1,  # of no view
        stage="newClient",
        report="losses",
        login="nobody2",
        absence_id=AWAY.id,
        notification_id=1,
        mail_id=2**31 - 1,  # of no letter
        browser_id="0" * 64,  # of no browser
    )


def call(office: Office, caller: Person, method: str, path: str, deal_id: str) -> tuple[int, str]:
    place = place_of(office, path, deal_id)
    body = BODIES.get((method, path))
    if path.endswith("/files/{field}"):
        answer = caller.upload(deal_id, "companyCard", "a.pdf", PDF)
    elif method == "POST" and path in ("/templates", "/templates/{template_id}/versions"):
        about = {"name": "Договор", "kind": "contract"} if path == "/templates" else {}
        query = {**about, "file": "д.docx"}
        answer = caller.http.post(f"/api/v1{place}", params=query, content=CONTRACT)
    else:
        seen = {"If-Match": f'"{UNUSED.version}"'} if place.endswith(UNUSED.code) else {}
        if path.endswith("/apply"):
            with office.reading() as store:
                seen = {"If-Match": f'"{store.deals.get(deal_id).version}"'}
        brief = {"seconds": 0} if path == "/events" else None
        answer = caller.http.request(
            method, f"/api/v1{place}", json=body, headers=seen, params=brief
        )
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        return answer.status_code, answer.json()["detail"]
    return answer.status_code, ""


def test_the_table_holds_exactly_the_endpoints_that_exist(office: Office) -> None:
    document = office.person("manager1").get("/openapi.json").json()

    served = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in document["paths"].items()
        if path.startswith("/api/v1")
        for method in methods
    }

    assert served == set(TABLE)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "path"), TABLE, ids=str)
def test_a_role_gets_as_far_as_its_cell_says(
    office: Office, deal_id: str, method: str, path: str, role: str
) -> None:
    reach = TABLE[method, path].reach_of(access_of_roles()[role])
    login = f"only{role}"[:64]
    office.engine.people[login] = frozenset({role})

    status, detail = call(office, office.person(login), method, path, deal_id)

    if reach is Reach.NONE:
        assert (status, detail) == (403, GUARDED)
    else:
        assert detail != GUARDED
        assert status in expected(method, path, role, reach), (status, detail)


def expected(method: str, path: str, role: str, reach: Reach) -> set[int]:
    """Expected access to another manager’s deal of «Новые клиенты» without a task."""
    if "{notification_id}" in path or "{task_id}" in path or "{mail_id}" in path:
        return {404}
    if path == "/deals" and method == "POST":
        return {201} if role == "salesHeads" else {403}
    about_deal = "{deal_id}" in path or "{file_id}" in path
    if not about_deal or reach is Reach.ALL:
        return {200, 201, 202, 204}
    if role == "salesHeads":
        return {200} if reach is Reach.DIRECTION else {403}
    return {404}


@pytest.mark.parametrize(("method", "path"), ABOUT_DEALS, ids=str)
def test_the_manager_gets_at_everything_of_their_own_deal(
    office: Office, method: str, path: str
) -> None:
    deal_id = office.keep(a_deal(files=frozenset({"companyCard"})))

    status, _ = call(office, office.person("manager1"), method, path, deal_id)

    if path.endswith(("/manager", "/temporary-period")):
        assert status == 403
    elif path.endswith(OF_REPAIRS):
        assert status == 409
    else:
        assert status in (200, 201, 202, 204)


@pytest.mark.parametrize("role", PERFORMERS)
@pytest.mark.parametrize(("method", "path"), ABOUT_DEALS, ids=str)
def test_a_task_opens_the_deal_for_reading_and_nothing_more(
    office: Office, deal_id: str, method: str, path: str, role: str
) -> None:
    login = f"with{role}"[:64]
    office.engine.people[login] = frozenset({role})
    office.engine.tasks = [StandInTask(f"task-{deal_id}", "Task_Any", deal_id, login)]

    status, _ = call(office, office.person(login), method, path, deal_id)

    if method == "GET":
        assert status == 200
    else:
        assert status == 403


@pytest.fixture(scope="module")
def machines(running: Office) -> Iterator[dict[str, Person]]:
    """Scope → a machine that has it alone; the empty one has none."""
    known = {}
    for scope in [*SCOPES, ""]:
        secret = f"pit_{secrets.token_urlsafe(32)}"
        name, scopes = f"m-{uuid.uuid4().hex[:8]}", frozenset({scope} - {""})
        token = Token(str(uuid.uuid4()), name, scopes, datetime.now(UTC))
        with running.database.writing() as store:
            store.tokens.add(token, hashlib.sha256(secret.encode()).hexdigest())
        known[scope] = running.machine(secret)
    yield known
    for machine in known.values():
        machine.http.close()


@pytest.mark.parametrize("scope", [*SCOPES, ""])
@pytest.mark.parametrize(("method", "path"), TABLE, ids=str)
def test_a_machine_gets_exactly_its_scope(
    office: Office,
    deal_id: str,
    machines: dict[str, Person],
    method: str,
    path: str,
    scope: str,
) -> None:
    needed = TABLE[method, path].machines

    status, _ = call(office, machines[scope], method, path, deal_id)

    if needed in (ANY_TOKEN, scope):
        assert status in ((409,) if path.endswith(OF_REPAIRS) else (200, 201, 202, 204))
    else:
        assert status == 403


@pytest.fixture(scope="module")
def stranger(running: Office) -> Iterator[Person]:
    with httpx2.Client(base_url=running.url, timeout=30) as http:
        yield Person("", http)


@pytest.mark.parametrize(("method", "path"), TABLE, ids=str)
def test_nobody_gets_nothing(
    office: Office, stranger: Person, deal_id: str, method: str, path: str
) -> None:
    status, _ = call(office, stranger, method, path, deal_id)

    assert status == 401
