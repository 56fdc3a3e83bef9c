"""Webapp proxy with a fake engine: forwarding, refusals, error texts."""

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
import pytest
from fastapi import FastAPI

from api.webapp_proxy.endpoint import RETRY_DELAYS
from bpmn.camunda.server.settings import EngineSettings
from tests.integration.api.webapp_proxy.doorway import an_application, forget_attempts, remember
from tests.integration.api.webapp_proxy.webapp_stand_in import PASSWORD, Told, WebappStandIn

ENGINE = "/camunda/api/engine/engine/default"
TASK = f"{ENGINE}/task/4ee15fba-e787-11f1-b701-02fc00000001"
LIST = f"{ENGINE}/filter/4cc66e67-e787-11f1-b701-02fc00000001/list"
LOGIN = "/camunda/api/admin/auth/user/default/login/tasklist"
PAGE = {"Accept": "text/html"}


@dataclass
class House:
    """The application, its fake engine, and an HTTP client per person."""

    url: str
    app: FastAPI
    engine: WebappStandIn
    browsers: list[httpx2.Client] = field(default_factory=list)

    def browser(self, login: str | None = None) -> httpx2.Client:
        client = httpx2.Client(base_url=self.url, timeout=20)
        self.browsers.append(client)
        if login is not None:
            client.cookies.set("JSESSIONID", self.engine.session_of(login))
        return client

    def log_in(self, login: str, password: str = PASSWORD, **headers: str) -> httpx2.Response:
        form = {"username": login, "password": password}
        return self.browser().post(LOGIN, data=form, headers=headers)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    directory: Path = tmp_path_factory.mktemp("house")
    with WebappStandIn() as engine, an_application(directory, engine.url) as (url, app):
        yield House(url, app, engine)


@pytest.fixture
def house(running: House) -> Iterator[House]:
    engine, app = running.engine, running.app
    engine.began = partial(remember, app)
    forget_attempts(app)
    administrators = EngineSettings(_env_file=None).described.administrators
    engine.people = {"lawyer1": ["lawyers"], "driver1": ["drivers"], "boss": [administrators]}
    engine.people |= {"svcApi": []}
    engine.seen, engine.told, engine.sessions, engine.down, engine.cut = [], {}, {}, False, None
    yield running
    while running.browsers:
        running.browsers.pop().close()


def test_a_page_passes_with_its_headers_and_cookies(house: House) -> None:
    house.engine.told["/camunda/app/tasklist/default/"] = Told(
        200,
        b"<html>",
        (
            ("Content-Type", "text/html;charset=UTF-8"),
            ("Content-Security-Policy", "default-src 'self'"),
            ("Set-Cookie", "JSESSIONID=ABCDEF123456; Path=/; HttpOnly;SameSite=Lax"),
            ("Set-Cookie", "XSRF-TOKEN=xyz;Path=/camunda;SameSite=Lax"),
            ("Server", "Tomcat"),
        ),
    )

    answer = house.browser().get("/camunda/app/tasklist/default/")

    assert (answer.status_code, answer.text) == (200, "<html>")
    assert answer.headers["content-security-policy"] == "default-src 'self'"
    session, token = answer.headers.get_list("set-cookie")
    assert re.fullmatch(
        r"JSESSIONID=ABCDEF123456\.n[0-9a-f]{8}; Path=/; HttpOnly;SameSite=Lax", session
    )
    assert token == "XSRF-TOKEN=xyz;Path=/camunda;SameSite=Lax"
    assert "server" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_redirect_of_the_engine_stays_at_our_address(house: House) -> None:
    inside = f"{house.engine.url}/camunda/app/tasklist/"
    house.engine.told["/camunda/"] = Told(302, b"", (("Location", inside),))

    answer = house.browser().get("/camunda/")

    assert answer.headers["location"] == "/camunda/app/tasklist/"


def test_a_redirect_to_the_address_that_people_use_keeps_its_query(house: House) -> None:
    told = f"{house.url}/camunda/app/tasklist/default/?a=1"
    house.engine.told["/camunda/"] = Told(302, b"", (("Location", told),))

    answer = house.browser().get("/camunda/")

    assert answer.headers["location"] == "/camunda/app/tasklist/default/?a=1"


def test_headers_that_a_user_may_not_set_are_ours_or_stay_outside(house: House) -> None:
    forged = {
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Host": "evil.example",
        "X-User-Id": "admin",
        "X-Remote-User": "admin",
        "Authorization": "Basic YWRtaW46YWRtaW4=",
        "Forwarded": "for=10.0.0.1",
        "X-XSRF-TOKEN": "abc",
    }
    browser = house.browser("lawyer1")
    browser.cookies.set("tracker", "42")

    browser.get(f"{TASK}/form", headers=forged)

    (seen,) = house.engine.asked("/form")
    headers = {name.lower(): value for name, value in seen.headers.items()}
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-host"] == urlsplit(house.url).netloc
    assert headers["x-xsrf-token"] == "abc"
    assert not {"x-user-id", "x-remote-user", "authorization", "forwarded"} & set(headers)
    assert "tracker" not in headers["cookie"]


@pytest.mark.parametrize(
    ("proof", "token"), [({"X-Requested-With": "XMLHttpRequest"}, "abc"), ({}, None)]
)
def test_the_engines_token_is_added_for_pages_of_this_origin_only(
    house: House, proof: dict[str, str], token: str | None
) -> None:
    """A form of another origin cannot set the header that proves it."""
    browser = house.browser("lawyer1")
    browser.cookies.set("XSRF-TOKEN", "abc")

    browser.get(f"{TASK}/form", headers=proof)

    (seen,) = house.engine.asked("/form")
    headers = {name.lower(): value for name, value in seen.headers.items()}
    assert headers.get("x-xsrf-token") == token


def test_a_header_outside_ascii_is_no_trouble(house: House) -> None:
    answer = house.browser("lawyer1").get(f"{TASK}/form", headers={b"User-Agent": "é".encode()})

    (seen,) = house.engine.asked("/form")
    assert (answer.status_code, seen.headers["user-agent"]) == (200, "Ã©")


@pytest.mark.parametrize(
    "path", ["/engine-rest/task", "/engine-rest/engine", "/", "/actuator", "/camunda-admin/x"]
)
def test_the_rest_interface_of_the_engine_is_not_reachable(house: House, path: str) -> None:
    house.browser().get(path)

    assert house.engine.seen == []


@pytest.mark.parametrize(
    "path",
    ["/camunda/../engine-rest/task", "/camunda/app/..%2f..%2fengine-rest", "/camunda/a;b=c/"],
)
def test_a_crooked_path_gets_a_400_and_reaches_nobody(house: House, path: str) -> None:
    place = urlsplit(house.url)
    with socket.create_connection((place.hostname, place.port), 10) as connection:
        request = f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        status = connection.makefile("rb").readline()

    assert b" 400 " in status or b" 404 " in status
    assert house.engine.seen == []


HOSTILE = {
    "deep": ('{"orQueries":[{"orQueries":[[{"dueAfterExpression":"${now()}"}]]}]}', 403),
    "escaped": ('{"orQueries":[{"dueAfter\\u0045xpression":"${now()}"}]}', 403),
    "upper case": ('{"ASSIGNEEEXPRESSION":"${now()}"}', 403),
    "with a blank": ('{"dueAfterExpression ":"${now()}"}', 403),
    "doubled": ('{"orQueries":[],"orQueries":[{"dueAfterExpression":"x"}]}', 400),
    "broken": ('{"orQueries":[{"dueAfterExpression":"x"}]', 400),
    "bomb": ("[" * 50_000, 400),
    "not UTF-8": (b'{"a":"\xff"}', 400),
    "UTF-16": ('{"dueAfterExpression":"x"}'.encode("utf-16"), 400),
    "not a number": ('{"a":NaN}', 400),
    "huge": (json.dumps({"a": "x" * 1_100_000}), 413),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_body_never_reaches_the_engine(house: House, what: str) -> None:
    body, status = HOSTILE[what]
    assert isinstance(body, str | bytes)

    answer = house.browser("lawyer1").post(
        LIST, content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == status
    assert house.engine.asked("/list") == []
    assert answer.json()["message"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/hal+json", "application/json; charset=utf-7", None]
)
def test_json_under_another_name_is_not_taken(house: House, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}

    answer = house.browser("lawyer1").post(LIST, content=b"{}", headers=headers)

    assert answer.status_code == 415
    assert house.engine.asked("/list") == []


def test_an_expression_in_the_address_never_reaches_the_engine(house: House) -> None:
    answer = house.browser("lawyer1").get(f"{ENGINE}/task?dueAfterExpre%73sion=x")

    assert (answer.status_code, answer.json()["code"]) == (403, "EXPRESSION_REFUSED")
    assert house.engine.asked("/task") == []


def test_the_engine_gets_the_form_as_it_was_understood(house: House) -> None:
    body = '{ "variables" : {"comment": {"value": "\\u0434\\u0430", "type": "String"}} }'

    answer = house.browser("lawyer1").post(
        f"{TASK}/submit-form", content=body, headers={"Content-Type": "application/json"}
    )

    (seen,) = house.engine.asked("/submit-form")
    assert answer.status_code == 200
    assert seen.json == {"variables": {"comment": {"value": "да", "type": "String"}}}


@pytest.mark.parametrize("sign", ["\x1b", "\x85", "\u202e", "\u2067"], ids=ascii)
def test_an_invisible_sign_that_misleads_never_reaches_the_engine(house: House, sign: str) -> None:
    browser, text = house.browser("lawyer1"), f"Согласен{sign}, но"
    form = {"variables": {"comment": {"value": text, "type": "String"}}}

    answer = browser.post(f"{TASK}/submit-form", json=form)

    assert (answer.status_code, answer.json()["code"]) == (422, "TEXT_REFUSED")
    assert f"U+{ord(sign):04X} после «Согласен» (знак 9)" in answer.json()["message"]
    assert house.engine.asked(TASK) == []


def test_what_comes_along_with_pasted_text_passes(house: House) -> None:
    text = "Сад\u00adовод\u200b \u200eABC \U0001f469\u200d\U0001f527\n\tда"
    form = {"variables": {"comment": {"value": text, "type": "String"}}}

    answer = house.browser("lawyer1").post(f"{TASK}/submit-form", json=form)

    (seen,) = house.engine.asked("/submit-form")
    assert answer.status_code == 200
    assert seen.json == form


@pytest.mark.parametrize("action", ["complete", "submit-form", "claim"])
def test_a_stranger_is_turned_away_before_the_body_is_looked_at(house: House, action: str) -> None:
    broken: dict[str, Any] = {"content": b"{broken", "headers": {"Content-Type": "text/plain"}}

    answer = house.browser().post(f"{TASK}/{action}", **broken)

    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
    assert "www-authenticate" not in answer.headers
    assert house.engine.asked(TASK) == []


def test_who_is_not_logged_in_sends_small_bodies_only(house: House) -> None:
    answer = house.browser().post("/camunda/api/admin/auth/user/default/logout", json="x" * 5000)

    assert answer.status_code == 413


def test_a_serialized_object_is_not_submitted(house: House) -> None:
    variables = {"x": {"value": "rO0ABQ==", "type": "Object"}}

    answer = house.browser("lawyer1").post(f"{TASK}/submit-form", json={"variables": variables})

    assert answer.status_code == 403
    assert house.engine.asked("/submit-form") == []


def test_a_task_is_taken_for_oneself_only(house: House) -> None:
    browser = house.browser("lawyer1")

    own = browser.post(f"{TASK}/claim", json={"userId": "lawyer1"})
    foreign = browser.post(f"{TASK}/claim", json={"userId": "driver1"})
    nobody = house.browser().post(f"{TASK}/claim", json={"userId": "lawyer1"})

    assert (own.status_code, foreign.status_code, nobody.status_code) == (200, 403, 401)
    assert len(house.engine.asked("/claim")) == 1


HISTORY = "/engine-rest/history/task"
BROKEN = Told(500, {"type": "NullPointerException", "message": "PvmExecutionImpl.anything is null"})
"""What a lost race looks like is the engine's secret; this is no word that we know."""


def past(assignee: str | None = "lawyer1", ended: bool = True, reason: str = "completed") -> Told:
    """The task in the engine's history."""
    end = "2026-11-27T10:00:00.000+0000" if ended else None
    told = {"id": TASK.rpartition("/")[2], "assignee": assignee, "endTime": end}
    return Told(body=[{**told, "deleteReason": reason if ended else None}])


RACES = {
    "done by the same person": (past(), "TASK_DONE"),
    "done by another": (past("lawyer2"), "TASK_CHANGED"),
    "done by nobody in particular": (past(None), "TASK_CHANGED"),
    "taken back by the process": (past(reason="deleted"), "TASK_CHANGED"),
    "taken by another": (past("lawyer2", ended=False), "TASK_TAKEN"),
    "forgotten": (Told(body=[]), "TASK_CHANGED"),
}


@pytest.mark.parametrize("refusal", [BROKEN, Told(403, {"message": "no permission"}), Told(404)])
@pytest.mark.parametrize("action", ["submit-form", "complete", "claim"])
@pytest.mark.parametrize("what", RACES)
def test_who_comes_too_late_is_told_what_became_of_the_task(
    house: House, what: str, action: str, refusal: Told
) -> None:
    told, code = RACES[what]
    house.engine.told |= {f"{TASK}/{action}": refusal, HISTORY: told}
    body = {"userId": "lawyer1"} if action == "claim" else {}

    answer = house.browser("lawyer1").post(f"{TASK}/{action}", json=body)

    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert "Обновите список задач." in answer.json()["message"]
    assert len(house.engine.asked(action)) == 1


def test_what_collided_while_the_task_is_there_is_sent_again(house: House) -> None:
    house.engine.told |= {f"{TASK}/submit-form": BROKEN, HISTORY: past(ended=False)}

    answer = house.browser("lawyer1").post(f"{TASK}/submit-form", json={"variables": {}})

    assert (answer.status_code, answer.json()["code"]) == (500, "ENGINE_FAILED")
    assert "Pvm" not in answer.text
    assert len(house.engine.asked("/submit-form")) == 1 + len(RETRY_DELAYS)


def test_who_has_the_task_already_has_taken_it(house: House) -> None:
    house.engine.told |= {f"{TASK}/claim": BROKEN, HISTORY: past(ended=False)}

    answer = house.browser("lawyer1").post(f"{TASK}/claim", json={"userId": "lawyer1"})

    assert answer.status_code == 204


def test_nobody_is_told_more_than_is_known(house: House) -> None:
    house.engine.told |= {f"{TASK}/submit-form": BROKEN, HISTORY: Told(500)}

    answer = house.browser("lawyer1").post(f"{TASK}/submit-form", json={"variables": {}})

    assert (answer.status_code, answer.json()["code"]) == (504, "ANSWER_LOST")


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_task_that_is_over_is_gone_for_who_reads_it(house: House, status: int) -> None:
    told = {"type": "RestException", "message": "No matching task with id 1"}
    house.engine.told |= {f"{TASK}/form": Told(status, told), HISTORY: past()}

    answer = house.browser("lawyer1").get(f"{TASK}/form")

    assert (answer.status_code, answer.json()["code"]) == (404, "TASK_GONE")
    assert "matching" not in answer.text


def test_a_page_gets_the_nonce_of_its_own_policy(house: House) -> None:
    page = (
        b'<script defer src="/lib/deps.js" nonce="other" charset="UTF-8"></script><script nonce="">'
    )
    policy = "script-src 'nonce-own_-1' 'strict-dynamic'"
    headers = (("Content-Type", "text/html;charset=UTF-8"), ("Content-Security-Policy", policy))
    house.engine.told["/camunda/app/tasklist/default/"] = Told(200, page, headers)

    answer = house.browser().get("/camunda/app/tasklist/default/")

    own = '<script defer src="/lib/deps.js" nonce="own_-1" charset="UTF-8"></script>'
    assert answer.text == own + '<script nonce="own_-1">'
    assert answer.headers["content-security-policy"] == policy
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_a_failure_inside_the_engine_stays_inside(house: House) -> None:
    told = {"type": "ProcessEngineException", "message": "org.h2.jdbc: SELECT * FROM ACT_RU_TASK"}
    house.engine.told |= {f"{TASK}/form": Told(500, told), HISTORY: past(ended=False)}

    answer = house.browser("lawyer1").get(f"{TASK}/form")

    assert answer.status_code == 500
    assert "h2" not in answer.text
    assert answer.headers["x-request-id"] in answer.json()["message"]


NO = {"type": "AuthorizationException", "message": "The user with id 'lawyer1' does not have …"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406])
@pytest.mark.parametrize("path", [f"{ENGINE}/filter/42", f"{ENGINE}/process-instance/42"])
def test_a_no_of_the_engine_is_told_in_russian(house: House, path: str, status: int) -> None:
    cookie = ("Set-Cookie", "XSRF-TOKEN=abc;Path=/camunda;SameSite=Lax")
    house.engine.told[path] = Told(status, NO, (("Content-Type", "application/json"), cookie))

    answer = house.browser("lawyer1").get(path)

    assert (answer.status_code, answer.json()["code"]) == (status, "ENGINE_REFUSED")
    assert re.fullmatch(r"[А-яё ,.:]+", answer.json()["message"])
    assert answer.headers["set-cookie"].startswith("XSRF-TOKEN=abc")


def test_a_no_to_an_action_leaves_its_status(house: House) -> None:
    house.engine.told |= {f"{TASK}/submit-form": Told(403, NO), HISTORY: past(None, ended=False)}

    answer = house.browser("lawyer1").post(f"{TASK}/submit-form", json={"variables": {}})

    assert (answer.status_code, answer.json()["code"]) == (403, "ENGINE_REFUSED")


def test_an_administrator_reads_what_the_engine_says(house: House) -> None:
    house.engine.told[f"{ENGINE}/deployment/42"] = Told(404, NO)

    answer = house.browser("boss").get(f"{ENGINE}/deployment/42")

    assert (answer.status_code, answer.json()) == (404, NO)


def test_the_engine_hears_the_address_that_people_use(house: House) -> None:
    """It builds links from it, in answers to comments and others; it knows its own no other way."""
    house.browser("lawyer1").get(f"{TASK}/form")
    house.browser("lawyer1").get(f"{TASK}/form", headers={b"Host": 'сделки"><'.encode()})

    plain, crooked = house.engine.asked("/form")
    assert plain.headers["host"] == urlsplit(house.url).netloc
    assert crooked.headers["host"] == "localhost"


def test_with_the_engine_down_people_read_what_to_do_and_the_log_says_why(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.engine.down = True
    browser = house.browser("lawyer1")

    page = browser.get("/camunda/app/tasklist/default/", headers=PAGE)
    call = browser.get(f"{TASK}/form")

    assert (page.status_code, call.status_code) == (503, 503)
    assert "Движок процессов сейчас не отвечает" in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert call.json()["code"] == "ENGINE_UNAVAILABLE"
    (_, told) = [line for line in caplog.messages if "ENGINE_UNAVAILABLE (" in line]
    assert f"GET '{TASK}/form' refused: ENGINE_UNAVAILABLE (" in told
    assert page.headers["retry-after"] == call.headers["retry-after"] == "10"


def test_who_gets_no_answer_is_told_to_look_before_repeating(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    browser = house.browser("lawyer1")
    house.engine.cut = "/submit-form"
    lost = browser.post(f"{TASK}/submit-form", json={"variables": {}})
    house.engine.cut = "/form"
    asked = browser.get(f"{TASK}/form")
    house.engine.cut = "/list"
    listed = browser.post(LIST, json={})
    house.engine.down = True  # and so the question before it, who holds the task, has no answer
    unsent = browser.post(f"{TASK}/submit-form", json={"variables": {}})

    assert (lost.status_code, lost.json()["code"]) == (504, "ANSWER_LOST")
    assert "retry-after" not in lost.headers
    assert lost.json()["message"].endswith("проверьте, прежде чем повторять.")
    assert "не отправлено" not in lost.json()["message"]
    assert any("refused: ANSWER_LOST (RemoteProtocolError)" in line for line in caplog.messages)
    for silent in (asked, listed, unsent):
        assert (silent.status_code, silent.json()["code"]) == (503, "ENGINE_UNAVAILABLE")
        assert "Введённое не отправлено" in silent.json()["message"]


@pytest.mark.parametrize("application", ["cockpit", "admin"])
def test_cockpit_and_admin_open_for_administrators_only(house: House, application: str) -> None:
    path = f"/camunda/app/{application}/default/"

    employee = house.browser("lawyer1").get(path, headers=PAGE)
    administrator = house.browser("boss").get(path, headers=PAGE)
    stranger = house.browser().get(path, headers=PAGE)

    assert (employee.status_code, administrator.status_code) == (403, 200)
    assert "Сюда нельзя" in employee.text
    assert stranger.headers["location"] == f"/login?next={path}"


def test_who_has_no_session_comes_to_tasklist_through_the_login_of_the_desk(house: House) -> None:
    place = "/camunda/app/tasklist/default/?deal=D-2026-00001"

    stranger = house.browser().get(place, headers=PAGE)
    employee = house.browser("lawyer1").get(place, headers=PAGE)

    assert stranger.status_code == 303
    assert stranger.headers["location"] == f"/login?next={quote(place)}"
    assert "set-cookie" not in stranger.headers  # the engine was not asked, and keeps no session
    assert employee.status_code == 200


def test_an_administrator_too_sends_no_expressions(house: House) -> None:
    answer = house.browser("boss").post(
        f"{ENGINE}/task", json={"orQueries": [{"dueAfterExpression": "${now()}"}]}
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "EXPRESSION_REFUSED")


def test_logging_in_gives_the_session(house: House) -> None:
    answer = house.log_in("lawyer1")

    assert answer.status_code == 200
    assert "JSESSIONID" in answer.cookies


@pytest.mark.parametrize("login", ["svcApi", "svcWorker", "SVCdeploy"])
def test_a_service_account_cannot_log_in(house: House, login: str) -> None:
    answer = house.log_in(login)

    assert (answer.status_code, answer.json()["code"]) == (403, "SERVICE_ACCOUNT")
    assert house.engine.asked("/login") == []


def test_after_three_wrong_passwords_the_engine_is_not_asked_again(house: House) -> None:
    answers = [house.log_in("lawyer1", f"wrong{n}") for n in range(5)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert int(answers[-1].headers["retry-after"]) <= 60
    assert "Слишком много неверных паролей" in answers[-1].json()["message"]
    assert len(house.engine.asked("/login")) == 3


def test_a_colleague_at_the_same_address_still_logs_in(house: House) -> None:
    for n in range(4):
        house.log_in("lawyer1", f"wrong{n}")

    assert house.log_in("driver1").status_code == 200


def test_a_log_in_that_the_engine_did_not_see_does_not_count(house: House) -> None:
    house.engine.down = True
    for _ in range(5):
        assert house.log_in("lawyer1").status_code == 503
    house.engine.down = False

    assert house.log_in("lawyer1").status_code == 200


def test_a_log_in_form_with_something_else_in_it_is_refused(house: House) -> None:
    form = {"username": "lawyer1", "password": PASSWORD, "extra": "1"}

    twice = house.browser().post(
        LOGIN,
        content=b"username=lawyer1&username=svcApi&password=x",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    more = house.browser().post(LOGIN, data=form)

    assert (twice.status_code, more.status_code) == (400, 400)
    assert house.engine.asked("/login") == []


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}],
)
def test_another_sites_page_changes_nothing(house: House, headers: dict[str, str]) -> None:
    answer = house.browser("lawyer1").post(
        f"{TASK}/submit-form", json={"variables": {}}, headers=headers
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "FOREIGN_ORIGIN")
    assert house.engine.asked("/submit-form") == []


def test_a_person_changes_the_own_password_only(house: House) -> None:
    browser = house.browser("lawyer1")
    body = {"password": "New-password-1", "authenticatedUserPassword": PASSWORD}

    own = browser.put(f"{ENGINE}/user/lawyer1/credentials", json=body)
    foreign = house.browser("lawyer1").put(f"{ENGINE}/user/driver1/credentials", json=body)

    assert (own.status_code, foreign.status_code) == (200, 403)


@pytest.mark.parametrize("body", [{}, {"member": "lawyer1"}, {"member": "boss"}])
def test_an_administrator_asks_for_everybodys_groups_and_others_for_their_own(
    house: House, body: dict[str, str]
) -> None:
    administrator = house.browser("boss").post(f"{ENGINE}/group?maxResults=50", json=body)
    employee = house.browser("driver1").post(f"{ENGINE}/group?maxResults=50", json=body)

    (seen,) = house.engine.asked(f"{ENGINE}/group")
    assert (administrator.status_code, employee.status_code) == (200, 403)
    assert seen.json == body


def test_an_administrator_changes_anybodys_password_under_the_throttle(house: House) -> None:
    browser = house.browser("boss")
    path = f"{ENGINE}/user/lawyer1/credentials"
    body = {"password": "New-password-1", "authenticatedUserPassword": PASSWORD}

    given = browser.put(path, json=body)
    house.engine.told[path] = Told(400, {"message": "not valid"})
    guesses = [browser.put(path, json=body).status_code for _ in range(4)]

    assert given.status_code == 200
    assert guesses == [400, 400, 400, 429]
    assert house.log_in("lawyer1").status_code == 200


def test_what_an_administrator_asks_beside_the_own_name_is_checked_all_the_same(
    house: House,
) -> None:
    body = {"orQueries": [{"memberExpression": "${now()}"}]}

    answer = house.browser("boss").post(f"{ENGINE}/group", json=body)

    assert (answer.status_code, answer.json()["code"]) == (403, "EXPRESSION_REFUSED")


def test_after_logging_out_the_session_proves_nothing_to_the_api(house: House) -> None:
    browser = house.browser("lawyer1")
    before = browser.get("/api/v1/me")

    browser.post("/camunda/api/admin/auth/user/default/logout")

    assert (before.status_code, browser.get("/api/v1/me").status_code) == (200, 401)


def test_two_different_sessions_in_one_request_are_none(house: House) -> None:
    mine, planted = (house.engine.session_of(login) for login in ("lawyer1", "driver1"))
    cookies = {"Cookie": f"JSESSIONID={planted}; JSESSIONID={mine}"}

    api = house.browser().get("/api/v1/me", headers=cookies)
    form = house.browser().get(f"{TASK}/form", headers=cookies)

    assert (api.status_code, form.status_code) == (401, 401)
    assert house.engine.asked("/form") == []


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_sessions_of_who_is_deleted_end_however_the_address_is_written(
    house: House, slash: str
) -> None:
    house.engine.told[f"{ENGINE}/user/lawyer1{slash}"] = Told(204, b"")
    person = house.browser("lawyer1")
    before = person.get(f"{ENGINE}/filter").status_code

    gone = house.browser("boss").delete(f"{ENGINE}/user/lawyer1{slash}")

    assert (before, gone.status_code) == (200, 204)
    assert person.get(f"{ENGINE}/filter").status_code == 401


def test_a_login_with_a_nul_is_refused_before_anybody_is_asked(house: House) -> None:
    answer = house.log_in("a\0b")

    assert (answer.status_code, answer.json()["code"]) == (400, "REQUEST_NOT_UNDERSTOOD")
    assert house.engine.asked("/login/") == []


def test_who_logs_out_while_the_engine_is_away_is_out_when_it_is_back(house: House) -> None:
    person = house.browser("lawyer1")
    before = person.get(f"{ENGINE}/filter").status_code
    house.engine.down = True
    told = person.post("/camunda/api/admin/auth/user/default/logout").status_code
    house.engine.down = False

    assert (before, told) == (200, 504)
    assert person.get(f"{ENGINE}/filter").status_code == 401
