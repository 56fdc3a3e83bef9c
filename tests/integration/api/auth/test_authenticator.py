"""Authentication by session, password and token, and its refusals."""

import hashlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI

from api.auth.expiring_cache import ExpiringCache
from api.settings import ApiSettings
from db.domain.deals.entities import Token
from tests.integration.api.webapp_proxy.doorway import an_application, forget_attempts, remember
from tests.integration.api.webapp_proxy.webapp_stand_in import PASSWORD, WebappStandIn

SECRET = "pit_0123456789abcdefghijklmnop"
NOTIFICATION = "/api/v1/notifications/1/read"
"""A change that everybody may try; there is no such notification, so the answer is 404."""


@dataclass
class House:
    url: str
    app: FastAPI
    engine: WebappStandIn

    def get(self, path: str = "/me", **options: Any) -> httpx2.Response:
        return httpx2.get(f"{self.url}/api/v1{path}", timeout=20, **options)

    def change(self, session: str, **headers: str) -> httpx2.Response:
        cookies = {"JSESSIONID": session}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx2.post(self.url + NOTIFICATION, cookies=cookies, headers=given, timeout=20)

    def with_token(self, secret: str = SECRET, path: str = "/me") -> httpx2.Response:
        return self.get(path, headers={"Authorization": f"Bearer {secret}"})

    def give_token(self, secret: str, *, days: int = 1, revoked: bool = False) -> None:
        now = datetime.now(UTC)
        name, scopes = f"site-{secret[-24:]}", frozenset({"lists:read"})
        token = Token(secret, name, scopes, now, now + timedelta(days=days))
        with self.app.state.resources.database.writing() as store:
            store.tokens.add(token, hashlib.sha256(secret.encode()).hexdigest())
            if revoked:
                store.tokens.revoke(token.id)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    directory: Path = tmp_path_factory.mktemp("house")
    with WebappStandIn() as engine, an_application(directory, engine.url) as (url, app):
        house = House(url, app, engine)
        house.give_token(SECRET)
        yield house


@pytest.fixture
def house(running: House) -> House:
    engine, app = running.engine, running.app
    engine.began = partial(remember, app)
    forget_attempts(app)
    engine.people = {"lawyer1": ["lawyers"], "manager1": ["salesManagers"], "svcApi": []}
    engine.seen, engine.sessions, engine.down = [], {}, False
    authenticator = app.state.authenticator
    for memory in (
        authenticator.roles,
        authenticator.passwords._proven,
        authenticator.sessions._known,
    ):
        assert isinstance(memory, ExpiringCache)
        memory._entries.clear()
    return running


def same_origin(house: House) -> dict[str, str]:
    return {"Origin": house.url, "X_Requested_With": "XMLHttpRequest"}


def test_a_tasklist_session_names_the_person_with_roles(house: House) -> None:
    session = house.engine.session_of("lawyer1")

    answer = house.get(cookies={"JSESSIONID": session})

    assert answer.json()["login"] == "lawyer1"
    assert [role["code"] for role in answer.json()["roles"]] == ["lawyers"]


def test_a_password_names_the_person_and_is_asked_about_once(house: House) -> None:
    answers = [house.get(auth=("manager1", PASSWORD)) for _ in range(3)]

    assert {answer.json()["login"] for answer in answers} == {"manager1"}
    assert len(house.engine.asked("/identity/verify")) == 1


def test_a_token_names_the_machine_without_asking_the_engine(house: House) -> None:
    house.engine.down = True

    assert house.with_token(path="/directions").status_code == 200
    assert house.engine.asked("/identity") == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cookie": "JSESSIONID=0123456789ABCDEF"},
        {"Cookie": "JSESSIONID=../../etc"},
        {"Authorization": "Bearer pit_not-a-token-of-ours-at-all"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."},
        {"Authorization": "Basic %%%"},
        {"Authorization": "Basic bWFuYWdlcjE="},
        {"Authorization": "Digest username=manager1"},
        {"Authorization": "manager1"},
        {"X-User-Id": "manager1", "X-Remote-User": "manager1"},
    ],
    ids=str,
)
def test_who_proves_nothing_is_turned_away(house: House, headers: dict[str, str]) -> None:
    answer = house.get(headers=headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "UNAUTHENTICATED"
    assert answer.json()["detail"].endswith((".", "Bearer."))


def test_two_logins_in_one_request_are_none(house: House) -> None:
    headers = [("Authorization", f"Bearer {SECRET}"), ("Authorization", "Basic bWFuOng=")]

    assert house.get(headers=headers).status_code == 401


def test_a_wrong_login_does_not_fall_back_to_the_session(house: House) -> None:
    session = house.engine.session_of("lawyer1")
    wrong = {"Authorization": "Bearer pit_not-a-token-of-ours-at-all"}

    assert house.get(cookies={"JSESSIONID": session}, headers=wrong).status_code == 401


def test_a_program_is_told_how_to_log_in_and_a_browser_shows_no_password_window(
    house: House,
) -> None:
    program = house.get()
    browser = house.get(headers={"X-Requested-With": "XMLHttpRequest"})
    window = house.get(headers={"Accept": "text/html,application/xhtml+xml"})

    assert "Basic" in program.headers["www-authenticate"]
    assert "www-authenticate" not in browser.headers
    assert "www-authenticate" not in window.headers


@pytest.mark.parametrize("days", [-1, 0])
def test_an_expired_token_is_refused(house: House, days: int) -> None:
    secret = f"pit_expired-{days}-0123456789abcdef"
    house.give_token(secret, days=days)

    assert house.with_token(secret).status_code == 401


def test_a_revoked_token_is_refused(house: House) -> None:
    secret = "pit_revoked-0123456789abcdefgh"
    house.give_token(secret, revoked=True)

    assert house.with_token(secret).status_code == 401


def test_a_token_opens_only_what_its_scope_says(house: House) -> None:
    allowed, refused = house.with_token(path="/lists"), house.with_token(path="/deals")

    assert (allowed.status_code, refused.status_code) == (200, 403)


@pytest.mark.parametrize("login", ["svcApi", "svcWorker", "SVCapi"])
def test_a_service_account_is_no_person(house: House, login: str) -> None:
    house.engine.people[login] = ["portalAdmins"]
    session = house.engine.session_of(login)

    by_password = house.get(auth=(login, PASSWORD))
    by_session = house.get(cookies={"JSESSIONID": session})

    assert (by_password.status_code, by_session.status_code) == (403, 403)
    assert by_password.json()["code"] == by_session.json()["code"] == "SERVICE_ACCOUNT"
    assert house.engine.asked("/identity/verify") == []


def test_guessing_ends_before_the_engine_hears_of_it(house: House) -> None:
    answers = [house.get(auth=("manager1", f"wrong{n}")).status_code for n in range(5)]

    assert answers == [401, 401, 401, 429, 429]
    assert len(house.engine.asked("/identity/verify")) == 3


def test_guesses_at_the_api_and_at_tasklist_count_together(house: House) -> None:
    for n in range(3):
        house.get(auth=("manager1", f"wrong{n}"))

    form = {"username": "manager1", "password": PASSWORD}
    login = f"{house.url}/camunda/api/admin/auth/user/default/login/tasklist"

    assert httpx2.post(login, data=form, timeout=20).status_code == 429


@pytest.mark.parametrize("way", ["session", "password"])
def test_with_the_engine_down_nobody_is_let_in_by_guess(
    house: House, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    session = house.engine.session_of("lawyer1")
    house.engine.down = True

    if way == "session":
        answer = house.get(cookies={"JSESSIONID": session})
    else:
        answer = house.get(auth=("lawyer1", PASSWORD))

    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    (told,) = [one for one in caplog.messages if "unavailable: " in one]
    assert answer.json()["requestId"] in told
    assert int(answer.headers["retry-after"]) > 0


def test_a_page_of_ours_may_change_things_with_the_session(house: House) -> None:
    answer = house.change(house.engine.session_of("lawyer1"), **same_origin(house))

    assert answer.json()["code"] == "NOTIFICATION_NOT_FOUND"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "SELF"},
        {"X_Requested_With": "XMLHttpRequest"},
        {"X_Requested_With": "XMLHttpRequest", "Origin": "https://evil.example"},
        {"X_Requested_With": "XMLHttpRequest", "Origin": "null"},
        {"X_Requested_With": "XMLHttpRequest", "Origin": "SELF", "Sec_Fetch_Site": "cross-site"},
        {"X_Requested_With": "XMLHttpRequest", "Referer": "https://evil.example/SELF"},
    ],
    ids=str,
)
def test_a_foreign_page_changes_nothing_with_the_session(
    house: House, headers: dict[str, str]
) -> None:
    given = {name: value.replace("SELF", house.url) for name, value in headers.items()}

    answer = house.change(house.engine.session_of("lawyer1"), **given)

    assert (answer.status_code, answer.json()["code"]) == (403, "FOREIGN_ORIGIN")


def test_a_foreign_page_changes_nothing_with_a_remembered_password(house: House) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

    answer = httpx2.post(
        house.url + NOTIFICATION, auth=("lawyer1", PASSWORD), headers=headers, timeout=20
    )

    assert answer.json()["code"] == "FOREIGN_ORIGIN"


def test_a_program_with_a_password_needs_no_origin(house: House) -> None:
    answer = httpx2.post(house.url + NOTIFICATION, auth=("lawyer1", PASSWORD), timeout=20)

    assert answer.json()["code"] == "NOTIFICATION_NOT_FOUND"


def test_a_session_is_asked_about_once_in_a_few_seconds(house: House) -> None:
    cookies = {"JSESSIONID": house.engine.session_of("lawyer1")}

    for _ in range(4):
        assert house.get(cookies=cookies).status_code == 200

    assert len(house.engine.asked("/auth/user/default")) == 1


def test_a_person_without_a_role_sees_nothing(house: House) -> None:
    house.engine.people["newcomer"] = []

    answer = house.get("/lists", auth=("newcomer", PASSWORD))

    assert (answer.status_code, answer.json()["code"]) == (403, "ACCESS_DENIED")


def test_an_error_tells_its_number_and_nothing_of_our_insides(house: House) -> None:
    answer = house.get("/no-such-place")

    assert answer.status_code == 404
    assert answer.json()["requestId"] == answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "server" not in answer.headers


def first_line(house: House, *headers: str) -> bytes:
    """Status line of the response to a raw POST."""
    place = urlsplit(house.url)
    lines = ["POST /api/v1/deals HTTP/1.1", f"Host: {place.netloc}", *headers, "", "{}"]
    with socket.create_connection((place.hostname, place.port), 10) as connection:
        connection.sendall("\r\n".join(lines).encode())
        return connection.makefile("rb").readline()


def test_a_body_that_says_it_is_too_large_is_refused_unread(house: House) -> None:
    assert b" 413 " in first_line(house, f"Content-Length: {10**12}")


def test_a_body_of_two_lengths_is_refused(house: House) -> None:
    chunked = "Transfer-Encoding: chunked"

    assert b" 400 " in first_line(house, "Content-Length: 2", "Content-Length: 3")
    assert b" 400 " in first_line(house, "Content-Length: 2", chunked)


def test_the_demo_people_stay_at_home() -> None:
    with pytest.raises(ValueError, match=r"API_HOST может быть только 127\.0\.0\.1"):
        ApiSettings(_env_file=None, demo=True, host="0.0.0.0")

    assert ApiSettings(_env_file=None, demo=False, host="0.0.0.0").host == "0.0.0.0"
