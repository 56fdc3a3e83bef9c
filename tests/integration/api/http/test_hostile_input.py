"""Hostile input gets a problem response in Russian or succeeds; it never causes a 500."""

import base64
import json
import re
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.auth.endpoint_permissions import TABLE
from tests.integration.api.conftest import Office
from tests.integration.api.engine_stand_in import PASSWORD
from tests.support.builders import a_catalog

JSON_TYPE = {"Content-Type": "application/json"}
NEW = '{"direction": "newClients", "fields": %s}'


def post_raw(office: Office, body: bytes | str, **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else body.encode()
    http = office.person("manager1").http
    return http.post("/api/v1/deals", content=content, headers={**JSON_TYPE, **headers})


def is_problem(answer: httpx2.Response) -> bool:
    told = answer.json()
    return (
        answer.headers["Content-Type"].startswith("application/problem+json")
        and told["status"] == answer.status_code
        and bool(told["code"])
        and any("а" <= letter <= "я" for letter in told["detail"])
    )


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        '{"direction": "newClients"',
        '{"direction": "newClients", "direction": "tenders"}',
        NEW % '{"inn": "1", "inn": "2"}',
        NEW % '{"limit": NaN}',
        NEW % '{"limit": Infinity}',
        NEW % '{"limit": -Infinity}',
        NEW % ('{"limit": ' + "9" * 5000 + "}"),
        NEW % '{"subject": "\\ud800"}',
        NEW % '{"\\ud800": 1}',
        NEW % '{"subject": "a\\u0000b"}',
        NEW % '{"\\u0000": 1}',
        NEW % '{"limit": 1e999}',
        NEW % ('{"subject": ' + "[" * 10_000 + "]" * 10_000 + "}"),
        NEW % ('{"brands": ' + json.dumps(["pit"] * 50_000 + ["нет"]) + "}"),
        NEW % json.dumps({f"field{n}": n for n in range(500)}),
        NEW % "[]",
        NEW % "null",
        '{"direction": ["newClients"]}',
        '{"direction": "newClients", "id": "D-2026-00001"}',
        '{"direction": "newClients", "stage": "won"}',
        '{"direction": "newClients", "version": 9}',
        '{"direction": "__proto__"}',
        '{"direction": "newClients", "manager": "manager1\'; DROP TABLE deals;--"}',
        b"\xff\xfe\x00",
        '{"direction": "newClients"}'.encode("utf-16"),
        b"\x1f\x8b\x08\x00garbage",
    ],
    ids=lambda body: repr(body)[:40],
)
def test_a_body_that_is_no_request_is_refused_in_words(office: Office, body: bytes | str) -> None:
    answer = post_raw(office, body)

    assert answer.status_code in (400, 422), answer.text[:300]
    assert is_problem(answer)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-7", ""],
)
def test_json_must_say_that_it_is_json(office: Office, content_type: str) -> None:
    answer = post_raw(office, '{"direction": "newClients"}', **{"Content-Type": content_type})

    assert answer.status_code == 415
    assert is_problem(answer)


def test_a_body_of_a_megabyte_and_more_is_too_large(office: Office) -> None:
    big = post_raw(office, NEW % json.dumps({"subject": "я" * 1_000_000}))

    assert big.status_code == 413
    assert is_problem(big)


HOSTILE_PATHS = [
    "/deals/D-2026-99999999",
    "/deals/%00",
    "/deals/D-2026-00001%00",
    "/deals/%ED%A0%80",
    "/deals/../../etc/passwd",
    "/deals/" + "a" * 5000,
    "/deals/D-2026-00001'%20OR%201=1",
    "/files/%00",
    "/files/..%2f..%2fetc%2fpasswd",
    "/tasks/%00",
    "/tasks/..%2Fuser",
    "/tasks/a?b",
    "/lists/%00",
    "/lists/brands/items/%00",
    "/no/such/place",
]


@pytest.mark.parametrize("path", HOSTILE_PATHS, ids=lambda path: path[:30])
def test_a_place_that_is_none_is_not_found(office: Office, path: str) -> None:
    answer = office.person("manager1").get(path)

    assert answer.status_code in (404, 422), answer.text[:200]
    assert is_problem(answer)


@pytest.mark.parametrize(
    "query",
    [
        "stage=won&stage=lost",
        "limit=abc",
        "limit=-1",
        "limit=99999999999999999999",
        "after=D-1",
        "after=%00",
        "text=%00",
        "text=" + "a" * 300,
        "inn=1%27",
        "open=perhaps",
        "manager=%25",
        "order=id;DROP",
    ],
)
def test_a_question_that_makes_no_sense_is_refused(office: Office, query: str) -> None:
    answer = office.person("manager1").get(f"/deals?{query}")

    assert answer.status_code == 422, answer.text[:200]
    assert is_problem(answer)


@pytest.mark.parametrize("text", ["обыч%я", "обы_ная", "обычная\\", '"; DROP TABLE deals'])
def test_search_takes_everything_literally(office: Office, text: str) -> None:
    office.a_deal(subject="обычная сделка")

    answer = office.person("manager1").get("/deals", params={"text": text})

    assert answer.status_code == 200
    assert answer.json()["items"] == []


@pytest.mark.parametrize("text", ["%", "_", "\\", "' OR 1=1 --", "%%%"])
def test_a_search_without_a_word_is_refused(office: Office, text: str) -> None:
    answer = office.person("manager1").get("/deals", params={"text": text})

    assert answer.status_code == 422, answer.text[:200]
    assert is_problem(answer)


METHODS = {
    "/deals": "HEAD, GET, POST, OPTIONS",
    "/deals/D-2026-00001": "HEAD, GET, PATCH, OPTIONS",
    "/deals/D-2026-00001/stage": "POST, OPTIONS",
    "/lists/brands/items/pit": "HEAD, GET, PUT, DELETE, OPTIONS",
    "/me": "HEAD, GET, OPTIONS",
}


@pytest.mark.parametrize("path", METHODS)
def test_a_method_that_a_place_does_not_take_is_answered_with_those_it_does(
    office: Office, path: str
) -> None:
    answer = office.person("manager1").http.request("TRACE", f"/api/v1{path}")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == METHODS[path]
    assert is_problem(answer)


@pytest.mark.parametrize("path", METHODS)
def test_options_name_the_methods_of_a_place_and_do_nothing(office: Office, path: str) -> None:
    answer = office.person("manager1").http.options(f"/api/v1{path}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Allow"] == METHODS[path]


def test_options_of_a_place_that_is_none_are_not_found(office: Office) -> None:
    assert office.person("manager1").http.options("/api/v1/no/such/place").status_code == 404


def test_head_is_answered_as_get_without_a_body(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1").http
    for path in (f"/api/v1/deals/{deal_id}", "/api/v1/me", "/api/v1/no", "/healthz", "/readyz"):
        got, head = manager.get(path), manager.head(path)

        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["Content-Length"] == got.headers["Content-Length"]
        assert head.headers.get("ETag") == got.headers.get("ETag")


def test_head_of_a_place_that_only_takes_orders_is_refused(office: Office) -> None:
    deal_id = office.a_deal()

    answer = office.person("manager1").http.head(f"/api/v1/deals/{deal_id}/stage")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")


def test_head_needs_the_same_rights_as_get(office: Office) -> None:
    stranger = httpx2.head(f"{office.url}/api/v1/mails")
    manager = office.person("manager1").http.head("/api/v1/mails")

    assert (stranger.status_code, manager.status_code) == (401, 403)


@pytest.mark.parametrize(("method", "path"), TABLE, ids=str)
def test_a_parameter_that_a_place_does_not_have_is_refused_everywhere(
    office: Office, method: str, path: str
) -> None:
    """Nobody may believe that `?at=` was heard."""
    place = re.sub(r"\{\w+\}", "a1", path)
    # Whoever may call the endpoint at all: administrators and heads together may call each.
    office.engine.people["everybody"] = frozenset(a_catalog().roles)

    answer = office.person("everybody").http.request(method, f"/api/v1{place}?atNoTime=1")

    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "QUERY_UNKNOWN"
    assert answer.json()["detail"].startswith("Параметра «atNoTime» здесь нет, уберите его.")


def test_the_refusal_names_the_parameters_that_there_are(office: Office) -> None:
    manager = office.person("manager1")

    known = manager.get("/deals?Limit=5").json()["detail"]
    none = manager.get("/me?a<b>=5").json()["detail"]

    assert known.endswith("Есть: after, direction, inn, limit, manager, open, sort, stage, text.")
    assert none == "Параметра «a?b?» здесь нет, уберите его. Этот адрес не принимает параметров."


def test_a_stranger_hears_nothing_of_parameters(office: Office) -> None:
    assert httpx2.get(f"{office.url}/api/v1/deals?at=1").status_code == 401


UNSEEN = {
    "C1": "\u0085",
    "override": "\u202e",
    "embedding": "\u202a",
    "isolate": "\u2066",
    "escape": "\x1b",
    "DEL": "\x7f",
}


@pytest.mark.parametrize("sign", UNSEEN.values(), ids=list(UNSEEN))
def test_an_invisible_sign_that_misleads_is_refused_with_its_place(
    office: Office, sign: str
) -> None:
    deal_id, text = office.a_deal(), f"ООО «Ромашка»{sign}fdp.exe"
    manager, admin = office.person("manager1"), office.person("admin1")

    answers = [
        manager.patch(f"/deals/{deal_id}", {"version": 1, "fields": {"counterparty": text}}),
        manager.patch(f"/deals/{deal_id}", {"version": 1, "fields": {"comments": text}}),
        manager.post(f"/deals/{deal_id}/notes", {"text": text}),
        admin.put("/lists/brands/items/unseen", {"name": text}),
        manager.get("/deals", params={"text": text}),
    ]

    for answer in answers:
        assert answer.status_code == 422, answer.text
        assert f"U+{ord(sign):04X} после" in answer.json()["detail"]


def test_what_comes_along_with_pasted_text_does_not_annoy(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")
    text = "Сад\u00adовод\u200b \u200eABC\ufeff \u200d\U0001f469\u200d\U0001f527"
    fields = {
        "counterparty": text,
        "limit": "\u202a1 500 000,00\u202c",
        "inn": "\u20687712345671\u2069",
    }

    answer = manager.patch(f"/deals/{deal_id}", {"version": 1, "fields": fields})
    note = manager.post(f"/deals/{deal_id}/notes", {"text": text})

    assert (answer.status_code, note.status_code) == (200, 201), answer.text
    values = {
        field["code"]: field["value"]
        for group in answer.json()["groups"]
        for field in group["fields"]
    }
    assert (values["limit"], values["inn"]) == ("1500000.00", "7712345671")


def test_history_and_notification_numbers_fit_the_database(office: Office) -> None:
    deal_id, manager = office.a_deal(), office.person("manager1")

    codes = [
        manager.get(f"/deals/{deal_id}/history?after={2**63}").status_code,
        manager.get(f"/deals/{deal_id}/history?limit=0").status_code,
        manager.post(f"/notifications/{2**40}/read").status_code,
        manager.post("/notifications/0/read").status_code,
        manager.patch(f"/deals/{deal_id}", {"version": 2**40, "fields": {}}).status_code,
        manager.patch(f"/deals/{deal_id}", {"version": True, "fields": {}}).status_code,
        manager.patch(f"/deals/{deal_id}", {"version": "1", "fields": {}}).status_code,
        manager.post(f"/deals/{deal_id}/stage", {"stage": "lost", "version": 0}).status_code,
    ]

    assert codes == [422] * 8


def test_a_problem_tells_nothing_of_our_insides(office: Office) -> None:
    office.engine.down = True

    answers = [
        post_raw(office, "{"),
        office.person("manager1").get("/deals/%00"),
        office.person("manager1").get("/tasks/any-task"),
    ]

    for answer in answers:
        assert answer.status_code >= 400
        assert not any(
            word in answer.text for word in ("Traceback", "sqlalchemy", "site-packages", "psycopg")
        )
        assert answer.json()["requestId"] == answer.headers["X-Request-Id"]


def test_a_body_in_pieces_is_read_whole(office: Office) -> None:
    body = (NEW % '{"subject": "По частям"}').encode()

    answer = office.person("manager1").http.post(
        "/api/v1/deals", content=iter([body[:10], body[10:30], body[30:]]), headers=JSON_TYPE
    )

    assert answer.status_code == 201


def test_two_lengths_in_one_request_are_not_guessed_at(office: Office) -> None:
    place = urlsplit(office.url)
    basic = base64.b64encode(f"manager1:{PASSWORD}".encode()).decode()
    request = (
        f"POST /api/v1/deals HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Basic {basic}\r\n"
        "Content-Type: application/json\r\nContent-Length: 5\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/me HTTP/1.1\r\n\r\n"
    )

    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as line:
        line.sendall(request.encode())
        line.settimeout(10)
        answer = line.recv(65_536)

    assert b" 200 " not in answer.split(b"\r\n")[0]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
codes = st.sampled_from(["inn", "limit", "brands", "temporaryPeriod", "subject", "markupGroup"])


@given(fields=st.dictionaries(codes | st.text(max_size=10), values, max_size=4))
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_json_at_all_is_taken_or_refused_but_never_breaks(
    office: Office, fields: dict[str, Any]
) -> None:
    try:
        body = json.dumps({"direction": "newClients", "fields": fields}).encode()
    except UnicodeEncodeError:
        return

    answer = post_raw(office, body)

    assert answer.status_code in (201, 422), answer.text[:300]


@pytest.mark.parametrize(("method", "path"), TABLE, ids=str)
def test_every_place_survives_nonsense(office: Office, method: str, path: str) -> None:
    place = "".join("x" if part.startswith("{") else part for part in _parts(path))
    http = office.person("admin1").http
    if path == "/events":
        place += "?seconds=0"  # else it listens for minutes

    body: Any
    for body in ({"a": 1}, [], "x", None, {"version": -1, "fields": 5, "stage": {}, "name": []}):
        answer = http.request(method, f"/api/v1{place}", json=body)
        assert answer.status_code < 500, (body, answer.text[:300])


def _parts(path: str) -> list[str]:
    return path.replace("{", "\n{").replace("}", "}\n").split("\n")
