"""What the engine itself lets people and programs do, before any webapp proxy."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from bpmn.camunda.client.records import Person
from bpmn.camunda.client.rest import EngineRefused
from bpmn.camunda.provisioning.identities import load_identities
from bpmn.camunda.provisioning.provision import provision
from tests.support.engine.harness import PASSWORD, PROBE, RunningEngine, Tasklist, deploy_probe

pytest_plugins = ["tests.support.engine.fixtures"]
pytestmark = pytest.mark.engine

EVALUATED = "${currentUser().concat(1+1)}"
"""Evaluating it fails with a type error, so that the answer tells whether it was evaluated."""


def a_deal_at_the_lawyer(engine: RunningEngine, deal: str) -> tuple[str, str]:
    """Returns: id of the instance and of its task."""
    variables = {"clientName": "ООО «Сад»", "secret": "скрыто", "nextMove": 1}
    instance = engine.as_service("svcWorker").start("probe", deal, variables)
    (task,) = engine.admin.tasks(business_key=deal)
    return instance, task.id


@pytest.mark.parametrize("path", ["/task", "/user", "/process-instance", "/deployment", "/metrics"])
def test_without_a_password_the_rest_interface_says_nothing(
    bare_engine: RunningEngine, path: str
) -> None:
    answer = requests.get(f"{bare_engine.rest_url}{path}", timeout=10)

    assert answer.status_code == 401


def test_an_employee_sees_only_tasks_of_his_group(bare_engine: RunningEngine) -> None:
    _, task = a_deal_at_the_lawyer(bare_engine, "S-1")
    manager = bare_engine.as_user("manager2")

    seen = manager.request("GET", f"/task/{task}")
    variables = manager.request("GET", f"/task/{task}/form-variables")

    assert (seen.status_code, variables.status_code) == (404, 403)
    assert manager.tasks() == []


def test_an_employee_cannot_take_or_complete_a_task_of_another_group(
    bare_engine: RunningEngine,
) -> None:
    _, task = a_deal_at_the_lawyer(bare_engine, "S-2")
    manager = bare_engine.as_user("manager2")

    claimed, completed = manager.claim(task), manager.complete(task)

    assert claimed.status_code in (403, 404)
    assert completed.status_code in (403, 404)
    assert bare_engine.admin.task(task) is not None


def test_an_employee_takes_and_completes_a_task_of_his_group(bare_engine: RunningEngine) -> None:
    _, task = a_deal_at_the_lawyer(bare_engine, "S-3")
    lawyer = bare_engine.as_user("lawyer1")

    claimed = lawyer.claim(task)
    completed = lawyer.complete(task, {"comment": "Всё в порядке"})

    assert (claimed.status_code, completed.status_code) == (204, 204)
    assert [t.key for t in bare_engine.admin.tasks(business_key="S-3")] == ["Task_Manager"]


def test_taking_a_task_is_not_the_right_to_give_it_away(bare_engine: RunningEngine) -> None:
    _, task = a_deal_at_the_lawyer(bare_engine, "S-4")
    lawyer = bare_engine.as_user("lawyer1")

    given = lawyer.request("POST", f"/task/{task}/assignee", json={"userId": "manager2"})
    postponed = lawyer.request("PUT", f"/task/{task}", json={"due": "2030-01-01T00:00:00.000+0000"})

    assert (given.status_code, postponed.status_code) == (403, 403)


def test_the_head_sees_the_managers_tasks_in_the_list_of_the_department(
    bare_engine: RunningEngine,
) -> None:
    _, task = a_deal_at_the_lawyer(bare_engine, "S-5")
    bare_engine.admin.complete(task)

    department = bare_engine.as_user("head1").listed("Все задачи отдела")
    own = bare_engine.as_user("manager1").listed("Мои задачи")
    late = bare_engine.as_user("manager1").listed("Просроченные")

    (open_task,) = bare_engine.admin.tasks(business_key="S-5")
    for listed in (department, own, late):
        assert open_task.id in {each["id"] for each in listed}
    assert "Все задачи отдела" not in bare_engine.as_user("manager1").filters()


def test_a_card_shows_the_tasks_own_variables_and_no_others_of_the_instance(
    bare_engine: RunningEngine,
) -> None:
    _, task = a_deal_at_the_lawyer(bare_engine, "S-6")

    listed = bare_engine.as_user("lawyer2").listed("Задачи моей группы")

    (card,) = [each for each in listed if each["id"] == task]
    shown = {each["name"]: each["value"] for each in card["_embedded"]["variable"]}
    assert shown == {"clientName": "ООО «Сад»"}


@pytest.mark.parametrize("login", ["lawyer1", "manager2", "portal1"])
def test_nobody_reads_the_variables_of_an_instance_past_his_tasks(
    bare_engine: RunningEngine, login: str
) -> None:
    instance, _ = a_deal_at_the_lawyer(bare_engine, f"S-7-{login}")
    person = bare_engine.as_user(login)

    variables = person.request("GET", f"/process-instance/{instance}/variables")
    found = person.request("POST", "/variable-instance", json={"variableName": "secret"})
    instances = person.request("GET", "/process-instance")

    assert variables.status_code == 403
    assert found.json() == instances.json() == []


@pytest.mark.parametrize("login", ["lawyer1", "manager2"])
def test_the_engines_history_is_open_to_no_employee(bare_engine: RunningEngine, login: str) -> None:
    instance, _ = a_deal_at_the_lawyer(bare_engine, f"S-8-{login}")
    person, query = bare_engine.as_user(login), {"processInstanceId": instance}

    tasks = person.request("GET", "/history/task", params=query)
    values = person.request("GET", "/history/variable-instance")

    assert tasks.json() == []
    assert "скрыто" not in values.text


def test_a_completed_task_leaves_no_permission_behind(bare_engine: RunningEngine) -> None:
    """The engine reads the groups of all permissions several times per call of a person."""
    _, task = a_deal_at_the_lawyer(bare_engine, "S-permissions")
    admin = bare_engine.admin
    open_ = admin.get(f"/authorization?resourceType=7&resourceId={task}")

    bare_engine.as_user("lawyer1").claim(task)
    bare_engine.as_user("lawyer1").complete(task)

    ended = admin.get(f"/authorization?resourceId={task}")
    past = [
        row for number in (19, 20) for row in admin.get(f"/authorization?resourceType={number}")
    ]
    assert [row["groupId"] for row in open_] == ["lawyers"]
    assert ended == []
    assert {row["resourceId"] for row in past} == {"*"}  # of the engine's administrators


def test_an_employee_looks_at_the_diagram_of_his_task(bare_engine: RunningEngine) -> None:
    a_deal_at_the_lawyer(bare_engine, "S-9")
    lawyer = bare_engine.as_user("lawyer1")

    diagram = lawyer.request("GET", "/process-definition/key/probe/xml")

    assert diagram.ok


FORBIDDEN_TO_PEOPLE = {
    "start": ("POST", "/process-definition/key/probe/start", {"businessKey": "X"}),
    "filter": ("POST", "/filter/create", {"resourceType": "Task", "name": "x", "query": {}}),
    "right": (
        "POST",
        "/authorization/create",
        {
            "type": 1,
            "permissions": ["ALL"],
            "resourceType": 6,
            "resourceId": "*",
            "userId": "head1",
        },
    ),
    "user": (
        "POST",
        "/user/create",
        {"profile": {"id": "intruder"}, "credentials": {"password": "Xx1-long-enough"}},
    ),
    "membership": ("PUT", "/group/{administrators}/members/head1", None),
    "own account": ("DELETE", "/user/head1", None),
}


@pytest.mark.parametrize("what", FORBIDDEN_TO_PEOPLE)
def test_an_employee_changes_nothing_of_the_engine(bare_engine: RunningEngine, what: Any) -> None:
    method, path, body = FORBIDDEN_TO_PEOPLE[what]
    path = path.format(administrators=bare_engine.settings.described.administrators)

    answer = bare_engine.as_user("head1").request(method, path, json=body)

    assert answer.status_code == 403


def test_an_employee_cannot_deploy(bare_engine: RunningEngine) -> None:
    files = {"file": (PROBE.name, PROBE.read_bytes())}

    answer = bare_engine.as_user("portal1").request(
        "POST", "/deployment/create", data={"deployment-name": "mine"}, files=files
    )

    assert answer.status_code == 403


def test_an_employee_cannot_send_a_message_to_a_deal(bare_engine: RunningEngine) -> None:
    a_deal_at_the_lawyer(bare_engine, "S-10")
    message = {"messageName": "ProbeMoved", "businessKey": "S-10"}

    answer = bare_engine.as_user("manager2").request("POST", "/message", json=message)

    assert answer.status_code == 403
    assert [t.key for t in bare_engine.admin.tasks(business_key="S-10")] == ["Task_Lawyer"]


@pytest.mark.parametrize("application", ["cockpit", "admin"])
def test_an_employee_has_no_cockpit_and_no_admin(
    bare_engine: RunningEngine, application: str
) -> None:
    rights = bare_engine.as_user("portal1").session.get(
        f"{bare_engine.webapp_url}/camunda/api/admin/auth/user/default", timeout=10
    )

    assert application not in rights.json()["authorizedApps"]
    assert "tasklist" in rights.json()["authorizedApps"]


@pytest.mark.parametrize("service", ["svcWorker", "svcApi"])
def test_programs_cannot_deploy(bare_engine: RunningEngine, service: str) -> None:
    engine = bare_engine.as_service(service)

    assert refusal_of(lambda: deploy_probe(engine)) == 403


@pytest.mark.parametrize("service", ["svcWorker", "svcApi", "svcDeploy"])
def test_programs_cannot_give_rights(bare_engine: RunningEngine, service: str) -> None:
    engine = bare_engine.as_service(service)
    right = {"type": 1, "permissions": ["ALL"], "resourceType": 9, "resourceId": "*"}

    given = refusal_of(lambda: engine.post("/authorization/create", {**right, "userId": service}))

    assert given == 403


@pytest.mark.parametrize("service", ["svcWorker", "svcDeploy"])
def test_programs_but_the_api_cannot_make_people(bare_engine: RunningEngine, service: str) -> None:
    person = Person("intruder", "Кто", "То")

    made = refusal_of(
        lambda: bare_engine.as_service(service).create_user(person, "Xx1-longenough!")
    )

    assert made == 403


def test_the_api_manages_people_in_the_roles_of_the_company_only(
    bare_engine: RunningEngine,
) -> None:
    api, groups = bare_engine.as_service("svcApi"), list(load_identities().groups)
    person = Person("newcomer1", "Пётр", "Новиков", "novikov@example.ru")

    api.create_user(person, "Xx1-longenough!")
    api.set_groups("newcomer1", ["drivers", "lawyers"], groups)
    for _ in range(2):  # safe to repeat
        api.set_groups("newcomer1", ["drivers"], groups)
    api.update_profile(Person("newcomer1", "Пётр", "Иной", None))
    api.change_password("newcomer1", "Yy2-longenough!")

    (administrators,) = bare_engine.admin.groups_of(bare_engine.admin.login)
    refused = refusal_of(lambda: api.set_groups("newcomer1", [administrators], [administrators]))
    assert refused == 403
    assert api.groups_of("newcomer1") == {"drivers"}
    assert api.user("newcomer1") == Person("newcomer1", "Пётр", "Иной", None)
    assert bare_engine.admin.verify_password("newcomer1", "Yy2-longenough!")
    bare_engine.admin.delete("/user/newcomer1")


def test_the_api_appoints_to_a_role_that_is_new_in_the_file(
    bare_engine: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    described, admin = load_identities(), bare_engine.admin
    groups = {**described.groups, "storageKeepers": "Хранители"}
    added = described.model_copy(update={"groups": groups})
    monkeypatch.setattr(f"{provision.__module__}.load_identities", lambda: added)
    provision(admin, True, secrets=bare_engine.secrets, demo_password=PASSWORD)
    api = bare_engine.as_service("svcApi")
    api.create_user(Person("newcomer2", "Анна", "Новикова"), "Xx1-longenough!")

    api.set_groups("newcomer2", groups, groups)
    appointed = api.groups_of("newcomer2")
    api.set_groups("newcomer2", [], groups)

    assert appointed == set(groups)
    assert api.groups_of("newcomer2") == set()
    for service in ("svcWorker", "svcDeploy"):
        program = bare_engine.as_service(service)
        assert (
            refusal_of(lambda to=program: to.set_groups("svcApi", ["drivers"], ["drivers"])) == 403
        )
    admin.delete("/user/newcomer2")
    admin.delete("/group/storageKeepers")


def test_the_api_changes_no_account_of_administrators_and_programs(
    bare_engine: RunningEngine,
) -> None:
    api, admin = bare_engine.as_service("svcApi"), bare_engine.admin
    administrators = bare_engine.settings.described.administrators
    admin.create_user(Person("second1", "Второй", "Админ"), "Zz3-longenough!")
    admin.set_groups("second1", [administrators], [administrators])
    provision(admin, True, secrets=bare_engine.secrets, demo_password=PASSWORD)

    def refusals(login: str) -> list[int]:
        changes: tuple[Callable[[], object], ...] = (
            lambda: api.change_password(login, "Intruder-1-password"),
            lambda: api.update_profile(Person(login, "Иное", "Имя")),
            lambda: api.delete(f"/user/{login}"),
            lambda: api.delete(f"/group/{administrators}/members/{login}"),
            lambda: api.post(f"/user/{login}/unlock", {}),
        )
        return [refusal_of(change) for change in changes]

    for login in (admin.login, "second1", "svcWorker", "svcApi", "svcDeploy"):
        assert refusals(login) == [403] * 5, login
    assert admin.verify_password("second1", "Zz3-longenough!")

    admin.set_groups("second1", [], [administrators])
    again = provision(admin, True, secrets=bare_engine.secrets, demo_password=PASSWORD)
    assert again.changes == ["removed revoke svcApi 1:second1 UPDATE"]
    admin.delete("/user/second1")


def test_the_api_reads_but_neither_starts_nor_completes(bare_engine: RunningEngine) -> None:
    _, task = a_deal_at_the_lawyer(bare_engine, "S-11")
    api = bare_engine.as_service("svcApi")

    assert [each.id for each in api.tasks(business_key="S-11")] == [task]
    assert refusal_of(lambda: api.start("probe", "S-12")) == 403
    assert refusal_of(lambda: api.complete(task)) == 403


def test_the_deploying_account_sees_no_tasks_and_no_people(bare_engine: RunningEngine) -> None:
    a_deal_at_the_lawyer(bare_engine, "S-13")
    engine = bare_engine.as_service("svcDeploy")

    assert engine.tasks() == []
    assert [person.login for person in engine.users()] == ["svcDeploy"]


@pytest.mark.parametrize("service", ["svcWorker", "svcApi", "svcDeploy"])
def test_programs_cannot_log_in_to_tasklist(bare_engine: RunningEngine, service: str) -> None:
    secret = {"svcWorker": "worker", "svcApi": "api", "svcDeploy": "deploy"}[service]

    session = Tasklist(bare_engine.webapp_url, service, getattr(bare_engine.secrets, secret))

    assert session.answer.status_code == 403


def test_a_stolen_session_is_useless_without_its_token(bare_engine: RunningEngine) -> None:
    lawyer = bare_engine.as_user("lawyer1")
    address = f"{bare_engine.webapp_url}/camunda/api/engine/engine/default/task"

    answer = lawyer.session.post(address, json={}, timeout=10)

    assert answer.status_code == 403


def test_a_pdf_may_open_in_a_window_of_its_own(bare_engine: RunningEngine) -> None:
    page = requests.get(f"{bare_engine.webapp_url}/camunda/app/tasklist/default/", timeout=10)

    assert "allow-popups-to-escape-sandbox" in page.headers["Content-Security-Policy"]


def test_the_engine_refuses_expressions_in_a_plain_query(bare_engine: RunningEngine) -> None:
    answer = bare_engine.as_user("driver1").request(
        "POST", "/task", json={"dueAfterExpression": EVALUATED}
    )

    assert answer.status_code == 400
    assert "Expressions are forbidden" in answer.text


@pytest.mark.parametrize("path", ["/task", "/task/count", "/filter/{filter}/list"])
def test_the_engine_evaluates_expressions_inside_or_queries_so_the_front_door_must_refuse_them(
    bare_engine: RunningEngine, path: str
) -> None:
    """CVE-2026-109432 in the engine: the reason for the webapp proxy's check of JSON members."""
    driver = bare_engine.as_user("driver1")
    address = path.format(filter=driver.filters()["Мои задачи"])

    answer = driver.request(
        "POST", address, json={"orQueries": [{"dueAfterExpression": EVALUATED}]}
    )

    assert answer.status_code == 500
    assert "argument type mismatch" in answer.text


def refusal_of(call: Any) -> int:
    """The status with which the engine refused."""
    with pytest.raises(EngineRefused) as refused:
        call()
    return refused.value.status


@pytest.mark.parametrize("service", ["svcWorker", "svcApi"])
def test_a_program_hands_a_task_over_to_a_person_and_back_to_a_group(
    bare_engine: RunningEngine, service: str
) -> None:
    _, task = a_deal_at_the_lawyer(bare_engine, f"S-hand-{service}")
    program = bare_engine.as_service(service)

    program.hand_over(task, "manager2", "salesManagers")
    seen = bare_engine.as_user("manager2").listed("Мои задачи")
    for _ in range(2):
        program.hand_over(task, None, "salesManagers")
    offered = bare_engine.as_user("manager1").listed("Задачи моей группы")

    for listed in (seen, offered):
        assert task in {each["id"] for each in listed}
    with pytest.raises(EngineRefused):
        program.complete(task)
    with pytest.raises(EngineRefused):
        program.hand_over("no-such-task", "manager2", "salesManagers")
