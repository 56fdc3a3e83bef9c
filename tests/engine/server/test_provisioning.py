"""The engine's people and rights agree with the file, whatever happened before."""

from typing import Any

import pytest

from bpmn.camunda.provisioning.provision import ProvisioningReport, demo_people, provision
from tests.support.engine.harness import PASSWORD, RunningEngine, running_engine

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def engine() -> Any:
    with running_engine() as running:
        yield running


@pytest.fixture(autouse=True)
def as_the_file_says(engine: Any) -> None:
    again(engine)


def again(
    engine: RunningEngine, *, demo: bool = True, password: str = PASSWORD
) -> ProvisioningReport:
    return provision(engine.admin, demo, secrets=engine.secrets, demo_password=password)


def test_a_second_run_changes_nothing(engine: Any) -> None:
    assert engine.provisioned is not None
    assert not engine.provisioned.unchanged

    assert again(engine).changes == []


def test_a_changed_name_is_set_right(engine: Any) -> None:
    profile = {"id": "lawyer1", "firstName": "Кто", "lastName": "То", "email": ""}
    engine.admin.put("/user/lawyer1/profile", profile)

    assert again(engine).changes == ["updated user lawyer1"]
    assert engine.admin.user("lawyer1").name == "Илья Юрьев"


def test_a_changed_password_of_a_program_is_set_right(engine: Any) -> None:
    engine.admin.set_password("svcApi", "Another-1-password")

    assert again(engine).changes == ["updated user svcApi"]
    assert engine.as_service("svcApi").engine_ready()


def test_a_lost_membership_comes_back(engine: Any) -> None:
    engine.admin.delete("/group/lawyers/members/lawyer1")

    assert again(engine).changes == ["updated member lawyer1 of lawyers"]


def test_a_changed_filter_is_set_right(engine: Any) -> None:
    (row,) = engine.admin.get("/filter", name="Мои задачи")
    engine.admin.put(f"/filter/{row['id']}", {**row, "query": {"assignee": "lawyer1"}})

    assert again(engine).changes == ["updated filter Мои задачи"]


def test_a_wide_right_given_by_hand_is_taken_back(engine: Any) -> None:
    right = {"type": 1, "resourceType": 7, "resourceId": "*", "permissions": ["ALL"]}
    engine.admin.post("/authorization/create", {**right, "groupId": "drivers"})

    assert again(engine).changes == ["removed right drivers 7:* ALL"]


def test_a_right_the_file_gives_is_restored(engine: Any) -> None:
    engine.admin.delete(f"/authorization/{tasklist_right(engine, 'drivers')}")

    assert again(engine).changes == ["created right drivers 0:tasklist ACCESS"]


def tasklist_right(engine: RunningEngine, group: str) -> str:
    query = {"resourceType": 0, "resourceId": "tasklist", "groupIdIn": group}
    (row,) = engine.admin.get("/authorization", **query)
    return str(row["id"])


def test_people_of_the_company_are_left_alone(engine: Any) -> None:
    profile = {"id": "petrova", "firstName": "Анна", "lastName": "Петрова", "email": "p@x.example"}
    engine.admin.post(
        "/user/create", {"profile": profile, "credentials": {"password": "Long-enough-1"}}
    )
    engine.admin.put("/group/lawyers/members/petrova")

    assert again(engine).changes == []
    assert engine.admin.groups_of("petrova") == {"lawyers"}


def test_without_the_demo_its_people_are_gone_and_the_programs_stay(engine: Any) -> None:
    report = again(engine, demo=False)

    logins = {person.login for person in engine.admin.users()}
    assert not logins & {login for login, _, _ in demo_people()}
    assert {"admin", "svcWorker", "svcApi", "svcDeploy"} <= logins
    assert len(report.changes) == len(demo_people())
    assert again(engine, demo=False).changes == []


def test_demo_people_play_every_role_of_the_company(engine: Any) -> None:
    roles = {group["id"] for group in engine.admin.get("/group")} - {
        engine.settings.described.administrators
    }

    played = {role for role in roles if engine.admin.members(role)}

    assert len(roles) == 13
    assert played == roles


def test_demo_people_without_a_password_are_refused(engine: Any) -> None:
    with pytest.raises(ValueError, match="password"):
        provision(engine.admin, True, secrets=engine.secrets)
