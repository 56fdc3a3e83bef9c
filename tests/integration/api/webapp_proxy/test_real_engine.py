"""Webapp proxy with the real engine: permitted and refused actions."""

import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
import requests

from tests.integration.api.webapp_proxy.doorway import an_application
from tests.support.engine.harness import PASSWORD, PROBE, RunningEngine, Tasklist, deploy_probe

pytest_plugins = ["tests.support.engine.fixtures"]
pytestmark = pytest.mark.engine

EVALUATED = "${currentUser().concat(1+1)}"
"""Evaluating it fails with a type error, so that the answer tells whether it was evaluated."""
HOLE = {"orQueries": [{"dueAfterExpression": EVALUATED}]}
NEW_PASSWORD = "Pit-2027-other"
ROLES = {
    "manager1": "salesManagers",
    "head1": "salesHeads",
    "accountant1": "deputyChiefAccountants",
    "lawyer1": "lawyers",
    "onecMoscow": "onecOperators",
    "storeMoscow": "storekeepers",
    "driver1": "drivers",
    "dispatcher1": "dispatchers",
    "category1": "categoryManagers",
    "director1": "commercialDirectors",
    "engineer1": "serviceEngineers",
    "serviceHead1": "serviceHeads",
    "portal1": "portalAdmins",
}


@pytest.fixture(scope="module")
def front(bare_engine: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory: Path = tmp_path_factory.mktemp("front")
    secret = bare_engine.secrets.api
    with an_application(directory, bare_engine.webapp_url, engine_password=secret) as (url, _):
        yield url


@pytest.fixture(scope="module")
def other_front(
    bare_engine: RunningEngine, front: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Another API process on the same database."""
    directory = tmp_path_factory.getbasetemp() / "front0"
    secret = bare_engine.secrets.api
    with an_application(directory, bare_engine.webapp_url, engine_password=secret) as (url, _):
        yield url


def a_task_of_the_lawyers(engine: RunningEngine, deal: str, process: str = "probe") -> str:
    engine.as_service("svcWorker").start(process, deal, {"clientName": "ООО «Сад»", "nextMove": 1})
    (task,) = engine.admin.tasks(business_key=deal)
    return task.id


def test_a_lawyer_works_in_tasklist_through_the_webapp_proxy(
    bare_engine: RunningEngine, front: str
) -> None:
    task = a_task_of_the_lawyers(bare_engine, "F-1")
    lawyer = bare_engine.as_user("lawyer1", front)

    listed = [each["id"] for each in lawyer.listed("Задачи моей группы")]
    taken = lawyer.claim(task)
    definition = lawyer.request("GET", f"/task/{task}").json()["processDefinitionId"]
    diagram = lawyer.request("GET", f"/process-definition/{definition}/xml")
    done = lawyer.complete(task, {"comment": "Всё в порядке"})

    assert task in listed
    assert (taken.status_code, done.status_code) == (204, 204)
    assert "Task_Lawyer" in diagram.json()["bpmn20Xml"]
    assert [t.key for t in bare_engine.admin.tasks(business_key="F-1")] == ["Task_Manager"]


def test_a_diagram_deployed_beside_the_running_front_brings_its_form_variables(
    bare_engine: RunningEngine, front: str, tmp_path: Path
) -> None:
    """Its file is not among those beside the API: only the engine has it."""
    first = '<camunda:inputParameter name="moveVersion">'
    declared = f'<camunda:inputParameter name="urgency">${{null}}</camunda:inputParameter>{first}'
    changed = PROBE.read_text().replace('id="probe"', 'id="added"').replace(first, declared)
    (tmp_path / "added.bpmn").write_text(changed)
    earlier = a_task_of_the_lawyers(bare_engine, "F-2")
    lawyer = bare_engine.as_user("lawyer1", front)

    deploy_probe(bare_engine.as_service("svcDeploy"), "added", tmp_path / "added.bpmn")
    task = a_task_of_the_lawyers(bare_engine, "F-3", "added")
    answers = [
        lawyer.complete(earlier, {"urgency": "сегодня"}),
        lawyer.complete(task, {"urgency": "сегодня", "moveVersion": 7}),
        lawyer.complete(task, {"urgency": "сегодня"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 204]
    assert [one.key for one in bare_engine.admin.tasks(business_key="F-2")] == ["Task_Lawyer"]
    assert [one.key for one in bare_engine.admin.tasks(business_key="F-3")] == ["Task_Manager"]


def test_no_answer_names_the_engines_own_address(bare_engine: RunningEngine, front: str) -> None:
    """Links in answers are built from the address that the engine was called by."""
    task = a_task_of_the_lawyers(bare_engine, "F-0")
    lawyer = bare_engine.as_user("lawyer1", front)
    definition = lawyer.request("GET", f"/task/{task}").json()["processDefinitionId"]
    hal = {"Accept": "application/hal+json, application/json; q=0.5"}
    mine = lawyer.filters()["Задачи моей группы"]
    reads = [
        f"/task/{task}",
        f"/task/{task}/form",
        f"/task/{task}/form-variables",
        f"/filter/{mine}",
        f"/filter/{mine}/count",
        f"/process-definition/{definition}",
        "/filter?resourceType=Task&itemCount=true",
        "/identity/groups",
        "/history/user-operation",
    ]

    answers = [lawyer.request("GET", path, headers=hal) for path in reads]
    answers += [
        lawyer.request("OPTIONS", "/filter"),
        lawyer.request("POST", f"/filter/{mine}/list", json={}, headers=hal),
        lawyer.claim(task),
        lawyer.complete(task),
    ]
    pages = ("", "/", "/app/tasklist", "/app/", "/app/tasklist/default/")
    answers += [
        lawyer.session.get(f"{front}/camunda{page}", allow_redirects=False, timeout=20)
        for page in pages
    ]

    inside = bare_engine.webapp_url.removeprefix("http://")
    told = {answer.url: f"{answer.headers}{answer.text}" for answer in answers}
    assert {url: text for url, text in told.items() if inside in text} == {}
    assert sum(answer.ok for answer in answers) >= len(answers) - 1
    assert any("href" in text for text in told.values())


def test_the_tasklist_session_is_the_login_of_the_api(
    bare_engine: RunningEngine, front: str
) -> None:
    lawyer = bare_engine.as_user("lawyer1", front)

    me = lawyer.session.get(f"{front}/api/v1/me", timeout=20)

    assert me.json()["login"] == "lawyer1"
    assert [role["code"] for role in me.json()["roles"]] == ["lawyers"]


QUERIES = [
    "/task",
    "/task/count",
    "/filter/{filter}/list",
    "/filter/{filter}/count",
    "/process-instance",
    "/process-instance/count",
    "/execution",
    "/external-task",
    "/variable-instance",
    "/history/task",
    "/history/process-instance",
    "/history/variable-instance",
    "/case-instance",
]
"""Everything that takes a query as a body."""


@pytest.mark.parametrize("path", ["/task", "/task/count", "/filter/{filter}/list"])
def test_the_engine_itself_evaluates_what_a_user_writes(
    bare_engine: RunningEngine, path: str
) -> None:
    driver = bare_engine.as_user("driver1")

    answer = driver.request("POST", path.format(filter=driver.filters()["Мои задачи"]), json=HOLE)

    assert "argument type mismatch" in answer.text


@pytest.mark.parametrize("path", QUERIES)
@pytest.mark.parametrize("login", ["driver1", "admin"])
def test_through_the_webapp_proxy_nobody_lets_the_engine_evaluate_anything(
    bare_engine: RunningEngine, front: str, login: str, path: Any
) -> None:
    person = the_person(bare_engine, front, login)

    answer = person.request("POST", path.format(filter=some_filter(bare_engine)), json=HOLE)

    assert answer.status_code == 403
    assert answer.json()["code"] in {"EXPRESSION_REFUSED", "NOT_ALLOWED_HERE"}


def test_an_administrator_cannot_store_an_expression_in_a_list(
    bare_engine: RunningEngine, front: str
) -> None:
    administrator = the_person(bare_engine, front, "admin")
    wanted = {"resourceType": "Task", "name": "x", "query": {"assigneeExpression": EVALUATED}}

    answer = administrator.request("POST", "/filter/create", json=wanted)

    assert (answer.status_code, answer.json()["code"]) == (403, "EXPRESSION_REFUSED")


FORBIDDEN: list[tuple[str, str, Any]] = [
    ("POST", "/message", {"messageName": "ProbeMoved", "businessKey": "F-2"}),
    ("POST", "/user/create", {"profile": {"id": "x"}, "credentials": {"password": "x"}}),
    ("POST", "/authorization/create", {"type": 1}),
    ("POST", "/deployment/create", {}),
    ("POST", "/process-definition/key/probe/start", {}),
    ("POST", "/filter/create", {"resourceType": "Task", "name": "x", "query": {}}),
    ("POST", "/task/{task}/assignee", {"userId": "manager2"}),
    ("POST", "/task/{task}/delegate", {"userId": "manager2"}),
    ("PUT", "/task/{task}", {"due": "2030-01-01T00:00:00.000+0000"}),
    ("PUT", "/task/{task}/variables/decision", {"value": "approved", "type": "String"}),
    ("POST", "/task/{task}/bpmnError", {"errorCode": "X"}),
    ("POST", "/external-task/fetchAndLock", {"workerId": "x", "maxTasks": 1, "topics": []}),
    ("GET", "/variable-instance", None),
    ("GET", "/user", None),
]


@pytest.mark.parametrize("login", ROLES, ids=ROLES.get)
def test_no_role_changes_the_engine_with_a_session(
    bare_engine: RunningEngine, front: str, login: Any
) -> None:
    person = bare_engine.as_user(login, front)
    task = a_task_of_the_lawyers(bare_engine, f"F-2-{login}")

    refused = {
        (method, path): person.request(method, path.format(task=task), json=body).status_code
        for method, path, body in FORBIDDEN
    }
    pages = [
        person.session.get(f"{front}/camunda/app/{name}/default/", timeout=20).status_code
        for name in ("cockpit", "admin")
    ]

    assert set(refused.values()) == {403}, refused
    assert pages == [403, 403]
    assert person.filters()


def test_an_employee_reads_no_task_of_another_group(bare_engine: RunningEngine, front: str) -> None:
    task = a_task_of_the_lawyers(bare_engine, "F-5")
    driver = bare_engine.as_user("driver1", front)

    seen = driver.request("GET", f"/task/{task}")
    variables = driver.request("GET", f"/task/{task}/form-variables")
    done = driver.complete(task)

    assert (seen.status_code, variables.status_code, done.status_code) == (404, 403, 403)
    assert bare_engine.admin.task(task) is not None


def test_the_administrator_has_cockpit_and_admin(bare_engine: RunningEngine, front: str) -> None:
    administrator = the_person(bare_engine, front, "admin")

    pages = [
        administrator.session.get(f"{front}/camunda/app/{name}/default/", timeout=20).status_code
        for name in ("cockpit", "admin", "tasklist")
    ]

    assert pages == [200, 200, 200]
    assert administrator.request("GET", "/user/count").json()["count"] > 10


@pytest.fixture
def newcomer(bare_engine: RunningEngine, front: str) -> Iterator[str]:
    """A new user without groups. Yields: the login."""
    administrator, login = the_person(bare_engine, front, "admin"), f"new{uuid.uuid4().hex[:8]}"
    profile = {"id": login, "firstName": "Новый", "lastName": "Сотрудник"}
    wanted = {"profile": profile, "credentials": {"password": PASSWORD}}
    made = administrator.request("POST", "/user/create", json=wanted)
    assert made.status_code == 204, made.text
    yield login
    assert administrator.request("DELETE", f"/user/{login}").status_code == 204


@pytest.fixture
def recruit(bare_engine: RunningEngine, newcomer: str) -> str:
    """Create a user in group lawyers."""
    bare_engine.admin.put(f"/group/lawyers/members/{newcomer}", {})
    return newcomer


def test_an_administrator_puts_a_person_into_a_group_as_the_page_does(
    bare_engine: RunningEngine, front: str, newcomer: str
) -> None:
    """The dialog asks for all groups, the person's tab for those of the person."""
    administrator = the_person(bare_engine, front, "admin")
    asked = {"firstResult": 0, "maxResults": 50, "sortBy": "id", "sortOrder": "asc"}

    offered = administrator.request("POST", "/group", json=asked)
    put = administrator.request("PUT", f"/group/lawyers/members/{newcomer}", json={})
    shown = administrator.request("POST", "/group", json={**asked, "member": newcomer})
    person = bare_engine.as_user(newcomer, front)

    assert {"lawyers", "drivers"} <= {group["id"] for group in offered.json()}
    assert put.status_code == 204
    assert [group["id"] for group in shown.json()] == ["lawyers"]
    assert "Задачи моей группы" in person.filters()


@pytest.mark.parametrize("path", ["/user/{}/credentials", "/user/{}/credentials/"])
def test_an_administrator_gives_a_person_a_new_password(
    bare_engine: RunningEngine, front: str, newcomer: str, path: str
) -> None:
    administrator = the_person(bare_engine, front, "admin")
    administrator.request("PUT", f"/group/lawyers/members/{newcomer}", json={})
    wanted = {"password": NEW_PASSWORD, "authenticatedUserPassword": bare_engine.secrets.admin}

    given = administrator.request("PUT", path.format(newcomer), json=wanted)
    logged_in = Tasklist(front, newcomer, NEW_PASSWORD).answer
    old = Tasklist(front, newcomer, PASSWORD).answer

    assert (given.status_code, logged_in.status_code, old.status_code) == (204, 200, 401)


def test_an_administrators_own_password_is_not_guessed_by_resetting(
    bare_engine: RunningEngine, front: str, newcomer: str
) -> None:
    administrators = bare_engine.settings.described.administrators
    bare_engine.admin.put(f"/group/{administrators}/members/{newcomer}", {})
    administrator = bare_engine.as_user(newcomer, front)
    wanted = {"password": NEW_PASSWORD, "authenticatedUserPassword": "Guess-2026"}

    guesses = [
        administrator.request("PUT", f"/user/head1/credentials{end}", json=wanted).status_code
        for end in ("", "/", "", "/", "")
    ]

    assert guesses == [400, 400, 400, 429, 429]
    assert Tasklist(front, "head1").answer.ok


def test_an_employee_does_nothing_of_that(
    bare_engine: RunningEngine, front: str, newcomer: str
) -> None:
    employee = bare_engine.as_user("lawyer1", front)
    wanted = {"password": NEW_PASSWORD, "authenticatedUserPassword": PASSWORD}

    answers = [
        employee.request("POST", "/user/create", json={"profile": {"id": "x1"}}),
        employee.request("POST", "/group", json={"maxResults": 50}),
        employee.request("POST", "/group", json={"member": newcomer}),
        employee.request("PUT", f"/group/lawyers/members/{newcomer}", json={}),
        employee.request("PUT", f"/user/{newcomer}/credentials", json=wanted),
        employee.request("PUT", f"/user/{newcomer}/credentials/", json=wanted),
        employee.request("DELETE", f"/user/{newcomer}"),
    ]

    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert answers[1].json()["message"] == "Это можно делать только от своего имени."
    assert answers[4].json()["message"] == "Сменить можно только свой пароль."


def test_who_completes_a_task_a_second_time_is_told_that_it_is_done(
    bare_engine: RunningEngine, front: str
) -> None:
    task = a_task_of_the_lawyers(bare_engine, "F-4")
    first, second = (bare_engine.as_user(login, front) for login in ("lawyer1", "lawyer2"))

    first.claim(task)
    taken = second.claim(task)
    first.complete(task)
    late = first.complete(task)

    assert (taken.status_code, taken.json()["code"]) == (409, "TASK_TAKEN")
    assert (late.status_code, late.json()["code"]) == (409, "TASK_DONE")


@pytest.mark.parametrize("service", ["svcWorker", "svcApi", "svcDeploy"])
def test_programs_do_not_come_in_here(bare_engine: RunningEngine, front: str, service: str) -> None:
    secret = {"svcWorker": "worker", "svcApi": "api", "svcDeploy": "deploy"}[service]
    password = getattr(bare_engine.secrets, secret)

    session = Tasklist(front, service, password)
    basic = requests.get(f"{front}/api/v1/me", auth=(service, password), timeout=20)

    assert (session.answer.status_code, basic.status_code) == (403, 403)


@pytest.mark.parametrize("login", ["demo", "admin", "john", "mary", "peter"])
def test_nobody_comes_in_with_a_default_password(front: str, login: str) -> None:
    assert Tasklist(front, login, login).answer.status_code == 401


def test_a_stranger_guessing_does_not_lock_a_person_out(
    bare_engine: RunningEngine, front: str
) -> None:
    guesses = [Tasklist(front, "storeKazan", f"guess{n}").answer.status_code for n in range(6)]

    assert guesses == [401, 401, 401, 429, 429, 429]
    assert Tasklist(bare_engine.webapp_url, "storeKazan").answer.ok


def test_the_right_password_is_right_at_once_after_wrong_ones(
    bare_engine: RunningEngine, front: str, recruit: str
) -> None:
    wrong = [Tasklist(front, recruit, f"guess{n}").answer.status_code for n in range(2)]

    assert (wrong, Tasklist(front, recruit).answer.status_code) == ([401, 401], 200)


WEAK = ["short1!A", "without-digits-A", "without-capitals-1", "WITHOUT-SMALL-1", "Withoutspecial1"]


@pytest.mark.parametrize("weak", [*WEAK, "the login"])
def test_a_weak_new_password_is_explained(
    bare_engine: RunningEngine, front: str, recruit: str, weak: Any
) -> None:
    person, administrator = bare_engine.as_user(recruit, front), admin_of(bare_engine, front)
    weak = f"{recruit}x-A1" if weak == "the login" else weak
    profile = {"id": "weak1", "firstName": "Новый", "lastName": "Сотрудник"}
    own = {"password": weak, "authenticatedUserPassword": PASSWORD}
    reset = {"password": weak, "authenticatedUserPassword": bare_engine.secrets.admin}
    made = {"profile": {**profile, "id": f"{recruit}x"}, "credentials": {"password": weak}}

    answers = [
        person.request("PUT", f"/user/{recruit}/credentials", json=own),
        administrator.request("PUT", f"/user/{recruit}/credentials", json=reset),
        administrator.request("POST", "/user/create", json=made),
    ]

    assert [answer.status_code for answer in answers] == [422] * 3
    assert {answer.json()["code"] for answer in answers} == {"PASSWORD_TOO_WEAK"}
    assert all("не меньше 10 знаков" in answer.json()["message"] for answer in answers)
    assert Tasklist(front, recruit).answer.ok


def test_many_weak_new_passwords_are_no_guesses(
    bare_engine: RunningEngine, front: str, recruit: str
) -> None:
    person = bare_engine.as_user(recruit, front)
    weak = {"password": "weak", "authenticatedUserPassword": PASSWORD}

    path = f"/user/{recruit}/credentials"
    answers = [person.request("PUT", path, json=weak).status_code for _ in range(6)]

    assert answers == [422] * 6


def test_a_wrong_present_password_is_named_in_russian(
    bare_engine: RunningEngine, front: str, recruit: str
) -> None:
    person = bare_engine.as_user(recruit, front)
    wrong = {"password": NEW_PASSWORD, "authenticatedUserPassword": "Guess-2026"}

    answer = person.request("PUT", f"/user/{recruit}/credentials", json=wrong)

    assert (answer.status_code, answer.json()["code"]) == (400, "WRONG_OWN_PASSWORD")
    assert answer.json()["message"] == "Ваш нынешний пароль введён неверно. Введите его ещё раз."


def test_the_desk_changes_the_own_password(front: str, recruit: str) -> None:
    def status(new: str, present: str = PASSWORD) -> tuple[int, str]:
        answer = httpx2.post(
            f"{front}/api/v1/me/password",
            json={"presentPassword": present, "newPassword": new},
            auth=(recruit, PASSWORD),
            timeout=30,
        )
        return answer.status_code, answer.text

    def enters(password: str) -> bool:
        address = f"{front}/api/v1/me"
        return httpx2.get(address, auth=(recruit, password), timeout=30).is_success

    weak, wrong = status("weak"), status(NEW_PASSWORD, present="Guess-2026")
    assert (weak[0], "слишком простой" in weak[1]) == (422, True), weak
    assert (wrong[0], "введён неверно" in wrong[1]) == (422, True), wrong
    assert enters(PASSWORD)
    assert status(NEW_PASSWORD) == (204, "")
    assert (enters(NEW_PASSWORD), enters(PASSWORD)) == (True, False)


@pytest.mark.parametrize("who", ["the person", "an administrator"])
def test_with_the_password_everything_that_it_opened_ends_at_once(
    bare_engine: RunningEngine, front: str, other_front: str, recruit: str, who: str
) -> None:
    doors = (front, other_front)
    sessions = [bare_engine.as_user(recruit, door) for door in doors]
    before = [answers(session, recruit) for session in sessions]
    changing = bare_engine.as_user(recruit, front)
    own = PASSWORD if who == "the person" else bare_engine.secrets.admin
    changing = changing if who == "the person" else admin_of(bare_engine, front)

    wanted = {"password": NEW_PASSWORD, "authenticatedUserPassword": own}
    changed = changing.request("PUT", f"/user/{recruit}/credentials", json=wanted)

    assert changed.status_code == 204
    assert before == [(200, 200, 200)] * 2
    assert [answers(session, recruit) for session in sessions] == [(401, 401, 401)] * 2
    assert [Tasklist(door, recruit, NEW_PASSWORD).answer.status_code for door in doors] == [200] * 2
    assert [Tasklist(door, recruit).answer.status_code for door in doors] == [401] * 2


def answers(person: Tasklist, login: str, password: str = PASSWORD) -> tuple[int, int, int]:
    """Statuses of Tasklist by session, the API by session, the API by password."""
    me = f"{person.url}/api/v1/me"
    return (
        person.request("GET", "/filter?resourceType=Task").status_code,
        person.session.get(me, timeout=20).status_code,
        requests.get(me, auth=(login, password), timeout=20).status_code,
    )


def test_an_ended_session_does_not_say_whose_it_was(
    bare_engine: RunningEngine, front: str, recruit: str
) -> None:
    person = bare_engine.as_user(recruit, front)
    whose = f"{front}/camunda/api/admin/auth/user/default"
    wanted = {"password": NEW_PASSWORD, "authenticatedUserPassword": PASSWORD}

    before = person.session.get(whose, timeout=20)
    person.request("PUT", f"/user/{recruit}/credentials", json=wanted)
    after = person.session.get(whose, timeout=20)

    assert (before.json()["userId"], after.status_code, after.text) == (recruit, 404, "")


def test_who_is_deleted_is_out_at_once(bare_engine: RunningEngine, front: str) -> None:
    administrator, login = admin_of(bare_engine, front), f"gone{uuid.uuid4().hex[:8]}"
    profile = {"id": login, "firstName": "Новый", "lastName": "Сотрудник"}
    made = {"profile": profile, "credentials": {"password": PASSWORD}}
    administrator.request("POST", "/user/create", json=made)
    administrator.request("PUT", f"/group/lawyers/members/{login}", json={})
    person = bare_engine.as_user(login, front)
    before = answers(person, login)

    gone = administrator.request("DELETE", f"/user/{login}")

    assert (before, gone.status_code) == ((200, 200, 200), 204)
    assert answers(person, login) == (401, 401, 401)


def test_who_is_deleted_beside_the_front_door_changes_nothing_any_more(
    bare_engine: RunningEngine, front: str
) -> None:
    login = f"gone{uuid.uuid4().hex[:8]}"
    profile = {"id": login, "firstName": "Новый", "lastName": "Сотрудник"}
    made = {"profile": profile, "credentials": {"password": PASSWORD}}
    bare_engine.admin.post("/user/create", made)
    bare_engine.admin.put(f"/group/lawyers/members/{login}", {})
    task = a_task_of_the_lawyers(bare_engine, f"F-{login}")
    person = bare_engine.as_user(login, front)
    person.claim(task)

    bare_engine.admin.delete(f"/user/{login}")

    assert person.complete(task).status_code in (401, 403)
    assert bare_engine.admin.task(task) is not None


def test_who_is_put_out_of_the_group_takes_and_finishes_nothing(
    bare_engine: RunningEngine, front: str, recruit: str
) -> None:
    mine, free = (a_task_of_the_lawyers(bare_engine, f"F-{n}-{recruit}") for n in range(2))
    person = bare_engine.as_user(recruit, front)
    taken = person.claim(mine).status_code

    bare_engine.admin.delete(f"/group/lawyers/members/{recruit}")
    finished, claimed = person.complete(mine), person.claim(free)
    by_the_other_way = person.request("POST", f"/task/{mine}/complete", json={"variables": {}})
    bare_engine.admin.put(f"/group/lawyers/members/{recruit}", {})

    assert taken == 204
    assert (finished.status_code, finished.json()["code"]) == (403, "NO_LONGER_IN_ROLE")
    assert by_the_other_way.json()["code"] == "NO_LONGER_IN_ROLE"
    assert claimed.status_code in (403, 404)
    assert person.complete(mine).status_code == 204


@pytest.mark.parametrize(
    "path", ["engine/engine/default/identity/verify", "admin/auth/user/default/login/other"]
)
def test_passwords_are_looked_at_nowhere_else(
    bare_engine: RunningEngine, front: str, path: str
) -> None:
    administrator = admin_of(bare_engine, front)
    guess = {"username": "lawyer1", "password": PASSWORD}

    headers = {"Accept": "application/json", **administrator._token()}
    place = f"{front}/camunda/api/{path}"
    answer = administrator.session.post(place, json=guess, headers=headers, timeout=20)

    assert (answer.status_code, answer.json()["code"]) == (403, "NOT_ALLOWED_HERE")


@pytest.mark.parametrize("application", ["cockpit", "admin", "welcome"])
def test_guesses_at_other_applications_count_together(
    bare_engine: RunningEngine, front: str, recruit: str, application: str
) -> None:
    administrator = admin_of(bare_engine, front)
    place = f"{front}/camunda/api/admin/auth/user/default/login/{application}"
    guess = {"username": recruit, "password": "Guess-2026"}

    headers = {"Accept": "application/json", **administrator._token()}
    told = [
        administrator.session.post(place, data=guess, headers=headers, timeout=20) for _ in range(5)
    ]
    guesses, said = [answer.status_code for answer in told], told[0].text

    assert guesses == [401, 401, 401, 429, 429], said
    assert Tasklist(front, recruit).answer.status_code == 429


def test_the_engines_rest_interface_is_not_at_the_webapp_proxy(
    bare_engine: RunningEngine, front: str
) -> None:
    auth = ("admin", bare_engine.secrets.admin)

    answers = [
        requests.get(f"{front}{path}", auth=auth, timeout=20).status_code
        for path in ("/engine-rest/task", "/engine-rest/engine", "/camunda/engine-rest/task")
    ]

    assert set(answers) <= {403, 404}


def admin_of(engine: RunningEngine, front: str) -> Tasklist:
    return the_person(engine, front, "admin")


def the_person(engine: RunningEngine, front: str, login: str) -> Tasklist:
    if login == "admin":
        return Tasklist(front, login, engine.secrets.admin)
    return engine.as_user(login, front)


def some_filter(engine: RunningEngine) -> str:
    return str(engine.admin.get("/filter", name="Мои задачи")[0]["id"])


PAGES = ("tasklist/default/", "welcome/default/")
PEOPLE_AT_ONCE, PAGES_EACH = 6, 30


def test_scripts_of_a_page_may_run_however_many_come_at_once(front: str) -> None:
    """The engine alone gives some of these pages the nonce of another request: no script runs and
    the page stays empty."""
    asked = [f"{front}/camunda/app/{page}" for page in PAGES * PEOPLE_AT_ONCE * PAGES_EACH]
    with httpx2.Client(timeout=30) as browser, ThreadPoolExecutor(PEOPLE_AT_ONCE) as people:
        answers = list(people.map(browser.get, asked))

    wrong = [each for each in answers if nonces_of_scripts(each) != {nonce_of_policy(each)}]
    assert (len(answers), len(wrong)) == (len(asked), 0)


def nonce_of_policy(answer: httpx2.Response) -> str:
    (nonce,) = re.findall(r"'nonce-([^']+)'", answer.headers["content-security-policy"])
    return str(nonce)


def nonces_of_scripts(answer: httpx2.Response) -> set[str]:
    """Nonces of the page's scripts; "" for a script without one."""
    scripts = re.findall(r"<script\b[^>]*>", answer.text)
    assert scripts
    return {"".join(re.findall(r'nonce="([^"]*)"', script)) for script in scripts}
