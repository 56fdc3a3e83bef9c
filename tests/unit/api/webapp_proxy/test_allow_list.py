"""Rules of the webapp proxy's allow-list and body checks."""

import json
from typing import Any

import pytest

from api.webapp_proxy.allow_list import ENGINE, LOGIN, RULES, Audience, rules_for
from api.webapp_proxy.body_validation import (
    check_variables,
    query_names,
    refuse_expressions,
    serialize,
    submitted_variables,
)
from api.webapp_proxy.paths import canonical_path, checked_query
from api.webapp_proxy.refusals import ExpressionRefused, ProxyRefusal, RequestNotUnderstood

ID = "4ee15fba-e787-11f1-b701-02fc00000001"


def open_to(method: str, path: str) -> set[Audience]:
    return {rule.audience for rule, _ in rules_for(method, path)}


NEEDED = [
    ("GET", "/camunda/app/tasklist/default/"),
    ("GET", "/camunda/assets/IBMPlexSans-Regular.woff2"),
    ("GET", "/camunda/api/tasklist/plugin/tasklistPlugins/static/app/plugin.js"),
    ("GET", "/camunda/api/admin/auth/user/default"),
    ("POST", "/camunda/api/admin/auth/user/default/login/tasklist"),
    ("POST", "/camunda/api/admin/auth/user/default/logout"),
    ("GET", f"{ENGINE}/filter"),
    ("POST", f"{ENGINE}/filter/{ID}/list"),
    ("GET", f"{ENGINE}/task/{ID}"),
    ("GET", f"{ENGINE}/task/{ID}/form"),
    ("GET", f"{ENGINE}/task/{ID}/deployed-form"),
    ("GET", f"{ENGINE}/task/{ID}/form-variables"),
    ("POST", f"{ENGINE}/task/{ID}/claim"),
    ("POST", f"{ENGINE}/task/{ID}/submit-form"),
    ("GET", f"{ENGINE}/process-definition/new-client:1:{ID}/xml"),
    ("GET", f"{ENGINE}/history/user-operation"),
    ("POST", f"{ENGINE}/group"),
]
"""Measured: what Tasklist asks for from log-in to log-out."""


@pytest.mark.parametrize(("method", "path"), NEEDED)
def test_what_tasklist_needs_passes_for_every_employee(method: Any, path: Any) -> None:
    assert open_to(method, path) & {Audience.ANYBODY, Audience.EMPLOYEE}


FOR_ADMINISTRATORS = [
    ("POST", f"{ENGINE}/message"),
    ("POST", f"{ENGINE}/signal"),
    ("POST", f"{ENGINE}/user/create"),
    ("POST", f"{ENGINE}/authorization/create"),
    ("POST", f"{ENGINE}/deployment/create"),
    ("POST", f"{ENGINE}/process-definition/key/deal/start"),
    ("POST", f"{ENGINE}/process-instance/{ID}/modification"),
    ("POST", f"{ENGINE}/filter/create"),
    ("PUT", f"{ENGINE}/filter/{ID}"),
    ("DELETE", f"{ENGINE}/filter/{ID}"),
    ("POST", f"{ENGINE}/task"),
    ("POST", f"{ENGINE}/task/create"),
    ("PUT", f"{ENGINE}/task/{ID}"),
    ("POST", f"{ENGINE}/task/{ID}/assignee"),
    ("POST", f"{ENGINE}/task/{ID}/delegate"),
    ("POST", f"{ENGINE}/task/{ID}/identity-links"),
    ("PUT", f"{ENGINE}/task/{ID}/variables/decision"),
    ("POST", f"{ENGINE}/task/{ID}/bpmnError"),
    ("POST", f"{ENGINE}/external-task/fetchAndLock"),
    ("GET", f"{ENGINE}/variable-instance"),
    ("GET", f"{ENGINE}/history/variable-instance"),
    ("GET", "/camunda/app/cockpit/default/"),
    ("GET", "/camunda/app/admin/default/"),
    ("POST", "/camunda/api/admin/setup/default/user/create"),
    ("GET", "/camunda/api/cockpit/plugin/base/default/process-definition/statistics"),
]


@pytest.mark.parametrize(("method", "path"), FOR_ADMINISTRATORS)
def test_what_changes_the_engine_is_for_administrators_only(method: Any, path: Any) -> None:
    assert open_to(method, path) <= {Audience.ADMIN}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/engine-rest/task"),
        ("GET", "/camunda-invoice/"),
        ("GET", "/actuator/env"),
        ("PATCH", f"{ENGINE}/task/{ID}"),
        ("TRACE", "/camunda/app/tasklist/default/"),
        ("POST", "/camunda/app/tasklist/default/"),
        ("GET", f"/camunda/api/engine/engine/default/task/{ID}/form/../../../user"),
    ],
)
def test_everything_else_of_the_engine_passes_for_nobody(method: str, path: str) -> None:
    employees = {Audience.ANYBODY, Audience.EMPLOYEE}

    assert not open_to(method, path) & employees


def test_every_rule_says_why_and_stays_below_camunda() -> None:
    assert all(rule.reason and rule.path.startswith("/camunda") for rule in RULES)


def test_a_rule_for_administrators_never_hides_a_more_open_one() -> None:
    order = [rule.audience is Audience.ADMIN for rule in RULES]

    assert order == sorted(order)


@pytest.mark.parametrize(
    "path",
    [
        "/camunda/../engine-rest/task",
        "/camunda/%2e%2e/engine-rest/task",
        "/camunda/app/tasklist/..%2f..%2fengine-rest",
        "/camunda/app/tasklist/%252e%252e/",
        "/camunda/app/tasklist/..;/..;/engine-rest",
        "/camunda/app/tasklist;jsessionid=1/default/",
        "/camunda/app/tasklist%3bjsessionid=1/",
        "/camunda//app/tasklist",
        "/camunda/app/./tasklist",
        "/camunda%2fapp",
        "/camunda/app\\..\\engine-rest",
        "/camunda/app%00",
        "/camunda/app\r\nX: y",
        "/camunda/прил",
        "/camunda/" + "a" * 600,
    ],
)
def test_a_path_that_can_be_read_in_two_ways_does_not_pass(path: Any) -> None:
    with pytest.raises(RequestNotUnderstood):
        canonical_path(path.encode())


def test_a_plain_path_and_one_with_an_encoded_colon_are_one() -> None:
    plain = f"{ENGINE}/process-definition/deal:1:{ID}/xml"

    assert canonical_path(plain.encode()) == plain
    assert canonical_path(plain.replace(":", "%3A").encode()) == plain


@pytest.mark.parametrize("number", ["2001", "1000000000", "-1", "1e9"])
def test_nobody_reads_everything_at_once(number: str) -> None:
    assert checked_query(b"firstResult=0&maxResults=2000")

    with pytest.raises(RequestNotUnderstood):
        checked_query(f"maxResults={number}".encode())


@pytest.mark.parametrize("query", ["a=\x00", "a=<script>", 'a="', "a=" + "b" * 5000])
def test_a_query_with_odd_characters_does_not_pass(query: Any) -> None:
    with pytest.raises(RequestNotUnderstood):
        checked_query(query.encode())


@pytest.mark.parametrize(
    "query",
    ["dueAfterExpression=1", "a=1&DUEAFTEREXPRESSION=", "due%41fterExpressio%6e=x", "expression"],
)
def test_an_expression_in_the_query_is_found_however_it_is_written(query: str) -> None:
    with pytest.raises(ExpressionRefused):
        refuse_expressions(query_names(query))


def test_a_value_may_speak_of_an_expression() -> None:
    refuse_expressions(query_names("name=dueAfterExpression&sortBy=created"))


DECLARED = frozenset({"comment"})


def a_variable(value: object, type_: str | None = "String", **more: object) -> dict[str, Any]:
    return {"variables": {"comment": {"value": value, "type": type_, **more}}}


@pytest.mark.parametrize(
    "body",
    [None, {}, a_variable("да\n" + "я" * 3_997), a_variable(3, "Integer"), a_variable(None, None)],
)
def test_a_form_submits_plain_values(body: Any) -> None:
    check_variables(submitted_variables(body), DECLARED)


@pytest.mark.parametrize(
    "body",
    [
        a_variable("rO0ABXNy", "Object"),
        a_variable("AAAA", "File", valueInfo={"filename": "a.html"}),
        a_variable("AAAA", "Bytes"),
        a_variable("<a/>", "Xml"),
        a_variable("{broken", "Json"),
        a_variable("2026-11-23T10:00:00.000+0300", "Date"),
        a_variable("я" * 4_001),
        a_variable("😀" * 2_001),
        a_variable("a\x00b"),
        {"variables": {"dueAt": {"value": True, "type": "Boolean"}}},
        {"variables": {"manager": {"value": "manager2", "type": "String"}}},
        {"variables": {"decidedBy": {"value": "head1", "type": "String"}}},
        a_variable("{}", "Json", valueInfo={"objectTypeName": "java.lang.Runtime"}),
        a_variable({"deep": 1}),
        {"variables": {"execution.id": {"value": "1"}}},
        {"variables": {"x": "1"}},
        {"variables": []},
        {"variables": {}, "withVariablesInReturn": True},
        {"variables": {}, "businessKey": "D-2026-00001"},
        ["variables"],
    ],
)
def test_a_form_submits_no_objects_files_or_odd_names(body: Any) -> None:
    with pytest.raises(ProxyRefusal):
        check_variables(submitted_variables(body), DECLARED)


def test_the_engine_gets_the_body_in_our_spelling() -> None:
    value = {"имя": "«Сад»", "n": [1, None]}

    assert json.loads(serialize(value)) == value
    assert b"\\u" not in serialize(value)


@pytest.mark.parametrize("application", ["tasklist", "cockpit", "admin", "welcome"])
def test_logging_in_is_counted_whatever_the_application(application: str) -> None:
    found = rules_for("POST", f"/camunda/api/admin/auth/user/default/login/{application}")

    assert found[0][0] is LOGIN


@pytest.mark.parametrize(
    "path",
    [
        "/camunda/api/engine/engine/default/identity/verify",
        "/camunda/api/engine/engine/default/identity/verify/",
        "/camunda/api/admin/auth/user/default/login/other",
        "/camunda/api/admin/auth/user/other/login/tasklist",
        "/camunda/api/admin/auth/user/default/login/tasklist/",
    ],
)
def test_no_other_path_tells_whether_a_password_is_right(path: str) -> None:
    assert rules_for("POST", path) == []
